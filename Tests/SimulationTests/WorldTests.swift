// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Simulation
import Testing

@Suite struct WorldTests {
    @Test("no random world breaks a rule", arguments: 0..<4)
    func soak(eights: UInt64) {
        for seed in (eights * 8)..<(eights * 8 + 8) {
            var world = World(WorldPlan.random(seed: seed))
            let report = world.run()
            #expect(report.violation == nil, "seed \(seed): \(report.violation.map { "\($0.rule) \($0.text)" } ?? "")")
        }
    }

    @Test("one seed gives one hash, another seed another: SIM-2, SIM-11")
    func repeats() {
        var first = World(WorldPlan.random(seed: 11))
        var again = World(WorldPlan.random(seed: 11))
        var other = World(WorldPlan.random(seed: 12))
        let hash = first.run().hash
        #expect(hash == again.run().hash)
        #expect(hash != other.run().hash)
    }

    @Test("a calm chain of four makes blocks, heals at once and comes to rest: SIM-7")
    func calm() {
        var plan = WorldPlan(seed: 1, nodes: 4) { Deposits(perBurst: 5, pause: .seconds(2)) }
        plan.seconds = 10
        var world = World(plan)
        let report = world.run()
        #expect(report.violation == nil && report.coverage.blocks > 5)
        #expect(report.healing.map { $0 < 5_000_000_000 } == true)
    }

    @Test("a world says in one line what goes on in it, and a part left out moves no other: SIM-2, SIM-10")
    func cuts() throws {
        let plan = WorldPlan(seed: 3, nodes: 4) {
            Deposits(perBurst: 20, pause: .seconds(1))
            Crashes(mean: .seconds(5))
            Partitions(.oneWay, mean: .seconds(3))
        }
        var cut = try #require(Cut(text: "without=1 nodes=4 seconds=9"))
        #expect(Cut(text: cut.text) == cut)
        var smaller = plan
        cut.apply(to: &smaller)
        #expect(smaller.parts[1].name == "-" && smaller.parts[2].name == plan.parts[2].name)
        cut.eventsMax = 100
        cut.apply(to: &smaller)
        var world = World(smaller)
        #expect(world.run().events == 100)
    }

    @Test("on links of 20 ms a block is final three delays after its proposal: SIM-11")
    func latency() {
        let result = LatencyProbe(nodes: 4, delayMillis: 20).measure()
        #expect((59_000_000...62_000_000).contains(result.finalMiddle))
    }

    @Test("shrinking finds the part that matters: SIM-10")
    func shrinks() {
        let plan = WorldPlan(seed: 3, nodes: 7) {
            Deposits(perBurst: 20, pause: .seconds(1))
            Crashes(mean: .seconds(5))
            Pauses(mean: .seconds(3))
        }
        var shrinker = Shrinker(plan) { cut in !cut.without.contains(1) && (cut.eventsMax ?? .max) >= 77 }
        let cut = shrinker.shrink()
        #expect(cut?.without == [0, 2] && cut?.nodes == 4 && cut?.eventsMax == 77)
    }

    @Test("lost writes, failing and full disks, bad clocks and bad links break no rule: SIM-1, SIM-4, SIM-5")
    func rough() {
        var lost: UInt64 = 0
        for seed in 0..<6 as Range<UInt64> {
            var plan = WorldPlan(seed: seed, nodes: 4) {
                Deposits(perBurst: 5, pause: .seconds(1))
                Crashes(mean: .seconds(1), downtime: .milliseconds(500), lossMax: 30)
                DiskFaults(mean: .seconds(2))
                ClockFaults(skewMillisMax: 400, mean: .seconds(2))
                Loss(lost: 100, doubled: 100, jitter: .milliseconds(50))
            }
            plan.seconds = 12
            var world = World(plan)
            let report = world.run()
            #expect(report.violation == nil, "seed \(seed): \(report.violation.map { "\($0.rule) \($0.text)" } ?? "")")
            lost += report.coverage.sights[Sight.lostBatchesAtCrash.rawValue]
        }
        #expect(lost > 0)
    }

    @Test("one liar of four with all its tricks changes nothing; two of four are noticed: SIM-6, SIM-8")
    func liars() {
        for (liars, isSound) in [([3], true), ([2, 3], false)] {
            var plan = WorldPlan(seed: 5, nodes: 4) {
                Deposits(perBurst: 5, pause: .milliseconds(300))
                for slot in liars { Mischief(slot: slot, tricks: .all) }
            }
            plan.seconds = 10
            var world = World(plan)
            let violation = world.run().violation
            #expect((violation == nil) == isSound, "\(liars): \(violation.map { "\($0.rule) \($0.text)" } ?? "")")
        }
    }

    @Test("a world with real SM2 tells the same kind of story: SIM-3")
    func real() {
        var plan = WorldPlan(seed: 2, nodes: 4) { Deposits(perBurst: 3, pause: .seconds(1)) }
        plan.isReal = true
        plan.seconds = 3
        var world = World(plan)
        let report = world.run()
        #expect(report.violation == nil && report.coverage.blocks > 1)
    }

    @Test(
        "contracts live under faults, engines fail and go on, and every node has the same state: SIM-14, CTR-20, CTR-21"
    )
    func contracts() {
        var seen: [Sight: UInt64] = [:]
        for seed in 0..<4 as Range<UInt64> {
            var plan = WorldPlan(seed: seed, nodes: 4) {
                Deposits(perBurst: 3, pause: .milliseconds(500))
                Contracts(pause: .milliseconds(100))
                Crashes(mean: .seconds(3), downtime: .milliseconds(500), lossMax: 10)
                Loss(lost: 50, doubled: 50, jitter: .milliseconds(20))
            }
            plan.seconds = 20
            var world = World(plan)
            let report = world.run()
            #expect(report.violation == nil, "seed \(seed): \(report.violation.map { "\($0.rule) \($0.text)" } ?? "")")
            for sight in [Sight.contractAnswered, .contractFailed, .engineFailed] {
                seen[sight, default: 0] += report.coverage.sights[sight.rawValue]
            }
        }
        #expect(seen[.contractAnswered] ?? 0 > 10 && seen[.contractFailed] ?? 0 > 10, "\(seen)")
        #expect(seen[.engineFailed] ?? 0 > 0, "\(seen)")
    }

    @Test("organisations freeze members and change the committee under faults, and no rule breaks: SIM-13")
    func governance() {
        var (frozen, epochs) = (UInt64(0), UInt64(0))
        for seed in 0..<12 as Range<UInt64> {
            var plan = WorldPlan(seed: seed, nodes: 4) {
                Deposits(perBurst: 3, pause: .milliseconds(500))
                Governance(pause: .seconds(1))
                CommitteeChanges(pause: .seconds(2))
                Crashes(mean: .seconds(3), downtime: .milliseconds(500))
                Loss(lost: 50, doubled: 50, jitter: .milliseconds(20))
            }
            plan.spares = 2
            plan.seconds = 20
            var world = World(plan)
            let report = world.run()
            #expect(report.violation == nil, "seed \(seed): \(report.violation.map { "\($0.rule) \($0.text)" } ?? "")")
            frozen += report.coverage.sights[Sight.frozenMemberRefused.rawValue]
            epochs += report.coverage.sights[Sight.validatorSeated.rawValue]
        }
        #expect(frozen > 0 && epochs > 0)
    }

    @Test("there is a world against every mutant: SIM-9")
    func mutants() {
        for mutant in Mutant.allCases { #expect(!WorldPlan.against(mutant, seed: 0).parts.isEmpty) }
    }

    @Test("with one of four gone the chain carries what it did before, and nobody waits longer: SIM-12")
    func load() {
        var ticks: UInt64 = 0
        let clock: () -> UInt64 = {
            ticks += 1
            return ticks
        }
        let healthy = LoadProbe(nodes: 4, isOneDown: false).measure(clock)
        let hurt = LoadProbe(nodes: 4, isOneDown: true).measure(clock)
        #expect(healthy.rate > 100)
        #expect(hurt.rate * 10 >= healthy.rate * 7, "\(hurt.rate) of \(healthy.rate)")
        #expect(hurt.late <= hurt.early * 2, "\(hurt.early) ns became \(hurt.late)")
    }
}
