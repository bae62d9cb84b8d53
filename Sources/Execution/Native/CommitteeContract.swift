// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import Ledger
import ShangMi
import Storage

/// Who votes, and who is decided to vote next.
///
/// Governance decides (GOV-11): the committee it makes is pending, and the block that names it in its header makes it
/// the active one. A new validator says itself that it is there before it is seated.
/// - Spec: COMM-1, COMM-3, COMM-6, COMM-8 to COMM-10; consensus.md 2.14.
package enum CommitteeContract {
    package static let contract = Label(literal: "committee")
    package static let ready = Label(literal: "ready")
    private static let isReady = Label(literal: "ready")

    /// Key of the committee in force within the contract's part of the state: 'a' (COMM-1).
    package static let activeKey: [UInt8] = [0x61]
    /// Key of the committee that is decided to follow: 'p' (COMM-1).
    package static let pendingKey: [UInt8] = [0x70]

    /// Keys of both committees in the whole state.
    package static let activeStateKey = StateKey.of(contract, activeKey)
    package static let pendingStateKey = StateKey.of(contract, pendingKey)

    /// 'c' and the account of a key that proposals would seat: how many, and until when (COMM-9).
    package static func candidateKey(_ account: AccountID) -> [UInt8] {
        StateKey.of(contract, [0x63] + account.digest.bytes)
    }

    /// 'y' and the account of a candidate: the height of the block in which it said that it is ready (COMM-10).
    package static func readyKey(_ account: AccountID) -> [UInt8] {
        StateKey.of(contract, [0x79] + account.digest.bytes)
    }

    /// 'r' and an organisation: when its validators' keys were changed lately (GOV-17).
    package static func rotationsKey(_ id: Label) -> [UInt8] { StateKey.of(contract, [0x72] + id.utf8) }

    /// What the founding writes (COMM-1).
    static func foundingWrites(_ spec: ChainSpec) -> [(key: [UInt8], value: [UInt8]?)] {
        [(activeStateKey, spec.committee.encoded)]
    }

    static func call<Store: KeyValueStore>(
        _ method: Label, _ arguments: [UInt8], _ context: inout CallContext<Store>
    ) throws(CallFailure) -> [UInt8] {
        guard method == ready else { throw .result(.unknownMethod) }
        let named = try Height.argument(arguments)
        let height = context.height
        let candidacy = try context.decoded(Candidacy.self, at: candidateKey(context.sender))
        guard let candidacy, candidacy.stands(at: height) else { throw .result(.notCandidate) }
        guard named < height, height.value - named.value <= Limits.readyHeights else {
            throw .result(.readyOutdated)
        }
        try context.put(height.encoded, at: readyKey(context.sender))
        try context.emit(isReady, context.sender.digest.bytes)
        return []
    }

    /// Counts a proposal for each key it would seat (COMM-9).
    static func nominate<Store: KeyValueStore>(
        _ motion: Motion, _ context: inout CallContext<Store>
    ) throws(CallFailure) {
        for account in motion.seatedAccounts {
            let key = candidateKey(account)
            var candidacy = try context.decoded(Candidacy.self, at: key) ?? Candidacy()
            candidacy.proposals += 1
            candidacy.until = max(candidacy.until, motion.expires)
            try context.put(candidacy.encoded, at: key)
        }
    }

    /// Takes a proposal that is closed from the count of each key; with the last of them the key's word goes too.
    static func dismiss<Store: KeyValueStore>(
        _ motion: Motion, _ context: inout CallContext<Store>
    ) throws(CallFailure) {
        for account in motion.seatedAccounts {
            let key = candidateKey(account)
            guard var candidacy = try context.decoded(Candidacy.self, at: key) else { continue }
            if candidacy.proposals > 1 {
                candidacy.proposals -= 1
                try context.put(candidacy.encoded, at: key)
            } else {
                try context.put(nil, at: key)
                try context.put(nil, at: readyKey(account))
            }
        }
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

/// How many proposals would seat a key, and the last height at which any of them may take effect.
///
/// A count and no list: whoever proposes the same key adds one and takes away one, and can end nobody else's. So the
/// height does not fall when the proposal it came from is closed and others are not.
/// - Spec: COMM-9.
package struct Candidacy: Hashable, Sendable, Canonical {
    var proposals: UInt64 = 0
    var until = Height.zero

    init() {}

    package func stands(at height: Height) -> Bool { height <= until }

    package func encode(into encoder: inout Encoder) {
        encoder.number(proposals)
        until.encode(into: &encoder)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        proposals = try decoder.number()
        until = try Height(from: &decoder)
    }
}

/// When an organisation's validators' keys were changed, the last few times, ascending.
/// - Spec: GOV-17.
package struct Rotations: Hashable, Sendable, Canonical {
    private var times: [Timestamp] = []

    init() {}

    /// When one more is possible; nil where it is now.
    package func free(at now: Timestamp) -> Timestamp? {
        guard times.count >= Limits.rotationsMax, let oldest = times.first else { return nil }
        let free = Timestamp(oldest.value + Limits.rotationWindowMillis)
        return now < free ? free : nil
    }

    func isFree(at now: Timestamp) -> Bool { free(at: now) == nil }

    mutating func note(_ now: Timestamp) {
        if times.count >= Limits.rotationsMax { times.removeFirst() }
        times.append(now)
    }

    package func encode(into encoder: inout Encoder) { encoder.list(times) }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        times = try decoder.list(of: Timestamp.self, max: Limits.rotationsMax)
    }
}
