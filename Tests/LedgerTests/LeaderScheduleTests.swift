// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi
import Testing

/// CONS-20: who leads, and what the loss of a failure domain costs.
@Suite struct LeaderScheduleTests {
    /// A committee with so many validators in each domain, the domains mixed up as `random` likes.
    private func committee(
        _ sizes: [Int], epoch: UInt64, _ random: inout SeededRandom
    ) throws -> Committee {
        var domains = sizes.enumerated().flatMap { [Int](repeating: $0, count: $1) }
        for place in domains.indices { domains.swapAt(place, random.below(domains.count)) }
        let validators = try domains.enumerated().map { place, domain in
            Validator(
                key: ThrowAwayKey(place).publicKey, name: Label(literal: "v"), organization: Label(literal: "o"),
                failureDomain: try #require(Label("云\(domain)")))
        }
        return try #require(
            Committee(epoch: Epoch(epoch), validators: validators, parameters: ConsensusParameters()))
    }

    private func leaders(_ committee: Committee) -> [ValidatorIndex] {
        (0..<UInt64(committee.count)).map { committee.leader(of: View($0)) }
    }

    private static let shapes: [[Int]] =
        [[1], [2], [1, 1], [2, 1], [2, 2], [1, 1, 1, 1], [2, 2, 2, 1], [2, 1, 1], [3, 3, 1], [2, 2, 1, 1, 1]]
        + [[3, 1, 1], [7, 2], [7, 6, 6], [34, 33, 33], [25, 25, 25, 25], [Int](repeating: 1, count: 100)]

    @Test("every validator leads once in n views, and the turn comes round again (CONS-20)", arguments: shapes)
    func fair(sizes: [Int]) throws {
        var random = SeededRandom(seed: 1)
        for epoch in 0..<20 as Range<UInt64> {
            let committee = try committee(sizes, epoch: epoch, &random)
            let leaders = leaders(committee)
            #expect(Set(leaders.map(\.value)) == Set(0..<committee.count))
            let base = View(UInt64(committee.count) * 1_000_003)
            #expect(
                (0..<3).map { committee.leader(of: View(base.value + $0)) }
                    == (0..<3).map { leaders[$0 % leaders.count] })
            #expect(committee.leader(of: View(View.max)) == leaders[Int(View.max % UInt64(committee.count))])
        }
    }

    @Test("no two leaders in a row stand in one domain while another has validators left (CONS-20)", arguments: shapes)
    func apart(sizes: [Int]) throws {
        var random = SeededRandom(seed: 2)
        for epoch in 0..<40 as Range<UInt64> {
            let committee = try committee(sizes, epoch: epoch, &random)
            let domains = leaders(committee).map { committee.validators[$0.value].failureDomain }
            for place in domains.indices.dropLast() where domains[place] == domains[place + 1] {
                #expect(domains[place...].allSatisfy { $0 == domains[place] }, "\(sizes), view \(place)")
            }
            // The last leader is followed by the first. Only a domain larger than each other one ever follows itself.
            let isUnequalled = sizes.filter { $0 == sizes.max() }.count == 1
            for (place, domain) in domains.enumerated() where domains[(place + 1) % domains.count] == domain {
                let size = domains.filter { $0 == domain }.count
                #expect(size == sizes.max() && isUnequalled, "\(sizes), view \(place)")
            }
        }
    }

    @Test("with one failure domain the order is the committee's own (CONS-20)")
    func oneDomain() throws {
        var random = SeededRandom(seed: 3)
        for count in [1, 4, 7, 100] {
            let committee = try committee([count], epoch: 5, &random)
            #expect(leaders(committee).map(\.value) == Array(0..<count))
        }
    }

    @Test("which domain begins follows the committee's identifier, and each does at times (CONS-20)")
    func rotation() throws {
        var random = SeededRandom(seed: 4)
        var begun: [Int] = [0, 0, 0]
        for epoch in 0..<90 as Range<UInt64> {
            let committee = try committee([2, 3, 2], epoch: epoch, &random)
            let word = committee.id.digest.words.0
            let first = committee.validators[committee.leader(of: .zero).value].failureDomain
            #expect(first.text == "云\(word % 3)")
            begun[Int(word % 3)] += 1
            #expect(try leaders(Committee(decoding: committee.encoded)) == leaders(committee))
        }
        #expect(begun.allSatisfy { $0 > 10 })
    }
}
