// SPDX-License-Identifier: Apache-2.0

/// A rule broken on purpose, to prove that the simulator would notice (docs/spec/simulation.md, SIM-9).
///
/// In every ordinary build `isOn` is the constant false and the compiler removes what depends on it. Only a build with
/// `MUTANTS=1`, which the package makes of floors 0 to 3 and the simulator alone, can switch one on.
package enum Mutant: String, CaseIterable, Sendable {
    // Voting.
    case quorumMinusOne
    case finalizeAfterNullify
    case levelAlwaysZero
    case baseBelowLevel
    case notarizeTwice
    case leaveByTimer
    case forgetOwnVotes
    case countSignersTwice
    case speakWhileSilent
    case rejoinAtOnce
    case rememberFarViews
    case oldEpochCertificates
    // Judging and the ledger.
    case attestedRootUnchecked
    case timestampUnchecked
    case repeatedTransactions
    case windowUnchecked
    case voteWithoutBody
    case closeTwice
    case syncUnchecked
    case snapshotUnchecked
    case signaturesUnchecked
    // Members and governance.
    case frozenMayAct
    case lapsedApprovalsCount
    case halfIsEnough
    case absentValidatorSeated
    case frozenContractRuns
    case delegationsUnlimited
    case withdrawalsIgnored
    case revokedTakesOver
    // Liveness and rest.
    case noAntiEntropy
    case neverAtRest
    case noFetching
    // The host's promises.
    case persistNothing
    case sendBeforePersist
    case bodyNotDurable
    case lostRingIsFresh

    #if MUTANTS
    // SAFETY: set once, before the first world of a process begins.
    nonisolated(unsafe) package static var active: Mutant?
    package var isOn: Bool { unsafe Mutant.active == self }
    #else
    @inlinable package var isOn: Bool { false }
    #endif
}
