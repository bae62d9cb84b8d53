// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger
import ShangMi
import Storage

/// Who votes, and how those who vote decide who votes next.
///
/// A validator approves the committee it wants next; once a quorum of the active one has approved the same,
/// that committee is pending, and the block that names it in its header makes it the active one.
/// - Spec: COMM-1 to COMM-7; consensus.md 2.14.
package enum CommitteeContract {
    package static let contract = Label(literal: "committee")
    package static let approve = Label(literal: "approve")
    private static let approved = Label(literal: "approved")
    private static let decided = Label(literal: "decided")

    /// Key of the committee in force within the contract's part of the state: 'a' (COMM-1).
    package static let activeKey: [UInt8] = [0x61]
    /// Key of the committee that is decided to follow: 'p' (COMM-1).
    package static let pendingKey: [UInt8] = [0x70]

    /// Key of one validator's approval: 'v', the committee wanted and the validator's account (COMM-4).
    package static func approvalKey(_ committee: CommitteeID, by account: AccountID) -> [UInt8] {
        [0x76] + committee.digest.bytes + account.digest.bytes
    }

    /// Keys of both committees in the whole state.
    package static let activeStateKey = StateKey.of(contract, activeKey)
    package static let pendingStateKey = StateKey.of(contract, pendingKey)

    /// What the founding writes (COMM-1).
    static func foundingWrites(_ spec: ChainSpec) -> [(key: [UInt8], value: [UInt8]?)] {
        [(activeStateKey, spec.committee.encoded)]
    }

    static func call<Store: KeyValueStore>(
        _ method: Label, _ arguments: [UInt8], _ context: inout CallContext<Store>
    ) throws(CallFailure) -> [UInt8] {
        guard method == approve else { throw .result(.unknownMethod) }
        return try approve(arguments, &context)
    }

    /// Counts the sender's approval, and decides where it was the last one wanting (COMM-2 to COMM-5).
    private static func approve<Store: KeyValueStore>(
        _ arguments: [UInt8], _ context: inout CallContext<Store>
    ) throws(CallFailure) -> [UInt8] {
        let council = try council(&context)
        guard council.accounts.contains(context.sender) else { throw .result(.committeeNotValidator) }
        guard let proposed = try? Committee(decoding: arguments) else { throw .result(.malformedArguments) }
        try check(proposed, after: council.committee, &context)
        let own = approvalKey(proposed.id, by: context.sender)
        guard try context.value(for: own) == nil else { throw .result(.committeeApprovedAlready) }
        try context.write(context.place.encoded, for: own)
        try context.emit(approved, proposed.id.digest.bytes)
        var approvals: [[UInt8]] = []
        for account in council.accounts {
            let key = approvalKey(proposed.id, by: account)
            if try context.value(for: key) != nil { approvals.append(key) }
        }
        let quorum = council.committee.quorum
        if approvals.count >= quorum {
            for key in approvals { try context.delete(key) }
            try context.write(arguments, for: pendingKey)
            try context.emit(decided, proposed.id.digest.bytes)
        }
        return ApprovalReply(approvals: approvals.count, quorum: quorum).encoded
    }

    /// Refuses what can never follow the active committee (COMM-3).
    private static func check<Store: KeyValueStore>(
        _ proposed: Committee, after active: Committee, _ context: inout CallContext<Store>
    ) throws(CallFailure) {
        guard try context.value(for: pendingKey) == nil else { throw .result(.committeeChangePending) }
        // Not `next`: the greatest epoch has no successor.
        guard proposed.epoch == active.epoch.advanced(by: 1) else { throw .result(.committeeOtherEpoch) }
        let least = Limits.faultTolerantValidatorsMin
        guard active.count < least || proposed.count >= least else { throw .result(.committeeTooSmall) }
    }

    /// The committee in force. Decoded once a block: it changes only after the last transaction (COMM-6).
    private static func council<Store: KeyValueStore>(
        _ context: inout CallContext<Store>
    ) throws(CallFailure) -> Council {
        let bytes = try context.value(for: activeKey)
        if let council = context.council { return council }
        guard let bytes, let committee = try? Committee(decoding: bytes) else {
            throw .store(.corrupt(what: "the committee in force"))
        }
        let council = Council(committee)
        context.council = council
        return council
    }

    /// Makes the pending committee the active one, after the last transaction of the block that names it.
    ///
    /// A header that names another was never voted for; if it came here all the same it changes nothing.
    /// - Spec: COMM-6.
    static func activate<Store: KeyValueStore>(
        _ next: CommitteeID?, in state: inout StateView<Store>
    ) throws(StoreError) {
        guard let next, let bytes = try state.value(for: pendingStateKey), try decode(bytes).id == next else {
            return
        }
        state.write(bytes, for: activeStateKey)
        state.write(nil, for: pendingStateKey)
        state.keepCall()
    }

    /// What a block did to the pending committee: nil where it left it alone, an inner nil where none is
    /// pending any more.
    static func pending<Store: KeyValueStore>(
        writtenIn state: StateView<Store>
    ) throws(StoreError) -> Committee?? {
        guard let written = state.written(pendingStateKey) else { return nil }
        guard let bytes = written else { return .some(nil) }
        return try decode(bytes)
    }

    private static func decode(_ bytes: [UInt8]) throws(StoreError) -> Committee {
        guard let committee = try? Committee(decoding: bytes) else {
            throw .corrupt(what: "the pending committee")
        }
        return committee
    }
}

/// The active committee and its validators' accounts, in order.
struct Council: Sendable {
    let committee: Committee
    let accounts: [AccountID]

    init(_ committee: Committee) {
        self.committee = committee
        accounts = committee.validators.map { AccountID($0.key) }
    }
}

/// What `approve` returns: how many have approved the same committee, and how many it takes (COMM-5).
package struct ApprovalReply: Hashable, Sendable, Canonical {
    package let approvals: Int
    package let quorum: Int

    package init(approvals: Int, quorum: Int) {
        self.approvals = approvals
        self.quorum = quorum
    }

    package func encode(into encoder: inout Encoder) {
        encoder.count(approvals)
        encoder.count(quorum)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        approvals = try decoder.count(max: Limits.validatorsMax)
        quorum = try decoder.count(max: Limits.validatorsMax)
    }
}
