// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
package import Ledger
import NIOHTTP1
package import ShangMi

// Contracts: which there are, of what code, and what they answer.
extension NodeClient {
    package func contracts(
        _ chain: String, cursor: String? = nil, limit: Int = 1_000
    ) async throws(ClientError) -> Page<ContractAnswer> {
        let rest = cursor.map { "&cursor=\(escape($0))" } ?? ""
        return try await read("/v1/chains/\(escape(chain))/contracts?limit=\(limit)\(rest)") {
            reader throws(JSONShape) in
            Page(
                elements: try reader["contracts"].list { item throws(JSONShape) in try ContractAnswer(from: item) },
                cursor: try reader["cursor"].orNull { value throws(JSONShape) in try value.text() })
        }
    }

    package func contract(_ chain: String, _ name: Label) async throws(ClientError) -> ContractAnswer {
        try await read("/v1/chains/\(escape(chain))/contracts/\(escape(name.text))") { reader throws(JSONShape) in
            try ContractAnswer(from: reader)
        }
    }

    /// A module by the SM3 of its bytes.
    package func code(_ chain: String, _ digest: Digest) async throws(ClientError) -> CodeAnswer {
        try await read("/v1/chains/\(escape(chain))/codes/\(digest.hex)") { reader throws(JSONShape) in
            try CodeAnswer(from: reader)
        }
    }

    /// What a contract would answer in the next block; nothing is sent to the chain.
    /// - Parameter gas: what the contract may use.
    package func ask(
        _ chain: String, _ contract: Label, _ method: Label, _ argument: [UInt8], gas: UInt64
    ) async throws(ClientError) -> ReplyAnswer {
        let fields = [
            "\"method\":\(quoted(method.text))", "\"argument\":\"\(Base64.encode(argument))\"", "\"gas\":\(gas)",
        ]
        let request = HTTPTransport.Request(
            method: .POST, path: "/v1/chains/\(escape(chain))/contracts/\(escape(contract.text))/ask",
            contentType: "application/json", body: [UInt8]("{\(fields.joined(separator: ","))}".utf8),
            timeout: transport.options.timeout)
        let answered = try await transport.send(request).body
        return try answer(answered) { reader throws(JSONShape) in try ReplyAnswer(from: reader) }
    }

    /// A label as JSON; one has no control characters.
    private func quoted(_ text: String) -> String {
        let escaped = text.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }
        return "\"\(escaped.joined())\""
    }
}
