// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Execution
package import Ledger
import NIOHTTP1

// Who there is, what is set, what is proposed, and why somebody may or may not.
extension NodeClient {
    /// - Parameter organization: nil for members of all.
    package func members(
        _ chain: String, of organization: Label? = nil, cursor: String? = nil, limit: Int = 1_000
    ) async throws(ClientError) -> Page<MemberAnswer> {
        var query = "limit=\(limit)"
        if let organization { query += "&organization=\(escape(organization.text))" }
        return try await page(chain, "members", query, cursor) { item throws(JSONShape) in
            try MemberAnswer(from: item)
        }
    }

    package func member(_ chain: String, _ account: AccountID) async throws(ClientError) -> MemberAnswer {
        try await read("\(path(chain))/members/\(account.hex)") { reader throws(JSONShape) in
            try MemberAnswer(from: reader)
        }
    }

    package func organizations(
        _ chain: String, cursor: String? = nil, limit: Int = 1_000
    ) async throws(ClientError) -> Page<OrganizationAnswer> {
        try await page(chain, "organizations", "limit=\(limit)", cursor) { item throws(JSONShape) in
            try OrganizationAnswer(from: item)
        }
    }

    package func organization(_ chain: String, _ id: Label) async throws(ClientError) -> OrganizationAnswer {
        try await read("\(path(chain))/organizations/\(escape(id.text))") { reader throws(JSONShape) in
            try OrganizationAnswer(from: reader)
        }
    }

    /// On the first page also what decides where nobody has set a policy.
    package func policies(
        _ chain: String, cursor: String? = nil, limit: Int = 1_000
    ) async throws(ClientError) -> Page<PolicyAnswer> {
        var query = "limit=\(limit)"
        if let cursor { query += "&cursor=\(escape(cursor))" }
        return try await read("\(path(chain))/policies?\(query)") { reader throws(JSONShape) in
            let standard = try reader["standard"].list { item throws(JSONShape) in try PolicyAnswer(from: item) }
            let set = try reader["policies"].list { item throws(JSONShape) in try PolicyAnswer(from: item) }
            return Page(
                elements: standard + set,
                cursor: try reader["cursor"].orNull { value throws(JSONShape) in try value.text() })
        }
    }

    /// - Parameter areOpen: only those that are open or wait for their height.
    package func proposals(
        _ chain: String, areOpen: Bool, cursor: String? = nil, limit: Int = 1_000
    ) async throws(ClientError) -> Page<ProposalAnswer> {
        try await page(chain, "proposals", "limit=\(limit)&open=\(areOpen)", cursor) { item throws(JSONShape) in
            try ProposalAnswer(from: item)
        }
    }

    package func proposal(_ chain: String, _ id: MotionID) async throws(ClientError) -> ProposalAnswer {
        try await read("\(path(chain))/proposals/\(id.hex)") { reader throws(JSONShape) in
            try ProposalAnswer(from: reader)
        }
    }

    /// What making a proposal would come to; nothing is sent to the chain.
    package func preview(
        _ chain: String, _ motion: Motion, by account: AccountID
    ) async throws(ClientError) -> PreviewAnswer {
        let body = "{\"proposal\":\"\(Base64.encode(motion.encoded))\",\"proposer\":\"\(account.hex)\"}"
        let request = HTTPTransport.Request(
            method: .POST, path: "\(path(chain))/proposals/preview", contentType: "application/json",
            body: [UInt8](body.utf8), timeout: transport.options.timeout)
        let answered = try await transport.send(request).body
        return try answer(answered) { reader throws(JSONShape) in try PreviewAnswer(from: reader) }
    }

    package func verdict(
        _ chain: String, _ phrase: ActPhrase, by account: AccountID
    ) async throws(ClientError) -> VerdictAnswer {
        try await read("\(path(chain))/decision?member=\(account.hex)&act=\(escape(phrase.text))") {
            reader throws(JSONShape) in
            try VerdictAnswer(from: reader)
        }
    }

    private func path(_ chain: String) -> String { "/v1/chains/\(escape(chain))" }

    private func page<Element>(
        _ chain: String, _ name: String, _ query: String, _ cursor: String?,
        _ element: (JSONShape.Reader) throws(JSONShape) -> Element
    ) async throws(ClientError) -> Page<Element> {
        let rest = cursor.map { "&cursor=\(escape($0))" } ?? ""
        return try await read("\(path(chain))/\(name)?\(query)\(rest)") { reader throws(JSONShape) in
            Page(
                elements: try reader[name].list { item throws(JSONShape) in try element(item) },
                cursor: try reader["cursor"].orNull { value throws(JSONShape) in try value.text() })
        }
    }
}
