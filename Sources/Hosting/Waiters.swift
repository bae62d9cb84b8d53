// SPDX-License-Identifier: Apache-2.0
package import Ledger
package import Replication

/// How far a caller wants its transactions to get before it is answered.
package enum Milestone: Int, Comparable, Sendable {
    case admitted
    case final
    case attested

    package static func < (left: Milestone, right: Milestone) -> Bool { left.rawValue < right.rawValue }
}

/// How far a transaction got.
package enum Progress: Hashable, Sendable {
    case admitted
    /// It was waiting for a block already.
    case waiting
    case final(EvidenceNumber)
    case attested(EvidenceNumber)
    case refused(Refusal)
}

/// Callers that wait for their transactions, each until all of its own are there.
///
/// Lives inside a chain's host; nothing here is shared between threads.
struct Waiters {
    /// One caller and what it knows so far.
    final class Waiter {
        let milestone: Milestone
        var progress: [Progress]
        /// Transactions not at the milestone yet.
        var missing: Int
        var continuation: CheckedContinuation<Void, Never>?

        init(count: Int, milestone: Milestone) {
            self.milestone = milestone
            progress = Array(repeating: .admitted, count: count)
            missing = count
        }

        func settle(_ index: Int, _ result: Progress) {
            progress[index] = result
            missing -= 1
            if missing == 0 { wake() }
        }

        func wake() {
            continuation?.resume()
            continuation = nil
        }
    }

    private struct Place {
        let waiter: Waiter
        let index: Int
    }

    private var unfinished: [TransactionID: [Place]] = [:]
    /// Final, waiting for attestation; in no order, for a caller may ask again about an older block.
    private var unattested: [(height: Height, number: EvidenceNumber, place: Place)] = []
    private var attested = Height.zero

    mutating func expect(_ id: TransactionID, _ waiter: Waiter, _ index: Int) {
        unfinished[id, default: []].append(Place(waiter: waiter, index: index))
    }

    /// Takes a caller off a transaction's list again.
    mutating func withdraw(_ id: TransactionID, _ waiter: Waiter) {
        guard var places = unfinished.removeValue(forKey: id) else { return }
        places.removeAll { $0.waiter === waiter }
        if !places.isEmpty { unfinished[id] = places }
    }

    mutating func finalize(_ height: Height, _ ids: [TransactionID]) {
        if unfinished.isEmpty { return }
        for (index, id) in ids.enumerated() {
            guard let places = unfinished.removeValue(forKey: id) else { continue }
            let number = EvidenceNumber(height: height, index: UInt64(index))
            for place in places { reach(number, place) }
        }
    }

    /// Notes that a transaction of a waiter is final.
    mutating func reach(_ number: EvidenceNumber, _ waiter: Waiter, _ index: Int) {
        reach(number, Place(waiter: waiter, index: index))
    }

    private mutating func reach(_ number: EvidenceNumber, _ place: Place) {
        guard place.waiter.milestone == .attested else {
            return place.waiter.settle(place.index, .final(number))
        }
        if number.height <= attested { return place.waiter.settle(place.index, .attested(number)) }
        place.waiter.progress[place.index] = .final(number)
        unattested.append((number.height, number, place))
    }

    mutating func attest(upTo height: Height) {
        guard height > attested else { return }
        attested = height
        let waiting = unattested
        unattested = waiting.filter { $0.height > height }
        for entry in waiting where entry.height <= height {
            entry.place.waiter.settle(entry.place.index, .attested(entry.number))
        }
    }

    /// Answers everybody with what is known; the chain has stopped or a caller's patience has run out.
    mutating func abandonAll() {
        for places in unfinished.values { for place in places { place.waiter.wake() } }
        for entry in unattested { entry.place.waiter.wake() }
        unfinished = [:]
        unattested = []
    }

    mutating func abandon(_ waiter: Waiter, _ ids: [TransactionID]) {
        for id in ids { withdraw(id, waiter) }
        unattested.removeAll { $0.place.waiter === waiter }
        waiter.wake()
    }
}
