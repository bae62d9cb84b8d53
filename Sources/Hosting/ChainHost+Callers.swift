// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
import Replication
import ShangMi
import Storage

// What callers on this machine ask of a chain: to take transactions, to wait, to say where it stands, to read.
extension ChainHost {
    /// Hands transactions to the chain and waits until each has got as far as `milestone`, or patience runs
    /// out.
    /// - Parameter transactions: nil stands for one whose signature was found bad.
    package func submit(
        _ transactions: [Verified<SignedTransaction>?], until milestone: Milestone, within patience: Duration
    ) async -> [Progress] {
        if failure != nil || run == nil || isStarved {
            return transactions.map { $0 == nil ? .refused(.badSignature) : .refused(.halted) }
        }
        let ticket = Ticket(nextTicket)
        nextTicket += 1
        let good = transactions.compactMap { $0 }
        let waiter = Waiters.Waiter(count: transactions.count, milestone: milestone)
        if milestone > .admitted {
            for (index, transaction) in transactions.enumerated() {
                if let transaction { waiters.expect(transaction.id, waiter, index) }
            }
        }
        take(.submitted(good, ticket))
        guard let admissions = answers.removeValue(forKey: ticket) else {
            waiters.abandon(waiter, good.map(\.id))
            return transactions.map { $0 == nil ? .refused(.badSignature) : .refused(.halted) }
        }
        settle(transactions, admissions, waiter)
        if milestone > .admitted, waiter.missing > 0 { await wait(waiter, good.map(\.id), patience) }
        counters.count(submitted: transactions.count)
        return waiter.progress
    }

    private func settle(
        _ transactions: [Verified<SignedTransaction>?], _ admissions: [Admission], _ waiter: Waiters.Waiter
    ) {
        var answered = admissions[...]
        for (index, transaction) in transactions.enumerated() {
            guard let transaction else {
                waiter.settle(index, .refused(.badSignature))
                continue
            }
            switch answered.removeFirst() {
            case .admitted: if waiter.milestone == .admitted { waiter.settle(index, .admitted) }
            case .waiting: if waiter.milestone == .admitted { waiter.settle(index, .waiting) }
            case .final(let number):
                waiters.withdraw(transaction.id, waiter)
                waiters.reach(number, waiter, index)
            case .refused(let refusal):
                waiters.withdraw(transaction.id, waiter)
                waiter.settle(index, .refused(refusal))
            }
        }
    }

    private func wait(_ waiter: Waiters.Waiter, _ ids: [TransactionID], _ patience: Duration) async {
        let limit = Task {
            try await Task.sleep(for: patience)
            waiters.abandon(waiter, ids)
        }
        await withCheckedContinuation { waiter.continuation = $0 }
        limit.cancel()
    }

    func attested(_ height: Height) {
        run?.provable.attest(height)
        tellAttested()
    }

    /// Who waits for a proof is told of heights that have one.
    func tellAttested() {
        guard let height = run?.provable.newest else { return }
        waiters.attest(upTo: height)
        stageWaiters.reach(height, .attested)
    }

    /// Waits until a height has reached a stage; false where patience ran out first.
    package func wait(for height: Height, to stage: ChainStage, within patience: Duration) async -> Bool {
        guard let run else { return false }
        let reached =
            switch stage {
            case .final: run.replica.finalHeight
            case .executed: run.replica.executedTip.height
            case .attested: run.provable.newest
            }
        if reached >= height { return true }
        let number = stageWaiters.nextNumber()
        let limit = Task {
            try await Task.sleep(for: patience)
            stageWaiters.abandon(number)
        }
        let answer = await withCheckedContinuation { stageWaiters.add(number, height, stage, $0) }
        limit.cancel()
        return answer
    }

    /// Where the chain stands.
    package func snapshot() -> ChainSnapshot {
        ChainSnapshot(
            tip: run?.replica.finalTip, committee: run?.replica.committee, executed: run?.replica.executedTip,
            attested: run?.replica.attestedHeight ?? .zero, provable: run?.provable.newest ?? .zero,
            view: run?.replica.view ?? .zero,
            waiting: run?.replica.waitingCount ?? 0,
            isInStep: run?.replica.isInStep(at: HostClock.instant) ?? false,
            clockSkewMillis: run?.replica.clocksAhead.map { -$0 }, failure: failure, isStarved: isStarved,
            counters: counters, disk: disk.forecast, keeping: run?.keeper?.report)
    }

    /// Reading access to what is on disk; nil while the chain is stopped.
    package func reader() async -> ChainReader<Store>? {
        // Not the run itself: held across the wait, it would make the replica's next change copy all it has.
        guard let worker = run?.worker, let blocks = run?.blocks else { return nil }
        let state = await worker.state()
        return ChainReader(
            blocks: blocks, proofs: ProofBuilder(blocks.store), tree: state.tree, executed: state.tip)
    }

    /// Too little room to promise anything new: submissions are refused before the disk is full in the middle
    /// of one.
    private var isStarved: Bool { DiskSpace.isStarved(settings.directory) }
}
