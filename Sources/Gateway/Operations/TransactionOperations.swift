// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import HTTPTypes
import HummingbirdCore
import Ledger

/// Transactions in, and what became of them.
/// - Spec: API-5, API-8.
enum TransactionOperations {
    static let all: [Operation] = [submit, transaction]

    private static let submit = Operation(
        "submitTransactions", .post, "/v1/chains/{chain}/transactions",
        summary:
            "Takes signed transactions, each after its length, and says what became of each, in order",
        parameters: [
            ChainOperations.chainParameter,
            .init(
                name: "wait", place: .query, type: "string",
                description: "final or attested: answer when that is reached; admitted if absent"),
            .init(
                name: "patience", place: .query, type: "integer",
                description: "Seconds to wait at most; then the answer says how far each has got"),
        ],
        intake: .init(
            contentType: "application/octet-stream", bytesMax: Limits.submissionBytesMax, schema: nil),
        answers: [
            .init(status: 200, contentType: "application/json", description: "One result a transaction")
        ],
        problems: [400, 404, 413, 415, 429, 503]
    ) { call in
        let chain = try await call.chain()
        let level = try waitLevel(call)
        let patience = try TransactionOperations.patience(call)
        guard call.door.occupancy.take(.submissions) else {
            throw Problem(
                .tooManyRequests, "as many submissions as the gateway takes are waiting for their answer")
        }
        defer { call.door.occupancy.give(.submissions) }
        let submission: Submission
        do { submission = try Submission(decoding: try await call.body()) } catch let error as DecodeError {
            throw Problem(.malformed, "the submission makes no sense at byte \(error.offset)")
        }
        let transactions = submission.transactions
        guard !transactions.isEmpty else {
            throw Problem(.malformedRequest, "the submission holds no transaction")
        }
        guard transactions.count <= Limits.payloadTransactionsMax else {
            throw Problem(
                .bodyTooLarge, "more than \(Limits.payloadTransactionsMax) transactions in one submission")
        }
        call.door.occupancy.note(transactions: transactions.count)
        let results = await chain.submit(transactions, until: level, within: patience)
        precondition(results.count == transactions.count, "a chain answers each submitted transaction once")
        await tellRefused(results, transactions, call)
        return answer(results, to: transactions)
    }

    /// Senders of one request that are told of by name; more are told of together.
    static let refusedSendersMax = 16

    /// Transactions of senders that may not act never reach a block: the denial is told here, with who signed them and
    /// where they came from (API-46).
    private static func tellRefused(
        _ results: [SubmissionResult], _ transactions: [SignedTransaction], _ call: Call
    ) async {
        var found: [(account: AccountID, code: StableCode, detail: String, count: UInt64)] = []
        var places: [String: Int] = [:]
        var more: UInt64 = 0
        for (result, transaction) in zip(results, transactions) {
            guard case .refused(_, let code, let detail) = result, code.deniesRight || code == .badSignature else {
                continue
            }
            let account = AccountID(transaction.body.sender)
            let place = places["\(code.number) \(account.hex)"]
            if let place {
                found[place].count += 1
            } else if found.count < refusedSendersMax {
                places["\(code.number) \(account.hex)"] = found.count
                found.append((account, code, detail, 1))
            } else {
                more += 1
            }
        }
        for entry in found {
            await call.tell(refused: entry.count, entry.code, of: entry.account, detail: entry.detail)
        }
        guard more > 0, let last = found.last else { return }
        call.tell(
            Problem(last.code, "\(more) more transactions in this request, of other senders"), kind: .request,
            organization: await call.organization())
    }

    static func waitLevel(
        _ call: Call, default standard: WaitLevel = .admitted
    ) throws(Problem) -> WaitLevel {
        guard let text = try call.query("wait") else { return standard }
        guard let level = WaitLevel(rawValue: text) else {
            throw Problem(.malformedRequest, "wait is none of admitted, final, attested")
        }
        return level
    }

    static func patience(_ call: Call) throws(Problem) -> Duration {
        let bounds = call.door.configuration.bounds
        guard let seconds = try call.number("patience", max: 86_400) else { return bounds.patience }
        return min(.seconds(Int64(seconds)), bounds.patienceMax)
    }

    /// - Cost: this is on the path of every transaction; nothing here is done twice or boxed.
    static func answer(_ results: [SubmissionResult], to transactions: [SignedTransaction]) -> Response {
        Call.json(reserving: 64 + 128 * results.count) { writer in
            writer.object { writer in
                writer.field("results", list: results.indices) { writer, index in
                    results[index].write(to: &writer, transaction: transactions[index])
                }
            }
        }
    }

    private static let transaction = Operation(
        "getTransaction", .get, "/v1/chains/{chain}/transactions/{id}",
        summary:
            "A transaction, how far it has got, its result and, if asked for, its receipt with the proof",
        parameters: [
            ChainOperations.chainParameter,
            .init(name: "id", place: .path, type: "string", description: "The transaction's identifier"),
            .init(
                name: "proof", place: .query, type: "boolean",
                description: "true: with the receipt file, once the transaction is attested"),
        ],
        answers: [.init(status: 200, contentType: "application/json", description: "The transaction")],
        problems: [400, 404, 410]
    ) { call in
        let chain = try await call.chain()
        let id = TransactionID(try Call.digest(try call.path("id"), "the transaction's identifier"))
        let wantsProof = try call.flag("proof")
        guard let record = try await chain.transaction(id) else {
            throw Problem(.notFound, "this node knows no transaction of that identifier")
        }
        // A contract may be narrower than its chain.
        _ = try await call.read(of: chain, record.transaction.body.contract)
        let proof = wantsProof ? try await chain.proof(of: id) : nil
        let body = record.transaction.body
        let shown = DataField.shown(by: body.method, of: body.contract)
        let withheld = try await call.withheld(body.contract, on: chain).fields.filter(shown.contains)
        return Call.json(reserving: 4_096) { record.write(to: &$0, proof: proof, withholding: withheld) }
    }
}
