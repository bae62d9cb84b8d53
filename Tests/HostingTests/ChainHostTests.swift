// SPDX-License-Identifier: Apache-2.0
import Execution
import Foundation
import Hosting
import Ledger
import Replication
import ShangMi
import Storage
import Testing

@Suite struct ChainHostTests {
    @Test(
        "a caller is answered at each milestone, and a bad signature spoils nobody else's answer (HOST-3, HOST-7)"
    )
    func milestones() async throws {
        let chain = try LoneChain()
        defer { chain.remove() }
        let host = chain.host()
        try await host.start()
        let admitted = await host.submit([try chain.deposit(1)], until: .admitted, within: .seconds(5))
        #expect(admitted == [.admitted])
        let final = await host.submit(
            [nil, try chain.deposit(2), nil], until: .final, within: .seconds(5))
        #expect(final[0] == .refused(.badSignature) && final[2] == .refused(.badSignature))
        guard case .final = final[1] else { return #expect(Bool(false), "\(final[1])") }
        let twice = try chain.deposit(3)
        let attested = await host.submit([twice, twice], until: .attested, within: .seconds(5))
        guard case .attested(let number) = attested[0] else { return #expect(Bool(false), "\(attested)") }
        #expect(attested[1] == .attested(number))
        #expect(await host.submit([], until: .attested, within: .seconds(5)) == [])
        await host.close()
    }

    @Test("what is attested is told at once after a restart, without waiting for a block (HOST-6, HOST-7)")
    func askAgain() async throws {
        let chain = try LoneChain()
        defer { chain.remove() }
        let first = chain.host()
        try await first.start()
        let before = await first.submit([try chain.deposit(1)], until: .attested, within: .seconds(5))
        await first.close()
        let second = chain.host()
        try await second.start()
        #expect(await second.snapshot().counters.executed == 1)
        let after = await second.submit([try chain.deposit(1)], until: .attested, within: .seconds(4))
        #expect(after == before)
        await second.close()
    }

    @Test(
        "when patience runs out the answer says how far it got, and nothing is left behind (HOST-4, HOST-7)")
    func patience() async throws {
        let chain = try LoneChain()
        defer { chain.remove() }
        let host = chain.host()
        try await host.start()
        #expect(await host.wait(for: Height(1), to: .executed, within: .seconds(5)))
        let answer = await host.submit([try chain.deposit(1)], until: .attested, within: .zero)
        #expect(answer.count == 1)
        #expect(await !host.wait(for: Height(1_000), to: .attested, within: .milliseconds(20)))
        let later = await host.submit([try chain.deposit(1)], until: .attested, within: .seconds(5))
        guard case .attested = later[0] else { return #expect(Bool(false), "\(later)") }
        await host.close()
    }

    @Test("rules that this program does not know stop the chain by name, and stop it again (GOV-16, HOST-9)")
    func newerRules() async throws {
        let chain = try LoneChain()
        defer { chain.remove() }
        let host = chain.host()
        try await host.start()
        let due = Height(12)
        let known = RuleVersion.newest
        let proposal = try chain.proposal(
            [.setRules(known, Height(11)), .setRules(RuleVersion(known.value + 1), due)], expires: Height(100))
        let decided = await host.submit([proposal], until: .attested, within: .seconds(5))
        guard case .attested = decided[0] else { return #expect(Bool(false), "\(decided)") }
        var number: UInt64 = 0
        while await host.snapshot().failure == nil, number < 40 {
            _ = await host.submit([try chain.deposit(number)], until: .final, within: .seconds(2))
            number += 1
        }
        #expect(number > 2, "the old rules hold up to the height")
        #expect(await host.snapshot().failure?.code == 1514)
        await host.close()
        let again = chain.host()
        try await again.start()
        #expect(await again.wait(for: due, to: .final, within: .seconds(5)))
        for _ in 0..<100 where await again.snapshot().failure == nil {
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(await again.snapshot().failure?.code == 1514)
        await again.close()
    }

    @Test(
        "a full disk stops the chain, room heals it, nothing answered is lost (HOST-5, HOST-8, HOST-9)"
    )
    func fullDisk() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for count in 0..<10 {
                group.addTask { try await ChainHostTests.fillAndHeal(after: count) }
            }
            try await group.waitForAll()
        }
    }

    private static func fillAndHeal(after count: Int) async throws {
        let chain = try LoneChain()
        defer { chain.remove() }
        let host = chain.host()
        try await host.start()
        #expect(await host.wait(for: Height(1), to: .executed, within: .seconds(5)))
        chain.disk.fill(after: count)
        var final: [(transaction: Verified<SignedTransaction>, number: EvidenceNumber)] = []
        for number in 0..<20 as Range<UInt64> {
            guard let deposit = try chain.deposit(number) else { continue }
            let answer = await host.submit([deposit], until: .final, within: .seconds(5))
            if case .final(let number) = answer[0] { final.append((deposit, number)) }
            if await host.snapshot().failure != nil { break }
        }
        let halted = await host.snapshot()
        #expect(halted.failure?.code == 1501, "after \(count) writes")
        #expect(halted.tip == nil)
        #expect(await host.reader() == nil)
        #expect(
            await host.submit([try chain.deposit(99)], until: .final, within: .seconds(1)) == [
                .refused(.halted)
            ])
        chain.disk.makeRoom()
        for _ in 0..<100 {
            if await host.snapshot().failure == nil { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(await host.snapshot().failure == nil, "after \(count) writes")
        for (transaction, number) in final {
            let answer = await host.submit([transaction], until: .attested, within: .seconds(10))
            #expect(answer == [.attested(number)], "after \(count) writes")
        }
        let more = await host.submit([try chain.deposit(100)], until: .attested, within: .seconds(10))
        guard case .attested = more[0] else { return #expect(Bool(false), "after \(count) writes: \(more)") }
        await host.close()
        try await audit(chain)
    }

    private static func audit(_ chain: LoneChain) async throws {
        var audit = ChainAudit(chain.disk.memory, spec: chain.spec, scheme: SM2.Verifier())
        #expect(try audit.run { _, _ in true }.fault == nil)
    }

    @Test(
        "closing under load answers everybody, frees the directory, and later calls are answered too (HOST-7, HOST-8)"
    )
    func closeUnderLoad() async throws {
        let chain = try LoneChain()
        defer { chain.remove() }
        for round in 0..<10 as Range<UInt64> {
            let host = chain.host()
            try await host.start()
            try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<40 as Range<UInt64> {
                    let deposit = try chain.deposit(round * 100 + number)
                    group.addTask {
                        await host.submit([deposit], until: .attested, within: .seconds(30)).count
                    }
                }
                group.addTask {
                    try await Task.sleep(for: .milliseconds(round * 5))
                    await host.close()
                    return 1
                }
                for try await count in group { #expect(count == 1) }
            }
            #expect(await host.snapshot().tip == nil)
        }
    }

    @Test("closing while the chain heals waits until the store is let go of (HOST-8)")
    func closeWhileHealing() async throws {
        let chain = try LoneChain()
        defer { chain.remove() }
        let host = chain.host()
        try await host.start()
        #expect(await host.wait(for: Height(1), to: .executed, within: .seconds(5)))
        chain.disk.fill(after: 0)
        _ = await host.submit([try chain.deposit(1)], until: .final, within: .milliseconds(1))
        await host.close()
        chain.disk.makeRoom()
        let next = chain.host()
        try await next.start()
        await next.close()
    }

    @Test(
        "after a write has failed the run tries no other (HOST-1, HOST-2)"
    )
    func nothingAfterFailure() async throws {
        let chain = try LoneChain()
        defer { chain.remove() }
        let host = chain.host()
        try await host.start()
        #expect(await host.wait(for: Height(1), to: .executed, within: .seconds(5)))
        for count in 0..<3 {
            chain.disk.fill(after: count)
            for number in 0..<20 as Range<UInt64> {
                _ = await host.submit(
                    [try chain.deposit(number + UInt64(count) * 100)], until: .final, within: .seconds(1))
                if await host.snapshot().failure != nil { break }
            }
            // One refusal a run: whatever came after would have been refused too, and counted.
            #expect(chain.disk.refusals == count + 1)
            chain.disk.makeRoom()
            for _ in 0..<100 where await host.snapshot().failure != nil {
                try await Task.sleep(for: .milliseconds(100))
            }
        }
        await host.close()
    }
}
