// SPDX-License-Identifier: Apache-2.0
package import Execution
package import Ledger
import ShangMi

/// Transactions that wait for a block, oldest first, none twice, within bounds a sender cannot exhaust alone.
///
/// Not durable: a client sends again until it holds a receipt.
/// - Spec: POOL-1 to POOL-5.
package struct Mempool: Sendable {
    package struct Bounds: Sendable {
        package let transactionsMax: Int
        package let bytesMax: Int
        /// Of one sender, while others wait too.
        package let perSenderMax: Int

        /// A minute at full speed for one chain; one sender may hold a quarter of it.
        package init(transactionsMax: Int = 65_536, bytesMax: Int = 64 << 20, perSenderMax: Int = 16_384) {
            self.transactionsMax = transactionsMax
            self.bytesMax = bytesMax
            self.perSenderMax = perSenderMax
        }
    }

    private let bounds: Bounds
    /// In order of admission; taken ones leave a hole at the front until it is cut off.
    private var queue: [Verified<SignedTransaction>?] = []
    private var head = 0
    /// Where each waiting transaction stands in `queue`, counted from the first ever.
    private var places: [TransactionID: Int] = [:]
    private var cut = 0
    private var bySender: [AccountKey: Int] = [:]
    package private(set) var byteCount = 0
    /// No waiting transaction ends earlier: most heights then end none, and one look says so.
    private var earliestEnd = Height(Height.max)

    /// A sender by the first word of its key: counting needs no more, and a clash only shares a quota.
    private typealias AccountKey = UInt64

    package init(bounds: Bounds = Bounds()) { self.bounds = bounds }

    package var count: Int { places.count }
    package var isEmpty: Bool { places.isEmpty }

    package func contains(_ id: TransactionID) -> Bool { places[id] != nil }

    package subscript(id: TransactionID) -> Verified<SignedTransaction>? { places[id].flatMap { queue[$0 - cut] } }

    /// The first so many that wait.
    package func oldest(_ count: Int) -> [Verified<SignedTransaction>] {
        Array(queue[head...].lazy.compactMap { $0 }.prefix(count))
    }

    /// Adds a transaction at the back; nil where it was added, else why not.
    package mutating func admit(_ transaction: Verified<SignedTransaction>) -> Refusal? {
        let size = transaction.value.bytes.count
        guard count < bounds.transactionsMax, byteCount + size <= bounds.bytesMax else { return .poolFull }
        let sender = senderKey(transaction)
        guard bySender[sender, default: 0] < bounds.perSenderMax else { return .senderQuota }
        places[transaction.id] = cut + queue.count
        queue.append(transaction)
        bySender[sender, default: 0] += 1
        byteCount += size
        earliestEnd = min(earliestEnd, transaction.value.body.validUntil)
        return nil
    }

    /// So many that wait for gas are passed over for those behind them: who fills the pool with dear ones must not make
    /// every leader look through all of it.
    private static let passedOverMax = 4_096

    /// The next transactions for a block at `height`, in order of admission, within the bounds of a block;
    /// those whose window has passed are dropped. They stay until `remove`: a proposal may come to nothing.
    ///
    /// One for which there is no gas left, or whose sender has had its share of the dear ones, waits for a later block
    /// and holds up none behind it.
    package mutating func draft(
        at height: Height, transactionsMax: Int, bytesMax: Int, except taken: (TransactionID) -> Bool
    ) -> [Verified<SignedTransaction>] {
        var drafted: [Verified<SignedTransaction>] = []
        var bytes = 8
        var gas = GasShare()
        var passedOver = 0
        var expired: [TransactionID] = []
        for slot in queue[head...] {
            guard let transaction = slot else { continue }
            if drafted.count == transactionsMax || gas.isSpent { break }
            let body = transaction.value.body
            if body.validUntil < height {
                expired.append(transaction.id)
                continue
            }
            if body.validFrom > height || taken(transaction.id) { continue }
            if bytes + transaction.value.bytes.count > bytesMax { break }
            guard gas.take(body, by: senderKey(transaction)) else {
                passedOver += 1
                if passedOver == Mempool.passedOverMax { break }
                continue
            }
            bytes += transaction.value.bytes.count
            drafted.append(transaction)
        }
        remove(expired)
        return drafted
    }

    /// Forgets what can stand in no block above a height: it must not keep a chain awake that nobody can serve it on.
    /// - Cost: nothing where none ends there; else one look at each.
    package mutating func expire(through height: Height) {
        guard earliestEnd <= height else { return }
        var expired: [TransactionID] = []
        var earliest = Height(Height.max)
        for case let transaction? in queue[head...] {
            let end = transaction.value.body.validUntil
            if end <= height { expired.append(transaction.id) } else { earliest = min(earliest, end) }
        }
        earliestEnd = earliest
        remove(expired)
    }

    /// Forgets transactions that are final or can never be.
    package mutating func remove(_ ids: [TransactionID]) {
        for id in ids {
            guard let place = places.removeValue(forKey: id), let transaction = queue[place - cut] else {
                continue
            }
            queue[place - cut] = nil
            byteCount -= transaction.value.bytes.count
            let sender = senderKey(transaction)
            let left = bySender[sender, default: 1] - 1
            bySender[sender] = left == 0 ? nil : left
        }
        while head < queue.count, queue[head] == nil { head += 1 }
        // Cutting only when half of the queue is holes keeps the cost of it constant per transaction.
        if head > 1_024, head > queue.count / 2 {
            queue.removeFirst(head)
            cut += head
            head = 0
        }
    }

    private func senderKey(_ transaction: Verified<SignedTransaction>) -> AccountKey {
        transaction.value.body.sender.x.words.0
    }
}

/// What a block that is being drafted has taken of its gas (EXEC-9).
private struct GasShare {
    /// Of the dearest transactions one sender may have so many in a block, so that many others have theirs too.
    private static let dearPerSenderMax = 16
    /// All of the dearest together leave half of a block to the others.
    private static let dearGasMax = Limits.blockGasMax / 2
    /// What calls of contracts put aside, together and by one sender: so that nobody else waits for who puts aside much
    /// and uses little.
    private static let pursedGasMax = 6 * (Limits.blockGasMax / 10)
    private static let pursedPerSenderMax = 3 * (Limits.blockGasMax / 10)

    private var taken: UInt64 = 0
    private var pursed: [UInt64: UInt64] = [:]
    private var takenByPursed: UInt64 = 0
    private var takenByDear: UInt64 = 0
    private var dear: [UInt64: Int] = [:]

    /// Not even the cheapest would fit.
    var isSpent: Bool { taken + 5_000 > Limits.blockGasMax }

    mutating func take(_ body: Transaction, by sender: UInt64) -> Bool {
        let ceiling = GasSchedule.ceiling(of: body)
        guard taken + ceiling <= Limits.blockGasMax else { return false }
        if GasSchedule.takesPurse(body.contract) {
            let own = pursed[sender, default: 0] + ceiling
            guard own <= GasShare.pursedPerSenderMax, takenByPursed + ceiling <= GasShare.pursedGasMax else {
                return false
            }
            pursed[sender] = own
            takenByPursed += ceiling
        } else if ceiling == Limits.transactionGasMax {
            let count = dear[sender, default: 0]
            guard count < GasShare.dearPerSenderMax, takenByDear + ceiling <= GasShare.dearGasMax else { return false }
            dear[sender] = count + 1
            takenByDear += ceiling
        }
        taken += ceiling
        return true
    }
}

/// Transactions that clients of this node wait for, in order, each once, bounded.
struct OwnTransactions: Sendable {
    private var order: [TransactionID] = []
    /// Where the next turn begins.
    private var place = 0
    private(set) var members: Set<TransactionID> = []

    mutating func insert(_ id: TransactionID) {
        guard members.count < Pacing.ownTransactionsMax, members.insert(id).inserted else { return }
        order.append(id)
    }

    /// Forgets those that wait no longer.
    mutating func keep(_ isWaiting: (TransactionID) -> Bool) {
        if order.isEmpty { return }
        let passed = order[..<place].count(where: isWaiting)
        order.removeAll { !isWaiting($0) }
        members = Set(order)
        // The turn goes on where it was.
        place = order.isEmpty ? 0 : passed % order.count
    }

    /// The next so many from where the last turn ended, in a circle, each once.
    func turn(_ count: Int) -> [TransactionID] {
        (0..<Swift.min(count, order.count)).map { order[(place + $0) % order.count] }
    }

    mutating func advance(by count: Int) { if !order.isEmpty { place = (place + count) % order.count } }
}

/// Why a transaction was not taken. Reaches the client with its stable code.
package enum Refusal: Hashable, Sendable {
    case otherChain
    /// Its window ended before the next block.
    case expired(tip: Height)
    /// Its window begins too far ahead to be kept waiting.
    case tooEarly(tip: Height)
    case windowTooLong
    case badSignature
    case unknownSender
    /// A member stands behind the key, and may not act: frozen, removed, or of an organisation that is.
    case mayNotAct(SendingObstacle)
    case oversized
    case poolFull
    case senderQuota
    case halted
    /// It may have been executed before this node's base (SYNC-9): other nodes can tell.
    case beforeBase(base: Height)

    /// The number in `JD-11xx`, or `JD-18xx` of a member that may not act.
    package var code: UInt16 {
        switch self {
        case .otherChain: 1101
        case .expired: 1102
        case .tooEarly: 1103
        case .windowTooLong: 1104
        case .badSignature: 1105
        case .unknownSender: 1106
        case .mayNotAct(let obstacle): obstacle.code.value
        case .oversized: 1107
        case .poolFull: 1108
        case .senderQuota: 1109
        case .halted: 1110
        case .beforeBase: 1111
        }
    }
}

/// What became of a transaction at the door.
package enum Admission: Hashable, Sendable {
    case admitted
    /// It waits already.
    case waiting
    /// It stands in a final block already.
    case final(EvidenceNumber)
    case refused(Refusal)
}
