// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import ShangMi

/// Place of a validator in its committee, 0 to 99.
package struct ValidatorIndex: Hashable, Comparable, Sendable, Canonical {
    package let value: Int

    package init(_ value: Int) {
        precondition(
            (0..<Limits.validatorsMax).contains(value), "a validator's index lies within a committee")
        self.value = value
    }

    package static func < (left: ValidatorIndex, right: ValidatorIndex) -> Bool { left.value < right.value }

    package func encode(into encoder: inout Encoder) { encoder.count(value) }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        value = try decoder.count(max: Limits.validatorsMax - 1)
    }
}

/// One voice of a committee: a key, whose it is, and where it stands.
package struct Validator: Hashable, Sendable, Canonical {
    package let key: SM2.PublicKey
    package let name: Label
    package let organization: Label
    /// What can fail as one, as `cloud/site` (LED-15). No cloud should hold more than f validators.
    package let failureDomain: Label

    package init(key: SM2.PublicKey, name: Label, organization: Label, failureDomain: Label) {
        self.key = key
        self.name = name
        self.organization = organization
        self.failureDomain = failureDomain
    }

    package func encode(into encoder: inout Encoder) {
        key.encode(into: &encoder)
        name.encode(into: &encoder)
        organization.encode(into: &encoder)
        failureDomain.encode(into: &encoder)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        key = try SM2.PublicKey(from: &decoder)
        name = try Label(from: &decoder)
        organization = try Label(from: &decoder)
        failureDomain = try Label(from: &decoder)
    }
}

/// Consensus parameters that all validators must share; they stand on chain and nowhere else.
package struct ConsensusParameters: Hashable, Sendable, Canonical {
    /// Shortest time from a block to the next, in milliseconds: how long transactions gather under load.
    package let blockIntervalMillis: UInt64
    /// A block is made after this long even when nothing happens, in milliseconds.
    package let heartbeatMillis: UInt64
    /// How far a block's timestamp may lie ahead of a voter's clock, in milliseconds.
    package let clockToleranceMillis: UInt64
    /// Most transactions a block holds, at most `Limits.payloadTransactionsMax`.
    package let blockTransactionsMax: Int

    package init(
        blockIntervalMillis: UInt64 = 8, heartbeatMillis: UInt64 = 60_000,
        clockToleranceMillis: UInt64 = 500,
        blockTransactionsMax: Int = 4_096
    ) {
        self.blockIntervalMillis = blockIntervalMillis
        self.heartbeatMillis = heartbeatMillis
        self.clockToleranceMillis = clockToleranceMillis
        self.blockTransactionsMax = blockTransactionsMax
    }

    package func encode(into encoder: inout Encoder) {
        encoder.number(blockIntervalMillis)
        encoder.number(heartbeatMillis)
        encoder.number(clockToleranceMillis)
        encoder.count(blockTransactionsMax)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        blockIntervalMillis = try decoder.number(max: 60_000)
        heartbeatMillis = try decoder.number(max: 86_400_000)
        clockToleranceMillis = try decoder.number(max: 60_000)
        blockTransactionsMax = try decoder.count(max: Limits.payloadTransactionsMax)
    }
}

/// Who votes in one epoch, in a fixed order, and by which parameters.
///
/// Of n validators f = ⌊(n − 1) / 3⌋ may fail in any way; a quorum is n − f, and any two quorums share an
/// honest one. A committee of one is the same theory with f = 0.
/// - Spec: LED-7, LED-8.
package struct Committee: Hashable, Sendable, Canonical {
    package let epoch: Epoch
    package let validators: [Validator]
    package let parameters: ConsensusParameters
    /// The committee's name in every ballot (LED-8).
    package let id: CommitteeID
    /// Who leads, view by view and then from the start again; follows from the rest (CONS-20).
    private let order: [ValidatorIndex]

    /// - Cost: hashes the committee once: 15 KB at 100 validators.
    /// - Returns: nil for no validators, more than 100, or a key that stands twice.
    package init?(epoch: Epoch, validators: [Validator], parameters: ConsensusParameters) {
        guard (1...Limits.validatorsMax).contains(validators.count) else { return nil }
        guard Set(validators.map { $0.key }).count == validators.count else { return nil }
        self.epoch = epoch
        self.validators = validators
        self.parameters = parameters
        var encoder = Encoder()
        Committee.encode(epoch, validators, parameters, into: &encoder)
        id = CommitteeID(SM3.hash(HashDomain.committee, encoder.bytes.span))
        order = LeaderSchedule.order(of: validators, in: id)
    }

    package var count: Int { validators.count }
    /// f: how many may fail in any way.
    package var faultsMax: Int { (count - 1) / 3 }
    /// n − f: how many must agree.
    package var quorum: Int { count - faultsMax - (Mutant.quorumMinusOne.isOn ? 1 : 0) }

    package subscript(index: ValidatorIndex) -> Validator? {
        validators.indices.contains(index.value) ? validators[index.value] : nil
    }

    /// The key ballots of a validator are checked with, nil for a stranger: all a check needs of it.
    package func key(of index: ValidatorIndex) -> SM2.PublicKey? {
        validators.indices.contains(index.value) ? validators[index.value].key : nil
    }

    package func index(of key: SM2.PublicKey) -> ValidatorIndex? {
        validators.firstIndex { $0.key == key }.map(ValidatorIndex.init)
    }

    /// The leader of a view. Views pass from one failure domain to the next (CONS-20).
    package func leader(of view: View) -> ValidatorIndex { order[Int(view.value % UInt64(count))] }

    package func encode(into encoder: inout Encoder) {
        Committee.encode(epoch, validators, parameters, into: &encoder)
    }

    private static func encode(
        _ epoch: Epoch, _ validators: [Validator], _ parameters: ConsensusParameters, into encoder: inout Encoder
    ) {
        epoch.encode(into: &encoder)
        encoder.list(validators)
        parameters.encode(into: &encoder)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let epoch = try Epoch(from: &decoder)
        let start = decoder.offset
        let validators = try decoder.list(of: Validator.self, max: Limits.validatorsMax)
        let parameters = try ConsensusParameters(from: &decoder)
        guard let committee = Committee(epoch: epoch, validators: validators, parameters: parameters) else {
            throw .notCanonical(offset: start)
        }
        self = committee
    }
}
