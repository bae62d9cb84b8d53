// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import HTTPTypes
import HummingbirdCore
import Ledger

/// Values of the state, and questions to contracts that change nothing.
/// - Spec: API-8, API-10.
enum StateOperations {
    static let all: [Operation] = [state, call]

    private static let state = Operation(
        "getState", .get, "/v1/chains/{chain}/state/{contract}/{key}",
        summary: "A value of a contract's part of the state, or its absence, and if asked for the proof",
        parameters: [
            ChainOperations.chainParameter,
            .init(name: "contract", place: .path, type: "string", description: "The contract's name"),
            .init(name: "key", place: .path, type: "string", description: "The key in hexadecimal"),
            .init(name: "proof", place: .query, type: "boolean", description: "true: with the proof"),
            .init(
                name: "height", place: .query, type: "integer",
                description: "Read the state after this height, while it is kept"),
        ],
        answers: [.init(status: 200, contentType: "application/json", description: "The value, or null")],
        problems: [400, 403, 404, 410]
    ) { call in
        let chain = try await call.chain()
        let contract = try Call.label(try call.path("contract"), "the contract's name")
        guard let key = Hex.decode(try call.path("key")), key.count <= Limits.stateKeyBytesMax else {
            throw Problem(
                .malformedRequest,
                "the key is not hexadecimal or longer than \(Limits.stateKeyBytesMax) bytes")
        }
        // A value and its proof are bytes that hold all of its fields: without one of them neither can be shown.
        try await call.demand(DataField.stored(under: key, of: contract), of: contract, on: chain)
        let record = try await chain.state(
            contract: contract, key: key, at: try call.height("height"), proof: try call.flag("proof"))
        return Call.json(reserving: 4_096) { writer in
            writer.object { writer in
                writer.field("contract", contract)
                writer.field("key", hex: key)
                writer.field("height", record.height)
                writer.field("value", record.value) { $0.base64($1) }
                writer.field("proof", record.proof) { $0.base64($1.encoded) }
            }
        }
    }

    /// What a read-only call asks.
    private struct Question: Decodable {
        struct Arguments: Decodable {
            let number: String?
            let digest: String?
            let depositor: String?
            let after: String?
            let limit: Int?
        }

        let contract: String
        let method: String
        let arguments: Arguments
    }

    private static let call = Operation(
        "callContract", .post, "/v1/chains/{chain}/call",
        summary: "Asks a contract something that changes nothing: evidence get, byDigest, byDepositor",
        parameters: [ChainOperations.chainParameter],
        intake: .init(contentType: "application/json", bytesMax: 64 << 10, schema: "Question"),
        answers: [.init(status: 200, contentType: "application/json", description: "What the contract says")],
        problems: [400, 403, 404, 413, 415]
    ) { call in
        let chain = try await call.chain()
        let question = try await call.json(Question.self)
        guard question.contract == Deposit.contract.text else {
            throw Problem(
                .unknownContract, "no contract \(Problem.quoted(question.contract)) answers questions here")
        }
        // A contract may be narrower than its chain.
        _ = try await call.read(of: chain, Deposit.contract)
        if question.method == "byDigest" {
            try await call.demand([DataField.digest], of: Deposit.contract, on: chain)
        }
        let entries = try await answer(question, chain)
        let withheld = try await call.withheld(Deposit.contract, on: chain)
        return Call.json(reserving: 1_024 * (entries.count + 1)) { writer in
            writer.object { writer in writer.field("result", list: entries) { $1.write(to: &$0, withholding: withheld) }
            }
        }
    }

    private static func answer(
        _ question: Question, _ chain: any ChainAccess
    ) async throws -> [EvidenceEntry] {
        let arguments = question.arguments
        switch question.method {
        case "get":
            let number = try EvidenceOperations.number(arguments.number ?? "")
            return try await chain.evidence(number).map { [$0] } ?? []
        case "byDigest":
            return try await chain.evidence(digest: try Call.digest(arguments.digest ?? "", "digest"))
        case "byDepositor":
            let limit = arguments.limit ?? 100
            guard (1...1_000).contains(limit) else {
                throw Problem(.malformedRequest, "limit is not 1 to 1000")
            }
            let after = try arguments.after.map { text throws(Problem) in try EvidenceOperations.number(text)
            }
            return try await chain.evidence(
                depositor: AccountID(try Call.digest(arguments.depositor ?? "", "depositor")), after: after,
                limit: limit)
        default:
            throw Problem(.unknownMethod, "evidence answers get, byDigest and byDepositor")
        }
    }
}
