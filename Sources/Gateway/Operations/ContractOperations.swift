// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import HTTPTypes
import HummingbirdCore
import Ledger
import ShangMi

/// Contracts that anybody may write: which there are, of what code, and what they answer.
/// - Spec: API-63 to API-65.
enum ContractOperations {
    static let all: [Operation] = [contracts, contract, code, ask]

    /// What a question may use where it does not say: some ten milliseconds of one core.
    private static let gasStandard: UInt64 = 1_000_000

    private static let json = "application/json"
    private static let chain = ChainOperations.chainParameter
    private static let name = Operation.Parameter(
        name: "contract", place: .path, type: "string", description: "The contract's name")

    private static let contracts = Operation(
        "listContracts", .get, "/v1/chains/{chain}/contracts", summary: "Contracts by name, also those retired",
        parameters: [
            chain,
            .init(name: "limit", place: .query, type: "integer", description: "How many, 1 to 1000; 100 if absent"),
            .init(name: "cursor", place: .query, type: "string", description: "Where the page before this one ended"),
        ],
        answers: [.init(status: 200, contentType: json, description: "The contracts")], problems: [400, 404]
    ) { call in
        let chain = try await call.chain()
        let limit = try call.limit(default: 100)
        let after = try call.query("cursor").map { text throws(Problem) in try Call.label(text, "cursor") }
        let page = try await chain.contracts(after: after, limit: limit)
        return Call.json(reserving: 1_024 + 512 * page.elements.count) { writer in
            writer.object { writer in
                writer.field("height", page.height)
                writer.field("contracts", list: page.elements) { $1.write(to: &$0) }
                writer.field("cursor", page.cursor) { $0.value($1) }
            }
        }
    }

    private static let contract = Operation(
        "getContract", .get, "/v1/chains/{chain}/contracts/{contract}",
        summary: "A contract, its code, and what the code says of itself", parameters: [chain, name],
        answers: [.init(status: 200, contentType: json, description: "The contract")], problems: [400, 404]
    ) { call in
        let chain = try await call.chain()
        let name = try Call.label(try call.path("contract"), "the contract's name")
        guard let entry = try await chain.contract(name) else {
            throw Problem(.notFound, "no contract \(Problem.quoted(name.text)) is deployed")
        }
        return Call.json(reserving: 16_384) { entry.write(to: &$0) }
    }

    private static let code = Operation(
        "getCode", .get, "/v1/chains/{chain}/codes/{digest}",
        summary: "A published module, and what it says of itself",
        parameters: [
            chain,
            .init(name: "digest", place: .path, type: "string", description: "SM3 of the module in hexadecimal"),
        ],
        answers: [.init(status: 200, contentType: json, description: "The module's record")], problems: [400, 404]
    ) { call in
        let chain = try await call.chain()
        let digest = try Call.digest(try call.path("digest"), "the digest")
        guard let entry = try await chain.code(digest) else {
            throw Problem(.notFound, "no module \(digest.hex) is published")
        }
        return Call.json(reserving: 16_384) { writer in writer.object { entry.fields(to: &$0) } }
    }

    /// What a contract is asked.
    private struct Question: Decodable {
        let method: String
        let argument: String?
        let gas: UInt64?
    }

    private static let ask = Operation(
        "askContract", .post, "/v1/chains/{chain}/contracts/{contract}/ask",
        summary: "What a contract would answer in the next block; nothing is kept",
        parameters: [chain, name],
        intake: .init(contentType: json, bytesMax: 128 << 10, schema: "ContractQuestion"),
        answers: [.init(status: 200, contentType: json, description: "The answer, or what it failed with")],
        problems: [400, 404, 413, 415]
    ) { call in
        let chain = try await call.chain()
        let name = try Call.label(try call.path("contract"), "the contract's name")
        let question = try await call.json(Question.self)
        let method = try Call.label(question.method, "method")
        guard let argument = Base64.decode(question.argument ?? ""), argument.count <= ContractLimits.bytesMax else {
            throw Problem(
                .malformedRequest, "argument is not base64 of at most \(ContractLimits.bytesMax) bytes")
        }
        let gas = question.gas ?? gasStandard
        guard gas <= ContractLimits.purseMax else {
            throw Problem(.malformedRequest, "gas is more than \(ContractLimits.purseMax)")
        }
        let reply = try await chain.ask(
            ContractQuestion(
                contract: name, method: method, argument: argument, gas: gas,
                account: try await call.asker(of: chain, name)))
        return Call.json(reserving: 1_024 + 2 * reply.outcome.output.count) { reply.write(to: &$0, from: name) }
    }
}
