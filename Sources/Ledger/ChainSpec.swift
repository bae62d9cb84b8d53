// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import ShangMi

/// Someone who may send transactions.
package struct Member: Hashable, Sendable, Canonical {
    package let key: SM2.PublicKey
    package let name: Label
    package let organization: Label

    package init(key: SM2.PublicKey, name: Label, organization: Label) {
        self.key = key
        self.name = name
        self.organization = organization
    }

    package var account: AccountID { AccountID(key) }

    package func encode(into encoder: inout Encoder) {
        key.encode(into: &encoder)
        name.encode(into: &encoder)
        organization.encode(into: &encoder)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        key = try SM2.PublicKey(from: &decoder)
        name = try Label(from: &decoder)
        organization = try Label(from: &decoder)
    }
}

/// What a chain is founded on. Its digest is the chain's identity.
/// - Spec: LED-2.
package struct ChainSpec: Hashable, Sendable, Canonical {
    package static let format: UInt8 = 1

    package let name: Label
    package let founded: Timestamp
    /// The first rule version the chain runs (Rules.swift).
    package let rules: RuleVersion
    package let committee: Committee
    /// Members from the start, by account, strictly ascending.
    package let members: [Member]
    /// The chain's identity: the digest of all the rest, taken once.
    package let id: ChainID

    /// - Returns: nil where the committee is not that of epoch 0, a member stands twice, or there are too
    ///   many.
    package init?(
        name: Label, founded: Timestamp, rules: RuleVersion, committee: Committee, members: [Member]
    ) {
        guard committee.epoch == .zero, members.count <= Limits.foundingMembersMax, !name.isEmpty else {
            return nil
        }
        // An account costs a hash: taken once a member, not once a comparison.
        let sorted = members.map { (account: $0.account, member: $0) }.sorted { $0.account < $1.account }
        guard zip(sorted, sorted.dropFirst()).allSatisfy({ $0.account < $1.account }) else { return nil }
        self.name = name
        self.founded = founded
        self.rules = rules
        self.committee = committee
        self.members = sorted.map { $0.member }
        var encoder = Encoder(reserving: 256)
        ChainSpec.encode(name, founded, rules, committee, self.members, into: &encoder)
        id = ChainID(SM3.hash(HashDomain.chain, encoder.bytes.span))
    }

    /// Block 0: no proposer, no votes; its members are written when it is executed.
    package var genesis: Header {
        Header(
            chain: id, epoch: .zero, view: .zero, height: .zero, parent: .zero, timestamp: founded,
            proposer: ValidatorIndex(0), payload: .empty, execHeight: .zero, execRoot: .zero,
            nextCommittee: nil)
    }

    package func encode(into encoder: inout Encoder) {
        ChainSpec.encode(name, founded, rules, committee, members, into: &encoder)
    }

    private static func encode(
        _ name: Label, _ founded: Timestamp, _ rules: RuleVersion, _ committee: Committee, _ members: [Member],
        into encoder: inout Encoder
    ) {
        encoder.u8(ChainSpec.format)
        name.encode(into: &encoder)
        founded.encode(into: &encoder)
        rules.encode(into: &encoder)
        committee.encode(into: &encoder)
        encoder.list(members)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let start = decoder.offset
        let format = try decoder.u8()
        guard format == ChainSpec.format else { throw .unknownTag(offset: start, tag: format) }
        let name = try Label(from: &decoder)
        let founded = try Timestamp(from: &decoder)
        let rules = try RuleVersion(from: &decoder)
        let committee = try Committee(from: &decoder)
        let members = try decoder.list(of: Member.self, max: Limits.foundingMembersMax)
        let spec = ChainSpec(
            name: name, founded: founded, rules: rules, committee: committee, members: members)
        guard let spec, spec.members == members else { throw .notCanonical(offset: start) }
        self = spec
    }
}

/// Number of a set of execution rules. Old blocks execute for ever as they did (architecture.md 7).
package struct RuleVersion: Hashable, Comparable, Sendable, Canonical {
    package let value: UInt16
    package static let first = RuleVersion(1)
    /// The newest this build can execute.
    package static let newest = first

    package init(_ value: UInt16) { self.value = value }

    package static func < (left: RuleVersion, right: RuleVersion) -> Bool { left.value < right.value }

    package func encode(into encoder: inout Encoder) { encoder.number(UInt64(value)) }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        value = UInt16(try decoder.number(max: UInt64(UInt16.max)))
    }
}

/// The committee a client trusts without proof, as exported when the chain was founded: the file `*.trust`.
///
/// The founding validators sign it, so that it is plain who vouches for it; whoever hands it over is still
/// the one being trusted.
/// - Spec: PROOF-1.
package struct TrustAnchor: Hashable, Sendable, Canonical {
    /// "JDTR" and the format.
    private static let magic: [UInt8] = [0x4a, 0x44, 0x54, 0x52, 1]

    package let chain: ChainID
    package let name: Label
    package let committee: Committee
    package let seals: [QuorumCertificate.Seal]

    package init(chain: ChainID, name: Label, committee: Committee, seals: [QuorumCertificate.Seal]) {
        self.chain = chain
        self.name = name
        self.committee = committee
        self.seals = seals
    }

    /// What the founding validators sign: "JDA1" and a digest of the chain, its name and its committee.
    package static func signedMessage(chain: ChainID, name: Label, committee: Committee) -> [UInt8] {
        var encoder = Encoder()
        encoder.u8(HashDomain.trust)
        chain.encode(into: &encoder)
        name.encode(into: &encoder)
        committee.encode(into: &encoder)
        return [0x4a, 0x44, 0x41, 0x31] + SM3.hash(encoder.bytes).bytes
    }

    /// True where a quorum of the committee itself signed this anchor.
    package func isSealed<Scheme: SignatureScheme>(_ checker: inout SignatureChecker<Scheme>) -> Bool {
        let message = TrustAnchor.signedMessage(chain: chain, name: name, committee: committee)
        return checker.check(seals, over: message, committee: committee) == nil
    }

    package func encode(into encoder: inout Encoder) {
        encoder.raw(TrustAnchor.magic)
        chain.encode(into: &encoder)
        name.encode(into: &encoder)
        committee.encode(into: &encoder)
        encoder.list(seals)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let start = decoder.offset
        guard try decoder.raw(count: TrustAnchor.magic.count) == TrustAnchor.magic else {
            throw .notCanonical(offset: start)
        }
        chain = try ChainID(from: &decoder)
        name = try Label(from: &decoder)
        committee = try Committee(from: &decoder)
        let list = decoder.offset
        seals = try decoder.list(of: QuorumCertificate.Seal.self, max: Limits.validatorsMax)
        guard zip(seals, seals.dropFirst()).allSatisfy({ $0.signer < $1.signer }) else {
            throw .notCanonical(offset: list)
        }
    }
}
