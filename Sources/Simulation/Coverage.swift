// SPDX-License-Identifier: Apache-2.0
import Replication

/// Things that should happen sometimes: a simulation in which one never does proves less than it seems to.
/// - Spec: SIM-8.
package enum Sight: Int, CaseIterable, Sendable {
    case blockFinal
    case nullityAboveLevelZero
    case jumpOfThreeViews
    case finalizedOnAJump
    case notarizedBlockAbandoned
    case restartWithoutVotes
    case restartWithOneVote
    case restartWithTwoVotes
    case crashWithinStep
    case runEndedByDisk
    case recordLost
    case returnedFromLostRing
    case suspectSkipped
    case blockRejected
    case epochBegan
    case closingBlockFinalByDescendant
    case evidenceOfTwoProposals
    case evidenceOfTwoNotarizations
    case evidenceOfTwoNullifications
    case evidenceOfTwoFinalizations
    case evidenceOfBrokenPromise
    case proofVerified
    case proofDamagedAndRefused
    case transactionExpired
    case restWithoutViews
    case standstillWithoutQuorum
    case lostBatchesAtCrash
    case diskRotted
    case wentOnFromSnapshot
    case clockFoundOff
    case frozenMemberRefused
    case validatorSeated
    case proposalRefused
    case observerSeated
    case frozenOrganizationRefused
    case frozenContractRefused
    case deniedByPolicySet
    case classPolicyDecided
    case adminUnseated
    case keyTakenOver
    case oldKeyRefused
    case revokedMemberRefused
    case delegatedKeyUsed
    case delegationSpent
    case approvalTakenBack
    case proposalRevoked
    case contractAnswered
    case contractFailed
    case engineFailed
}

/// How often each of the things that should happen sometimes did.
package struct Coverage: Sendable {
    package private(set) var sights = Array(repeating: UInt64(0), count: Sight.allCases.count)
    package private(set) var refusals: [UInt64] = Array(repeating: 0, count: MessageRefusal.allCases.count)
    package var messages: UInt64 = 0
    package var blocks: UInt64 = 0
    package var views: UInt64 = 0
    package var transactions: UInt64 = 0

    package init() {}

    mutating func note(_ sight: Sight) { sights[sight.rawValue] += 1 }

    mutating func refuse(_ refusal: MessageRefusal) {
        if let place = MessageRefusal.allCases.firstIndex(of: refusal) { refusals[place] += 1 }
    }

    package mutating func add(_ other: Coverage) {
        for index in sights.indices { sights[index] += other.sights[index] }
        for index in refusals.indices { refusals[index] += other.refusals[index] }
        messages += other.messages
        blocks += other.blocks
        views += other.views
        transactions += other.transactions
    }

    /// Each sight and how often it was seen.
    package var rows: [(name: String, count: UInt64)] {
        Sight.allCases.map { ("\($0)", sights[$0.rawValue]) }
    }

    package var refusalRows: [(name: String, count: UInt64)] {
        zip(MessageRefusal.allCases, refusals).map { ("\($0)", $1) }
    }
}
