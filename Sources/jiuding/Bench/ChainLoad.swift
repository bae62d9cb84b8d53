// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ClientKit
import Foundation
import Ledger

/// Sends deposits to the nodes of a chain in turn and keeps account of what they acknowledged.
struct ChainLoad: Sendable {
    let clients: [NodeClient]
    let chain: String
    let mill: DepositMill
    let batchSize: Int
    /// Requests in flight.
    let concurrency: Int

    /// What a stretch of load came to.
    struct Outcome: Sendable {
        /// Sent and answered, in order of the answers.
        var acknowledged: [TransactionID] = []
        var acknowledgedCount = 0
        var offered = 0
        var refused = 0
        var firstRefusal: String?
        /// One time a request: all transactions of a request wait together.
        var milliseconds: [Double] = []
        var lastHeight = Height.zero
        /// From the first request to the last answer.
        var finalSeconds = 0.0
        /// From the first request until all of it was executed.
        var executedSeconds = 0.0
    }

    private struct Answer: Sendable {
        let answers: [SubmissionAnswer]
        let milliseconds: Double
    }

    /// Sends `count` batches with `wait=final`, `concurrency` at a time, then waits until they are executed.
    /// - Parameters:
    ///   - batch: gives batch number n; called in order, on any task.
    ///   - deadline: no batch is begun after it.
    ///   - keepsNames: whether the identifiers of all that was acknowledged are kept.
    func run(
        _ count: Int, deadline: ContinuousClock.Instant? = nil, keepsNames: Bool, bar: ProgressBar,
        batch: @escaping @Sendable (Int) -> DepositMill.Batch
    ) async throws -> Outcome {
        var outcome = Outcome()
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Answer.self) { group in
            var next = 0
            func begin(_ number: Int) { group.addTask { try await send(batch(number), turn: number) } }
            func mayBegin() -> Bool { next < count && deadline.map { ContinuousClock.now < $0 } ?? true }
            while next < concurrency, mayBegin() {
                begin(next)
                next += 1
            }
            while let answer = try await group.next() {
                if mayBegin() {
                    begin(next)
                    next += 1
                }
                take(answer, into: &outcome, keepsNames: keepsNames)
                bar.advance(by: Double(answer.answers.count))
            }
        }
        outcome.finalSeconds = (ContinuousClock.now - start).asSeconds
        try await untilExecuted(outcome.lastHeight)
        outcome.executedSeconds = (ContinuousClock.now - start).asSeconds
        return outcome
    }

    /// Sends a batch to the node whose turn it is, or the next that answers: the same bytes are deposited once.
    private func send(_ batch: DepositMill.Batch, turn: Int) async throws -> Answer {
        let start = ContinuousClock.now
        var last: ClientError?
        for step in clients.indices {
            do throws(ClientError) {
                let answers = try await clients[(turn + step) % clients.count].submit(
                    encoded: batch.bytes, count: batch.count, to: chain, wait: .final)
                return Answer(answers: answers, milliseconds: (ContinuousClock.now - start).asSeconds * 1000)
            } catch {
                guard case .unreachable = error else { throw Failure(error) }
                last = error
            }
        }
        throw last.map { Failure($0) } ?? Failure.usage("no nodes", fix: "")
    }

    /// The first node, which is never killed: asked for heights.
    private var witness: NodeClient { clients[0] }

    private func take(_ answer: Answer, into outcome: inout Outcome, keepsNames: Bool) {
        outcome.milliseconds.append(answer.milliseconds)
        outcome.offered += answer.answers.count
        for answer in answer.answers {
            switch answer {
            case .final(let id, let height, _):
                outcome.acknowledgedCount += 1
                if keepsNames { outcome.acknowledged.append(id) }
                outcome.lastHeight = max(outcome.lastHeight, height)
            case .refused(_, let problem):
                outcome.refused += 1
                outcome.firstRefusal =
                    outcome.firstRefusal ?? "\(problem.code) \(problem.title): \(problem.detail)"
            case .admitted, .known, .attested:
                outcome.refused += 1
                outcome.firstRefusal = outcome.firstRefusal ?? phrase("not final in time", zh: "未及时终局")
            }
        }
    }

    private func untilExecuted(_ height: Height) async throws {
        let start = ContinuousClock.now
        while true {
            let status = try await Failure.naming { () async throws(ClientError) in
                try await witness.chain(chain)
            }
            if status.executed >= height { return }
            guard status.halted == nil, ContinuousClock.now - start < .seconds(120) else {
                throw Failure(
                    .no, "JD-4021",
                    phrase(
                        "the node stopped executing at \(status.executed.value): \(status.halted ?? "too slow")",
                        zh: "节点在高度 \(status.executed.value) 停止执行：\(status.halted ?? "过慢")"),
                    fix: phrase("see its log", zh: "请查看其日志"))
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    // MARK: One by one

    /// Sends single transactions, or so many in a request, at a steady pace whatever becomes of the earlier ones, and
    /// times each from the moment it was due.
    /// - Parameter began: told when all are signed and the first is due.
    func pace(
        perSecond: Int, of size: Int = 1, seconds: Int, wait: Wait, firstNumber: Int,
        began: @Sendable () -> Void = {}
    ) async throws -> (latencies: Latencies, acknowledged: [TransactionID]) {
        let tip = try await Failure.naming { () async throws(ClientError) in try await witness.chain(chain) }
            .height
        let transactions = (0..<perSecond * seconds).map { turn in
            mill.transactions(firstNumber + turn, count: size, tip: tip)
        }
        began()
        let start = ContinuousClock.now
        return try await withThrowingTaskGroup(of: (Double, TransactionID)?.self) { group in
            for (turn, one) in transactions.enumerated() {
                let due = start + .seconds(1) * turn / perSecond
                group.addTask {
                    try await Task.sleep(until: due, tolerance: .zero)
                    return try await timed(one, turn: turn, wait: wait, from: due)
                }
            }
            var times: [Double] = []
            var names: [TransactionID] = []
            for try await case let (time, name)? in group {
                times.append(time)
                names.append(name)
            }
            return (Latencies(times), names)
        }
    }

    /// Milliseconds and identifier of the first, nil where the answer was less than what was asked for.
    private func timed(
        _ one: [SignedTransaction], turn: Int, wait: Wait, from due: ContinuousClock.Instant
    ) async throws -> (Double, TransactionID)? {
        let answers = try await Failure.naming { () async throws(ClientError) in
            try await clients[turn % clients.count].submit(one, to: chain, wait: wait)
        }
        let time = (ContinuousClock.now - due).asSeconds * 1000
        switch (wait, answers.first) {
        case (.final, .final(let id, _, _)): return (time, id)
        case (.attested, .attested): return (time, one[0].id)
        default: return nil
        }
    }
}
