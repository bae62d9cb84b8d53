// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
package import ShangMi

/// Asks one node by HTTP. Believes nothing that a proof could show: what it returns as proven was checked
/// here.
///
/// A value: copies share one pool of connections. Call `close` when done.
/// - Spec: API-30 to API-34.
package struct NodeClient: Sendable {
    /// Where requests go, as `http://127.0.0.1:8600`.
    package let node: String
    let transport: HTTPTransport

    /// Bounds of waiting and trying again. Each default suits a person at a terminal.
    package struct Options: Sendable {
        /// How long one attempt may take; a submission that waits has `patience` on top.
        package var timeout: Duration = .seconds(10)
        package var connectTimeout: Duration = .seconds(3)
        /// How long a submission waits for finality or attestation.
        package var patience: Duration = .seconds(30)
        /// Attempts of a call that may be repeated safely; every call of this client may.
        package var attempts = 4
        /// The pause before the second attempt; doubled each time, with a random half of it taken off.
        package var pause: Duration = .milliseconds(100)
        /// Connections kept open at most.
        package var connectionsMax = 16
        /// Sent as `Authorization: Bearer …` where set.
        package var token: String?
        /// A member's key that signs each request, where no token is set (API-42).
        package var signer: (any Signer)?
        /// A member's key that signs requests from the first that a node refuses to a stranger: where anybody may read
        /// nobody need say who he is.
        package var signerIfAsked: (any Signer)?

        package init() {}
    }

    /// - Throws: `.unusable` for anything but an `http://host[:port]` URL.
    package init(_ url: String, options: Options = Options()) throws(ClientError) {
        let address = try NodeAddress(url)
        node = address.text
        transport = HTTPTransport(address: address, options: options)
    }

    /// Closes idle connections; calls under way end as they would.
    package func close() async { await transport.close() }

    // MARK: Reading

    package func status() async throws(ClientError) -> NodeAnswer {
        try await read("/v1/node") { reader throws(JSONShape) in try NodeAnswer(from: reader) }
    }

    package func chains() async throws(ClientError) -> [ChainAnswer] {
        try await read("/v1/chains") { reader throws(JSONShape) in
            try reader["chains"].list { item throws(JSONShape) in try ChainAnswer(from: item) }
        }
    }

    /// - Parameter chain: a name or an identifier in hexadecimal.
    package func chain(_ chain: String) async throws(ClientError) -> ChainAnswer {
        try await read("/v1/chains/\(escape(chain))") { reader throws(JSONShape) in
            try ChainAnswer(from: reader)
        }
    }

    package func blocks(
        _ chain: String, from height: Height, limit: Int = 100
    ) async throws(ClientError) -> [BlockAnswer] {
        let path = "/v1/chains/\(escape(chain))/blocks?from=\(height.value)&limit=\(limit)"
        return try await read(path) { reader throws(JSONShape) in
            try reader["blocks"].list { item throws(JSONShape) in try BlockAnswer(from: item) }
        }
    }

    package func block(_ chain: String, at height: Height) async throws(ClientError) -> BlockAnswer {
        try await read("/v1/chains/\(escape(chain))/blocks/\(height.value)") { reader throws(JSONShape) in
            try BlockAnswer(from: reader)
        }
    }

    /// - Parameter proof: also asks for the receipt file; it is there once the transaction is attested.
    package func transaction(
        _ chain: String, _ id: TransactionID, proof: Bool = false
    ) async throws(ClientError) -> TransactionAnswer {
        let path = "/v1/chains/\(escape(chain))/transactions/\(id.hex)\(proof ? "?proof=true" : "")"
        let answer = try await read(path) { reader throws(JSONShape) in try TransactionAnswer(from: reader) }
        guard answer.id == id, answer.transaction?.id ?? id == id else {
            throw .malformed(node: node, reason: "it gave another transaction than the one asked for")
        }
        return answer
    }

    /// The receipt file of a transaction, nil until it is attested. Whoever keeps it should check it first.
    /// - Parameter own: the transaction itself, where the caller has it: the receipt is made whole with it where the
    ///   node keeps a field of it from the caller (API-57).
    package func receipt(
        _ chain: String, _ id: TransactionID, of own: SignedTransaction? = nil
    ) async throws(ClientError) -> EvidenceReceipt? {
        let answer = try await transaction(chain, id, proof: true)
        if let receipt = answer.receipt { return receipt }
        guard let own, own.id == id, let proof = answer.resultProof else { return nil }
        return EvidenceReceipt(transaction: own, proof: proof)
    }

    /// A value of the state as the node says it is, proven only if `proof` is later checked; see
    /// `provenState`.
    package func state(
        _ chain: String, contract: Label, key: [UInt8], at height: Height? = nil, proof: Bool = false
    ) async throws(ClientError) -> StateAnswer {
        var path = "/v1/chains/\(escape(chain))/state/\(escape(contract.text))/\(hex(key))?proof=\(proof)"
        if let height { path += "&height=\(height.value)" }
        return try await read(path) { reader throws(JSONShape) in try StateAnswer(from: reader) }
    }

    /// A value of the state, or its absence, checked against a trust anchor here.
    /// - Throws: `.unproven` where the proof does not hold or is about another key or value.
    package func provenState(
        _ chain: String, contract: Label, key: [UInt8], at height: Height? = nil, anchor: TrustAnchor
    ) async throws(ClientError) -> StateAnswer {
        let answer = try await state(chain, contract: contract, key: key, at: height, proof: true)
        guard let proof = answer.proof else { throw .malformed(node: node, reason: "it gave no proof") }
        guard proof.value == answer.value, proof.leaf.height == answer.height,
            height ?? answer.height == answer.height,
            proof.key == stateKey(contract: contract, key: key)
        else { throw .unproven(.statePath) }
        do {
            var client = try LightClient(anchor: anchor, scheme: SM2.Verifier())
            try client.verify(proof)
        } catch {
            throw .unproven(error)
        }
        return answer
    }

    /// The committee the chain was founded with, as this node says. Trust it only if you trust where it came
    /// from.
    package func trustAnchor(_ chain: String) async throws(ClientError) -> TrustAnchor {
        let bytes = try await transport.get("/v1/chains/\(escape(chain))/trust").body
        do { return try TrustAnchor(decoding: bytes) } catch {
            throw .malformed(node: node, reason: "the trust anchor is malformed at byte \(error.offset)")
        }
    }

    // MARK: Evidence

    package func evidence(
        _ number: EvidenceNumber, chain: String
    ) async throws(ClientError) -> EvidenceAnswer {
        try await read("/v1/evidence/\(number.text)?chain=\(escape(chain))") { reader throws(JSONShape) in
            try EvidenceAnswer(from: reader)
        }
    }

    package func evidence(digest: Digest, chain: String) async throws(ClientError) -> [EvidenceAnswer] {
        try await evidencePage("digest=\(digest.hex)", chain: chain).elements
    }

    package func evidence(
        depositor: AccountID, chain: String, cursor: String? = nil, limit: Int = 100
    ) async throws(ClientError) -> Page<EvidenceAnswer> {
        var query = "depositor=\(depositor.hex)&limit=\(limit)"
        if let cursor { query += "&cursor=\(escape(cursor))" }
        return try await evidencePage(query, chain: chain)
    }

    private func evidencePage(
        _ query: String, chain: String
    ) async throws(ClientError) -> Page<EvidenceAnswer> {
        try await read("/v1/evidence?chain=\(escape(chain))&\(query)") { reader throws(JSONShape) in
            Page(
                elements: try reader["evidence"].list { item throws(JSONShape) in
                    try EvidenceAnswer(from: item)
                },
                cursor: try reader["cursor"].orNull { value throws(JSONShape) in try value.text() })
        }
    }

    // MARK: Shared

    func read<Answer>(
        _ path: String, _ parse: (JSONShape.Reader) throws(JSONShape) -> Answer
    ) async throws(ClientError) -> Answer {
        try answer(await transport.get(path).body, parse)
    }

    /// Reads a JSON body, or says what is the matter with it.
    func answer<Answer>(
        _ body: [UInt8], _ parse: (JSONShape.Reader) throws(JSONShape) -> Answer
    ) throws(ClientError) -> Answer {
        let value: JSONValue
        do { value = try JSONValue(parsing: body) } catch {
            throw .malformed(node: node, reason: "no JSON at byte \(error.offset): \(error.reason)")
        }
        do { return try parse(JSONShape.Reader(value, at: "")) } catch {
            throw .malformed(node: node, reason: error.reason)
        }
    }
}
