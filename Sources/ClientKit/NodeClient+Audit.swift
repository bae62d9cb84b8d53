// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
package import ShangMi

// A node's logs of acts and reads, for whoever's office it is to look at them.
extension NodeClient {
    /// Which rows; what is nil or false leaves nothing out.
    package struct AuditChoice: Hashable, Sendable {
        package var first: UInt64 = 1
        package var from: String?
        package var to: String?
        package var act: String?
        package var who: String?
        package var chain: String?
        package var isDenied = false

        package init() {}
    }

    package func audit() async throws(ClientError) -> AuditAnswer {
        try await read("/v1/audit") { reader throws(JSONShape) in try AuditAnswer(from: reader) }
    }

    /// - Parameter log: `acts` or `reads`.
    package func auditRows(
        _ log: String, _ choice: AuditChoice = AuditChoice(), cursor: String? = nil, limit: Int = 1_000
    ) async throws(ClientError) -> Page<AuditRowAnswer> {
        var query = "row=\(choice.first)&limit=\(limit)" + (choice.isDenied ? "&denied=true" : "")
        let words = [
            ("from", choice.from), ("to", choice.to), ("act", choice.act), ("who", choice.who),
            ("chain", choice.chain), ("cursor", cursor),
        ]
        for case (let name, let word?) in words { query += "&\(name)=\(escape(word))" }
        return try await read("/v1/audit/\(escape(log))?\(query)") { reader throws(JSONShape) in
            Page(
                elements: try reader["rows"].list { item throws(JSONShape) in try AuditRowAnswer(from: item) },
                cursor: try reader["cursor"].orNull { value throws(JSONShape) in try value.text() })
        }
    }
}

/// Where a node's logs stand, and who puts them on record (`GET /v1/audit`).
package struct AuditAnswer: Hashable, Sendable {
    package struct Log: Hashable, Sendable {
        package let name: String
        package let first: UInt64
        package let last: UInt64
        package let digest: Digest
    }

    package let node: String
    package let chain: String
    package let logs: [Log]
    /// The account that anchors; nil until the node has, since it was started.
    package let anchorAccount: AccountID?
    package let anchoredRow: UInt64?

    init(from reader: JSONShape.Reader) throws(JSONShape) {
        node = try reader["node"].text()
        chain = try reader["chain"].text()
        logs = try reader["logs"].list { log throws(JSONShape) in
            Log(
                name: try log["log"].text(), first: try log["first"].number(), last: try log["last"].number(),
                digest: try log["digest"].digest())
        }
        let anchor = try reader["anchor"].orNull { anchor throws(JSONShape) in
            (AccountID(try anchor["account"].digest()), try anchor["row"].number())
        }
        (anchorAccount, anchoredRow) = (anchor?.0, anchor?.1)
    }
}

/// A row as the node says it stands in its log. Whether it does, its digest says (docs/spec/audit.md, AUD-2).
package struct AuditRowAnswer: Hashable, Sendable {
    package let row: UInt64
    package let time: String
    package let act: String
    package let verdict: String
    package let code: String
    package let who: String
    package let organization: String
    package let chain: String
    package let object: String
    package let height: UInt64?
    package let count: UInt64
    package let detail: String
    package let previous: Digest
    package let digest: Digest

    init(from reader: JSONShape.Reader) throws(JSONShape) {
        row = try reader["row"].number()
        time = try reader["time"].text()
        (act, verdict) = (try reader["act"].text(), try reader["verdict"].text())
        (code, who) = (try reader["code"].text(), try reader["who"].text())
        (organization, chain) = (try reader["organization"].text(), try reader["chain"].text())
        object = try reader["object"].text()
        height = try reader["height"].orNull { value throws(JSONShape) in try value.number() }
        count = try reader["count"].number()
        detail = try reader["detail"].text()
        (previous, digest) = (try reader["previous"].digest(), try reader["digest"].digest())
    }
}
