// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Consensus
import Execution
import Ledger
import Storage

// Transactions at the door: from clients, and from peers to whom clients gave them (POOL-1 to POOL-5, PEER-8).
extension Replica {
    mutating func submit(
        _ transactions: [Verified<SignedTransaction>], _ ticket: Ticket
    ) throws(StoreError) {
        let admissions = try admit(transactions)
        effects.append(.answer(ticket, admissions))
        var fresh: [SignedTransaction] = []
        // One that waits already, brought by a peer, becomes this node's to repeat: its client is here now.
        for (transaction, admission) in zip(transactions, admissions)
        where admission == .admitted || admission == .waiting {
            if admission == .admitted { fresh.append(transaction.value) }
            remember(transaction.id)
        }
        for message in FittingTransactions(fresh) { tellValidators(.transactions(message)) }
    }

    /// What clients gave to this node, and, where nothing moves, what waits longest whoever brought it: those that had
    /// it too may have forgotten it, and a node that alone has demand cannot leave its view. One message of each at
    /// most, the next second the ones after it.
    mutating func repeatTransactions() {
        let own = ownTransactions.turn(Pacing.repeatedTransactionsMax).compactMap { mempool[$0]?.value }
        for message in FittingTransactions(own).prefix(1) {
            ownTransactions.advance(by: message.count)
            tellValidators(.transactions(message))
        }
        guard now.instant.since(viewClock.began) >= Pacing.standstill else { return }
        let members = ownTransactions.members
        let others = mempool.oldest(Pacing.repeatedTransactionsMax).filter { !members.contains($0.id) }.map(\.value)
        for message in FittingTransactions(others).prefix(1) { tellValidators(.transactions(message)) }
    }

    /// What a peer passes on goes no further: it told every validator itself.
    mutating func take(_ transactions: [Verified<SignedTransaction>]) throws(StoreError) {
        _ = try admit(transactions)
    }

    private mutating func admit(
        _ transactions: [Verified<SignedTransaction>]
    ) throws(StoreError) -> [Admission] {
        let known = try areExecuted(transactions.map { ($0.id, $0.value.body.validFrom) })
        var admissions: [Admission] = []
        for (transaction, isKnown) in zip(transactions, known) {
            if isKnown, let place = try blocks.place(of: transaction.id) {
                admissions.append(.final(place))
            } else {
                admissions.append(try admit(transaction))
            }
        }
        return admissions
    }

    /// Which of some transactions this node has executed: one entry each.
    /// - Cost: the store is read for those only that may have become final; of news some three in a thousand at most.
    func areExecuted(_ transactions: [(id: TransactionID, validFrom: Height)]) throws(StoreError) -> [Bool] {
        var executed = [Bool](repeating: false, count: transactions.count)
        let doubtful = transactions.indices.filter {
            !recentFinals.lacks(transactions[$0].id, validFrom: transactions[$0].validFrom)
        }
        for (index, isKnown) in zip(doubtful, try blocks.areKnown(doubtful.map { transactions[$0].id })) {
            executed[index] = isKnown
        }
        return executed
    }

    private mutating func remember(_ id: TransactionID) {
        if tellsAnybody() { ownTransactions.insert(id) }
    }

    private mutating func admit(
        _ transaction: Verified<SignedTransaction>
    ) throws(StoreError) -> Admission {
        let body = transaction.value.body
        let tipHeight = tip.height
        guard body.chain == voter.context.chain else { return .refused(.otherChain) }
        guard body.validUntil > tipHeight else { return .refused(.expired(tip: tipHeight)) }
        guard body.validUntil >= body.validFrom,
            body.validUntil.value - body.validFrom.value <= Limits.validityWindowMax
        else { return .refused(.windowTooLong) }
        // Kept only if it could stand in the very next block: what waits must be reason enough to make one.
        guard body.validFrom <= tipHeight.next else { return .refused(.tooEarly(tip: tipHeight)) }
        if let obstacle = try obstacle(to: body.sender) {
            return .refused(obstacle.code == .unknownSender ? .unknownSender : .mayNotAct(obstacle))
        }
        if let known = tree.block(with: transaction.id, onBranchOf: tipID),
            let index = known.ids.firstIndex(of: transaction.id)
        {
            return .final(EvidenceNumber(height: known.header.height, index: UInt64(index)))
        }
        // One that stands in a block above the tip waits here all the same: that block may come to nothing.
        if mempool.contains(transaction.id) { return .waiting }
        // Kept, it would be proposed and keep this node awake; it may have been executed before the base.
        if isDoubtful(body) { return .refused(.beforeBase(base: base ?? .zero)) }
        if let refusal = mempool.admit(transaction) { return .refused(refusal) }
        return .admitted
    }
}

/// Transactions in messages no longer than a payload, so that none is refused for its length (PEER-2).
struct FittingTransactions: Sequence, IteratorProtocol {
    private var rest: ArraySlice<SignedTransaction>

    init(_ transactions: [SignedTransaction]) { rest = transactions[...] }

    mutating func next() -> [SignedTransaction]? {
        var bytes = 0
        let message = rest.prefix { transaction in
            bytes += transaction.bytes.count
            return bytes <= Limits.payloadBytesMax
        }
        rest = rest.dropFirst(message.count)
        return message.isEmpty ? nil : Array(message)
    }
}
