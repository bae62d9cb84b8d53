// SPDX-License-Identifier: Apache-2.0
import ShangMi

/// In which order the validators of a committee lead.
///
/// Failure domains take turns, so that the loss of one costs no two views in a row: every domain's first
/// validator, then every domain's second, and so on while domains have any left. Which domain begins is taken
/// from the committee's identifier. Two leaders in a row, the last and the first included, share a domain
/// only if it holds more validators than each other one.
/// - Spec: CONS-20; consensus.md 2.7.
enum LeaderSchedule {
    /// - Returns: every validator once. With one failure domain the order is the committee's own.
    static func order(of validators: [Validator], in committee: CommitteeID) -> [ValidatorIndex] {
        let domains = Set(validators.map { $0.failureDomain }).sorted()
        guard !domains.isEmpty else { return [] }
        // Of an SM3 digest the first eight bytes are as good a number as any.
        let first = Int(committee.digest.words.0 % UInt64(domains.count))
        var turn: [Label: Int] = [:]
        for (place, domain) in domains.enumerated() {
            turn[domain] = (place + domains.count - first) % domains.count
        }
        var ranks = [Int](repeating: 0, count: domains.count)
        let places = validators.enumerated().map { index, validator in
            let turn = turn[validator.failureDomain] ?? 0
            defer { ranks[turn] += 1 }
            return (rank: ranks[turn], turn: turn, index: index)
        }
        return places.sorted { ($0.rank, $0.turn) < ($1.rank, $1.turn) }.map { ValidatorIndex($0.index) }
    }
}
