// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi

/// Bodies this node lacks, and whom to ask for each when.
///
/// What is wanted is said anew in every step, so nothing is asked for longer than it is needed.
struct FetchList: Sendable {
    private struct Want: Sendable {
        let id: BlockID
        var signers: [Int]
        var attempts = 0
        var next: Instant
        var isStillWanted = true
    }

    private var wants: [Want] = []
    private var fresh: [(id: BlockID, signers: [Int])] = []

    mutating func begin() {
        if !fresh.isEmpty { fresh = [] }
        for index in wants.indices { wants[index].isStillWanted = false }
    }

    /// - Parameter signers: validators that must have it; empty where any may.
    mutating func want(_ id: BlockID, signers: [Int] = []) {
        if let place = wants.firstIndex(where: { $0.id == id }) {
            wants[place].isStillWanted = true
            if !signers.isEmpty { wants[place].signers = signers }
        } else if !fresh.contains(where: { $0.id == id }) {
            fresh.append((id, signers))
        }
    }

    func wants(_ id: BlockID) -> Bool { wants.contains { $0.id == id } || fresh.contains { $0.id == id } }

    /// Settles what is wanted; gives what to ask whom now, and when to look again.
    /// - Parameters:
    ///   - patience: how long something may take to come unasked.
    ///   - breadth: how many are asked at a time: one more than may lie.
    mutating func due(
        at now: Instant, patience: Instant.Span, breadth: Int, of count: Int
    ) -> (requests: [(id: BlockID, from: [Int])], again: Instant?) {
        if wants.isEmpty, fresh.isEmpty { return ([], nil) }
        wants.removeAll { !$0.isStillWanted }
        for want in fresh {
            wants.append(Want(id: want.id, signers: want.signers, next: now.advanced(by: patience)))
        }
        fresh = []
        var requests: [(id: BlockID, from: [Int])] = []
        for index in wants.indices where wants[index].next <= now {
            let want = wants[index]
            let pool = want.signers.isEmpty ? Array(0..<count) : want.signers
            // Each attempt begins where the one before ended, so that everybody is asked in the end.
            let start = (want.attempts * breadth + Int(want.id.digest.words.0 % UInt64(pool.count))) % pool.count
            requests.append((want.id, (0..<min(breadth, pool.count)).map { pool[(start + $0) % pool.count] }))
            wants[index].attempts += 1
            let wait = Pacing.fetch.nanoseconds << UInt64(min(want.attempts, 5))
            wants[index].next = now.advanced(by: .init(nanoseconds: min(wait, Pacing.fetchMax.nanoseconds)))
        }
        return (requests, wants.map(\.next).min())
    }
}
