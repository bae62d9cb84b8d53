// SPDX-License-Identifier: Apache-2.0
import Bedrock

// Worlds drawn from a seed: each kind of fault is on or off, and its rate is drawn (swarm testing).
extension WorldPlan {
    /// The world of a seed, the same for ever for one version of this file.
    /// - Spec: SIM-2, SIM-6.
    package static func random(seed: UInt64) -> WorldPlan {
        var random = SeededRandom(seed: seed ^ 0x706c_616e)
        let nodes = random.happens(700) ? 4 : 4 + random.below(random.happens(800) ? 4 : 16)
        var plan = WorldPlan(seed: seed, nodes: nodes) {}
        plan.isReal = seed % 50 == 49
        plan.observers = random.happens(300) ? 1 + random.below(2) : 0
        plan.seconds = plan.isReal ? 8 : nodes > 7 ? 8 + random.next() % 8 : 15 + random.next() % 25
        plan.draw(&random)
        return plan
    }

    /// A random world of four validators whose acts take some 60 s together: what the simulator's speed is measured
    /// on.
    package static func paced(seed: UInt64) -> WorldPlan {
        var random = SeededRandom(seed: seed ^ 0x706c_616e)
        var plan = WorldPlan(seed: seed, nodes: 4) {}
        plan.observers = random.happens(300) ? 1 + random.below(2) : 0
        plan.seconds = 44
        plan.draw(&random)
        return plan
    }

    /// Draws all that is not the size of a world.
    private mutating func draw(_ random: inout SeededRandom) {
        blockIntervalMillis = random.pick([8, 50, 200])
        addWorkloads(&random)
        addNetworkFaults(&random)
        addHostFaults(&random)
        addDisloyal(&random)
        if random.happens(250) { snapshotGap = random.pick([12, 40]) }
        if random.happens(200) { parts.append(Contracts(pause: .milliseconds(random.pick([200, 1_000])))) }
    }

    private mutating func addWorkloads(_ random: inout SeededRandom) {
        let perBurst = random.pick([1, 5, 20])
        parts.append(Deposits(perBurst: perBurst, pause: .milliseconds(random.pick([500, 2_000, 6_000]))))
        if random.happens(300) { parts.append(OddSubmissions(pause: .seconds(3))) }
        if random.happens(250) {
            spares = random.below(3)
            parts.append(CommitteeChanges(pause: .seconds(3 + random.next() % 6)))
        }
        if random.happens(250) { parts.append(Governance(pause: .seconds(2 + random.next() % 4))) }
    }

    private mutating func addNetworkFaults(_ random: inout SeededRandom) {
        if random.happens(500) {
            parts.append(SlowLinks(latencyMax: .milliseconds(random.pick([5, 50, 300]))))
        }
        if random.happens(500) {
            parts.append(
                Loss(
                    lost: random.pick([0, 10, 100, 300]), doubled: random.pick([0, 50, 300]),
                    jitter: .milliseconds(random.pick([1, 20, 200]))))
        }
        if random.happens(200) { parts.append(BrokenLink()) }
        if random.happens(400) {
            parts.append(Partitions(random.pick(Partitions.Kind.allCases), mean: .seconds(2 + random.next() % 8)))
        }
    }

    private mutating func addHostFaults(_ random: inout SeededRandom) {
        if random.happens(500) {
            parts.append(
                Crashes(
                    mean: .milliseconds(random.pick([300, 2_000, 8_000])),
                    downtime: .milliseconds(random.pick([100, 2_000, 6_000])), lossMax: random.pick([0, 4, 30])))
        }
        if random.happens(150) { parts.append(PowerCuts(mean: .seconds(8))) }
        if random.happens(250) { parts.append(Pauses(mean: .seconds(3))) }
        if random.happens(300) {
            parts.append(ClockFaults(skewMillisMax: random.pick([100, 400, 3_000, 20_000]), mean: .seconds(4)))
        }
        if random.happens(250) { parts.append(DiskFaults(mean: .seconds(5))) }
        if random.happens(120) { parts.append(Blackouts(mean: .seconds(8))) }
    }

    /// Spends the budget of f: liars, twins, lost rings and disks that go back.
    private mutating func addDisloyal(_ random: inout SeededRandom) {
        guard random.happens(600) else { return }
        for unit in 0..<((nodes - 1) / 3) {
            let slot = nodes - 1 - unit
            switch random.below(8) {
            case 0: continue
            case 1 where unit == twins:
                twins += 1
                parts.append(Twins(slot: slot))
            case 2: parts.append(Rollbacks(slot: slot, mean: .seconds(1 + random.next() % 4)))
            case 3, 4:
                parts.append(RingLosses(slot: slot, mean: .seconds(3 + random.next() % 8), wipes: random.happens(300)))
            default: parts.append(Mischief(slot: slot, tricks: WorldPlan.drawTricks(&random)))
            }
        }
    }

    private static func drawTricks(_ random: inout SeededRandom) -> Tricks {
        var tricks = Tricks()
        for bit in 0..<Tricks.count where random.happens(250) { tricks.insert(Tricks(rawValue: 1 << UInt32(bit))) }
        return tricks
    }
}
