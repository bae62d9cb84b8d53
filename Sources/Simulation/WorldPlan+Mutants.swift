// SPDX-License-Identifier: Apache-2.0
package import Bedrock

// Worlds in which a broken rule cannot hide for long: one composition a mutant.
extension WorldPlan {
    /// How many seeds a mutant may outlive before it counts as not noticed.
    package static let seedsAgainstMutant: UInt64 = 200

    /// The world of a seed in which a mutant is looked for.
    /// - Spec: SIM-9.
    package static func against(_ mutant: Mutant, seed: UInt64) -> WorldPlan {
        var plan = WorldPlan(seed: seed, nodes: 4) { Deposits(perBurst: 3, pause: .milliseconds(400)) }
        plan.seconds = 20
        plan.parts += parts(against: mutant)
        switch mutant {
        case .closeTwice, .oldEpochCertificates: plan.spares = 1
        case .absentValidatorSeated: plan.spares = 2
        case .snapshotUnchecked: plan.snapshotGap = 12
        case .forgetOwnVotes: plan.seconds = 10 + seed % 7
        default: break
        }
        return plan
    }

    private static let rough: [any WorldPart] = [
        SlowLinks(latencyMax: .milliseconds(300)),
        Loss(lost: 150, doubled: 50, jitter: .milliseconds(200)),
        Crashes(mean: .milliseconds(1_500), downtime: .milliseconds(500)),
    ]

    private static func liar(_ tricks: Tricks) -> Mischief { Mischief(slot: 3, tricks: tricks) }

    private static func parts(against mutant: Mutant) -> [any WorldPart] {
        switch mutant {
        case .quorumMinusOne:
            [Partitions(.bothWays, mean: .seconds(2)), liar([.equivocate, .selectiveSend, .falseLevel])]
        case .finalizeAfterNullify, .levelAlwaysZero, .sendBeforePersist, .persistNothing, .bodyNotDurable: rough
        case .baseBelowLevel:
            [
                SlowLinks(latencyMax: .milliseconds(300)),
                Loss(lost: 400, doubled: 0, jitter: .milliseconds(200)),
                Crashes(mean: .seconds(2), downtime: .milliseconds(500)), liar([.staleBase, .selectiveSend]),
            ]
        case .notarizeTwice: [liar([.equivocate])]
        case .noAntiEntropy:
            [
                Loss(lost: 300, doubled: 0, jitter: .milliseconds(100)),
                Crashes(mean: .milliseconds(1_500), downtime: .milliseconds(500)), BrokenLink(),
                PowerCuts(mean: .seconds(4)),
            ]
        case .leaveByTimer: [Blackouts(mean: .seconds(3))]
        case .forgetOwnVotes: [SlowLinks(latencyMax: .milliseconds(50)), PowerCuts(mean: .seconds(2))]
        case .countSignersTwice: rough + [liar([.forge, .equivocate])]
        case .speakWhileSilent: [RingLosses(slot: 3, mean: .seconds(2), wipes: false)]
        case .rejoinAtOnce:
            [
                Loss(lost: 450, doubled: 0, jitter: .milliseconds(50)),
                Crashes(mean: .seconds(1), downtime: .seconds(3)),
                RingLosses(slot: 3, mean: .seconds(1), wipes: false, downtime: .milliseconds(60)),
            ]
        case .lostRingIsFresh:
            [
                SlowLinks(latencyMax: .milliseconds(400)),
                Loss(lost: 250, doubled: 0, jitter: .milliseconds(50)),
                RingLosses(
                    slot: 3, mean: .milliseconds(800), wipes: false, downtime: .milliseconds(60)),
            ]
        case .rememberFarViews: [liar([.farViews, .flood])]
        case .oldEpochCertificates:
            rough + [CommitteeChanges(pause: .seconds(2)), liar([.otherEpochs, .replay])]
        case .attestedRootUnchecked: [liar([.wrongRoot])]
        case .timestampUnchecked: [liar([.wrongTime])]
        case .repeatedTransactions, .windowUnchecked: [liar([.badPayload])]
        case .voteWithoutBody: [liar([.withholdBody])]
        case .closeTwice: rough + [CommitteeChanges(pause: .seconds(2)), liar([.falseHandover])]
        case .syncUnchecked:
            [
                Crashes(mean: .seconds(1), downtime: .seconds(3), lossMax: 30), liar([.lyingSync]),
                RingLosses(slot: 2, mean: .seconds(4), wipes: true),
            ]
        case .snapshotUnchecked: [liar([.lyingSync]), RingLosses(slot: 2, mean: .seconds(4), wipes: true)]
        case .signaturesUnchecked: [liar([.forge, .badPayload, .garbage])]
        case .frozenMayAct, .lapsedApprovalsCount, .halfIsEnough, .frozenContractRuns, .delegationsUnlimited,
            .withdrawalsIgnored, .revokedTakesOver:
            [Governance(pause: .milliseconds(1_500))]
        case .absentValidatorSeated: [CommitteeChanges(pause: .milliseconds(1_500))]
        case .neverAtRest: []
        case .noFetching: rough + [liar([.withholdBody, .selectiveSend])]
        }
    }
}
