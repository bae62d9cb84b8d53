// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import HTTPTypes
import HummingbirdCore
import Ledger
import ShangMi

/// Evidence for callers that hold no key, and for those who only read or verify.
/// - Spec: API-10 to API-13.
enum EvidenceOperations {
    static let all: [Operation] = [deposit, list, show, verify]

    private static let chainQuery = Operation.Parameter(
        name: "chain", place: .query, type: "string",
        description: "The chain; the node's default one if absent")

    static func number(_ text: String) throws(Problem) -> EvidenceNumber {
        guard let number = EvidenceNumber(text: text) else {
            throw Problem(.malformedRequest, "an evidence number looks like E1024-7")
        }
        return number
    }

    // MARK: Depositing

    /// What a caller without a key wants to be put on record.
    private struct DepositForm: Decodable {
        let businessType: String
        let title: String
        let digest: String
        let size: UInt64
        let mediaType: String
        let capture: String?

        func deposit() throws(Problem) -> Deposit {
            let method = CaptureMethod.allCases.first { "\($0)" == capture ?? "upload" }
            guard let method else {
                throw Problem(
                    .malformedRequest, "capture is none of upload, webPage, screenRecording, interface")
            }
            return Deposit(
                businessType: try Call.label(businessType, "businessType"),
                title: try Call.label(title, "title"),
                digest: try Call.digest(digest, "digest"), size: size,
                mediaType: try Call.label(mediaType, "mediaType"), capture: method)
        }
    }

    private static let deposit = Operation(
        "depositEvidence", .post, "/v1/evidence",
        summary: "Puts a digest on record, signed with the key bound to the caller's token",
        parameters: [
            chainQuery,
            .init(
                name: "wait", place: .query, type: "string",
                description: "admitted, final or attested; attested if absent"),
            .init(name: "patience", place: .query, type: "integer", description: "Seconds to wait at most"),
            .init(
                name: "Idempotency-Key", place: .header, type: "string",
                description: "Repeating it repeats the same transaction"),
        ],
        intake: .init(contentType: "application/json", bytesMax: 64 << 10, schema: "Deposit"),
        answers: [
            .init(status: 201, contentType: "application/json", description: "On record, with the receipt"),
            .init(
                status: 202, contentType: "application/json",
                description: "Taken; ask for the transaction later"),
        ],
        problems: [400, 401, 403, 404, 413, 415, 422, 429, 503]
    ) { call in
        let signer = try call.signer()
        let chain = try await call.chainOfQuery()
        let level = try TransactionOperations.waitLevel(call, default: .attested)
        let patience = try TransactionOperations.patience(call)
        guard call.door.occupancy.take(.submissions) else {
            throw Problem(
                .tooManyRequests, "as many submissions as the gateway takes are waiting for their answer")
        }
        defer { call.door.occupancy.give(.submissions) }
        let deposit = try await call.json(DepositForm.self).deposit()
        let transaction = try await transaction(for: deposit, by: signer, on: chain, call)
        let results = await chain.submit([transaction], until: level, within: patience)
        guard let result = results.first else { throw Problem(.gatewayInternal, "the chain gave no result") }
        return try answer(result, transaction)
    }

    /// The transaction to send: a new one, or the one the caller's idempotency key led to before.
    private static func transaction(
        for deposit: Deposit, by signer: any Signer, on chain: any ChainAccess, _ call: Call
    ) async throws -> SignedTransaction {
        let tip = await chain.status().height
        let make = { @Sendable () throws -> SignedTransaction in
            let body = Transaction(
                chain: chain.id, validFrom: tip, validUntil: tip.advanced(by: 10_000) ?? tip,
                contract: Deposit.contract, method: Deposit.method, arguments: deposit.encoded,
                salt: UInt64.random(in: .min ... .max), sender: signer.publicKey)
            do { return try sign(body, signer) } catch SignerError.unavailable(let reason) {
                throw Problem(
                    status: 503, code: .refusedForNow, detail: "the key cannot sign: \(reason)", retryAfter: 5
                )
            }
        }
        guard let word = call.request.headers[.idempotencyKey] else { return try make() }
        guard word.utf8.count <= 255 else {
            throw Problem(.malformedRequest, "Idempotency-Key is longer than 255 bytes")
        }
        let key = IdempotencyKeys.Key(account: AccountID(signer.publicKey), chain: chain.id, word: word)
        return try await call.door.keys.transaction(for: key, request: SM3.hash(deposit.encoded), make: make)
    }

    private static func sign(_ body: Transaction, _ signer: some Signer) throws -> SignedTransaction {
        try SignedTransaction(body, by: signer)
    }

    private static func answer(_ result: SubmissionResult, _ transaction: SignedTransaction) throws(Problem)
        -> Response
    {
        if case .refused(_, let code, let detail) = result { throw Problem(code, detail) }
        guard case .attested(let proof) = result else {
            return Call.json(202) { result.write(to: &$0, transaction: transaction) }
        }
        let outcome = proof.receipt.outcome
        if let code = outcome.code.stable {
            throw Problem(status: 422, code: code, detail: "the deposit was executed and failed")
        }
        guard let reply = try? DepositReply(decoding: outcome.output) else {
            throw Problem(.gatewayInternal, "the deposit's result makes no sense")
        }
        return Call.json(201, reserving: 8_192) { writer in
            writer.object { writer in
                writer.field("status", "attested")
                writer.field("id", proof.receipt.transaction)
                writer.field("number", reply.number.text)
                writer.field("recorded", time: reply.recorded)
                writer.field("repeated", reply.repeated)
                writer.field(
                    "receipt", base64: EvidenceReceipt(transaction: transaction, proof: proof).encoded)
            }
        }
    }

    // MARK: Reading

    private static let show = Operation(
        "getEvidence", .get, "/v1/evidence/{number}", summary: "A record of evidence with its notes",
        parameters: [
            .init(name: "number", place: .path, type: "string", description: "As E1024-7"), chainQuery,
        ],
        answers: [.init(status: 200, contentType: "application/json", description: "The record")],
        problems: [400, 404]
    ) { call in
        let chain = try await call.chainOfQuery()
        let number = try number(try call.path("number"))
        guard let entry = try await chain.evidence(number) else {
            throw Problem(.notFound, "no record has the number \(number.text)")
        }
        let withheld = try await call.withheld(Deposit.contract, on: chain)
        return Call.json(reserving: 2_048) { entry.write(to: &$0, withholding: withheld) }
    }

    private static let list = Operation(
        "listEvidence", .get, "/v1/evidence", summary: "Records of a digest, or of a depositor in order",
        parameters: [
            chainQuery,
            .init(
                name: "digest", place: .query, type: "string", description: "The SM3 digest in hexadecimal"),
            .init(name: "depositor", place: .query, type: "string", description: "The depositor's account"),
            .init(
                name: "cursor", place: .query, type: "string",
                description: "Where the page before this one ended"),
            .init(
                name: "limit", place: .query, type: "integer",
                description: "How many, 1 to 1000; 100 if absent"),
        ],
        answers: [.init(status: 200, contentType: "application/json", description: "The records")],
        problems: [400, 403, 404]
    ) { call in
        let chain = try await call.chainOfQuery()
        let limit = try call.limit(default: 100)
        let digest = try call.query("digest").map { text throws(Problem) in try Call.digest(text, "digest") }
        let depositor = try call.query("depositor").map { text throws(Problem) in
            AccountID(try Call.digest(text, "depositor"))
        }
        let after = try call.query("cursor").map { text throws(Problem) in try number(text) }
        switch (digest, depositor) {
        case (nil, nil): throw Problem(.malformedRequest, "neither digest nor depositor is given")
        case (let digest?, let depositor):
            // Whoever may not read a digest may not find out whose it is either.
            try await call.demand([DataField.digest], of: Deposit.contract, on: chain)
            let entries = try await chain.evidence(digest: digest)
            return try await page(
                entries.filter { depositor == nil || $0.record.depositor == depositor }, next: nil, call, chain)
        case (nil, let depositor?):
            let entries = try await chain.evidence(depositor: depositor, after: after, limit: limit)
            let next = entries.count == limit ? entries.last?.record.number : nil
            return try await page(entries, next: next, call, chain)
        }
    }

    private static func page(
        _ entries: [EvidenceEntry], next: EvidenceNumber?, _ call: Call, _ chain: any ChainAccess
    ) async throws -> Response {
        let withheld = try await call.withheld(Deposit.contract, on: chain)
        return Call.json(reserving: 1_024 * (entries.count + 1)) { writer in
            writer.object { writer in
                writer.field("evidence", list: entries) { $1.write(to: &$0, withholding: withheld) }
                writer.field("cursor", next) { $0.value($1.text) }
            }
        }
    }

    // MARK: Verifying

    /// A receipt and what it is said to be for.
    private struct VerifyForm: Decodable {
        let receipt: String
        let digest: String
        let size: UInt64
        /// A trust anchor in base64; the chain's own if absent.
        let trust: String?
    }

    private static let verify = Operation(
        "verifyEvidence", .post, "/v1/evidence/verify",
        summary: "Follows a receipt to a certificate and says whether it holds, or which link is broken",
        parameters: [chainQuery],
        intake: .init(contentType: "application/json", bytesMax: 512 << 10, schema: "Verification"),
        answers: [.init(status: 200, contentType: "application/json", description: "The verdict")],
        problems: [400, 404, 413, 415]
    ) { call in
        let chain = try await call.chainOfQuery()
        let form = try await call.json(VerifyForm.self)
        let digest = try Call.digest(form.digest, "digest")
        guard let bytes = Base64.decode(form.receipt) else {
            throw Problem(.malformedRequest, "receipt is not base64")
        }
        let own = await chain.trustAnchor()
        let trust = try form.trust.map { text throws(Problem) in
            guard let bytes = Base64.decode(text) else {
                throw Problem(.malformedRequest, "trust is not base64")
            }
            return bytes
        }
        do throws(DecodeError) {
            let anchor =
                try trust.map { bytes throws(DecodeError) in try TrustAnchor(decoding: bytes) } ?? own
            return verdict(try EvidenceReceipt(decoding: bytes), anchor, digest: digest, size: form.size)
        } catch {
            return verdict(.malformed(error))
        }
    }

    private static func verdict(
        _ receipt: EvidenceReceipt, _ anchor: TrustAnchor, digest: Digest, size: UInt64
    ) -> Response {
        do throws(ProofError) {
            var client = try LightClient(anchor: anchor, scheme: SM2.Verifier())
            let statement = try client.verify(receipt, fileDigest: digest, fileSize: size)
            return Call.json { writer in
                writer.object { writer in
                    writer.field("verified", true)
                    writer.field("chain", statement.chain)
                    writer.field("transaction", statement.transaction)
                    writer.field("depositor", AccountID(statement.depositor))
                    writer.field("number", statement.reply.number.text)
                    writer.field("recorded", time: statement.reply.recorded)
                    writer.field("title", statement.deposit.title)
                }
            }
        } catch {
            return verdict(error)
        }
    }

    /// Not verified, and the first link that broke.
    private static func verdict(_ error: ProofError) -> Response {
        let code = error.stable
        return Call.json { writer in
            writer.object { writer in
                writer.field("verified", false)
                writer.field("code", code.label)
                writer.field("brokenLink", code.title)
                writer.field("fix", code.fix)
            }
        }
    }
}
