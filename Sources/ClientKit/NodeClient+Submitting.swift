// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
import NIOHTTP1

extension NodeClient {
    /// Sends signed transactions and says what became of each, in order.
    ///
    /// They go in as few requests of at most 4 MiB as will hold them, one after the other. A signed
    /// transaction is its own idempotency key, so an attempt that broke is simply made again.
    /// - Throws: what broke the first request that failed for good; some of the transactions may have been
    ///   taken.
    /// - Spec: API-5, API-34.
    package func submit(
        _ transactions: [SignedTransaction], to chain: String, wait: Wait = .admitted
    ) async throws(ClientError) -> [SubmissionAnswer] {
        var answers: [SubmissionAnswer] = []
        answers.reserveCapacity(transactions.count)
        for batch in try NodeClient.batches(of: transactions) {
            answers += try await submit(batch: batch, to: chain, wait: wait)
        }
        return answers
    }

    private func submit(
        batch: ArraySlice<SignedTransaction>, to chain: String, wait: Wait
    ) async throws(ClientError) -> [SubmissionAnswer] {
        let options = transport.options
        var path = "/v1/chains/\(escape(chain))/transactions"
        var timeout = options.timeout
        if wait != .admitted {
            path += "?wait=\(wait.rawValue)&patience=\(options.patience.components.seconds)"
            timeout += options.patience
        }
        let request = HTTPTransport.Request(
            method: .POST, path: path, contentType: "application/octet-stream",
            body: Submission(Array(batch)).encoded, timeout: timeout)
        let sent = Array(batch)
        let body = try await transport.send(request).body
        let answers = try answer(body) { reader throws(JSONShape) in
            var index = 0
            return try reader["results"].list { item throws(JSONShape) in
                defer { index += 1 }
                return try SubmissionAnswer(from: item)
            }
        }
        guard answers.count == sent.count else {
            throw .malformed(node: node, reason: "\(answers.count) results for \(sent.count) transactions")
        }
        return answers
    }

    /// Cuts a list into runs that each fit one request.
    static func batches(of transactions: [SignedTransaction]) throws(ClientError) -> [ArraySlice<
        SignedTransaction
    >] {
        var batches: [ArraySlice<SignedTransaction>] = []
        var start = 0
        var size = 0
        for (index, transaction) in transactions.enumerated() {
            // A length prefix of a transaction takes at most three bytes.
            let cost = transaction.bytes.count + 3
            guard transaction.bytes.count <= Limits.transactionBytesMax else {
                throw .unusable(
                    reason: "transaction \(index) has \(transaction.bytes.count) bytes, too large to send")
            }
            if size + cost > Limits.submissionBytesMax || index - start == Limits.payloadTransactionsMax {
                batches.append(transactions[start..<index])
                start = index
                size = 0
            }
            size += cost
        }
        if start < transactions.count { batches.append(transactions[start...]) }
        return batches
    }
}
