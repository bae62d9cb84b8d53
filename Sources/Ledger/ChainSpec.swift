// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import ShangMi

/// A policy a chain is founded with: a resource and the canonical text of what it takes (PERM-1, PERM-3).
///
/// Bytes only: the language of policies is Execution's, and a verifier of receipts needs none of it.
package struct FoundingPolicy: Hashable, Sendable, Canonical {
    package let resource: [UInt8]
    package let text: [UInt8]

    package init(resource: [UInt8], text: [UInt8]) {
        self.resource = resource
        self.text = text
    }

    package func encode(into encoder: inout Encoder) {
        encoder.bytes(resource)
        encoder.bytes(text)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        resource = try decoder.bytes(max: Limits.resourceBytesMax)
        text = try decoder.bytes(max: Limits.policyBytesMax)
    }
}

/// What a chain is founded on. Its digest is the chain's identity.
/// - Spec: LED-2.
package struct ChainSpec: Hashable, Sendable, Canonical {
    package static let format: UInt8 = 2

    package let name: Label
    package let founded: Timestamp
    /// The first rule version the chain runs (Rules.swift).
    package let rules: RuleVersion
    package let committee: Committee
    /// By id, strictly ascending; every one that a member or a validator names.
    package let organizations: [Organization]
    /// Members from the start, by account, strictly ascending.
    package let members: [Member]
    /// By resource, strictly ascending.
    package let policies: [FoundingPolicy]
    /// The chain's identity: the digest of all the rest, taken once.
    package let id: ChainID

    /// Organisations that members or validators name and that are not given are taken to be what they are called.
    /// - Returns: nil where the committee is not that of epoch 0, a member, an organisation or a policy stands twice,
    ///   there are too many of them, one person holds two of the three offices (MEMB-4) or too many keys (MEMB-5),
    ///   or a member's two keys are one (MEMB-12).
    package init?(
        name: Label, founded: Timestamp, rules: RuleVersion, committee: Committee,
        organizations: [Organization] = [], members: [Member], policies: [FoundingPolicy] = []
    ) {
        guard committee.epoch == .zero, members.count <= Limits.foundingMembersMax, !name.isEmpty,
            policies.count <= Limits.foundingPoliciesMax
        else { return nil }
        // An account costs a hash: taken once a member, not once a comparison.
        let sorted = members.map { (account: $0.account, member: $0) }.sorted { $0.account < $1.account }
        guard zip(sorted, sorted.dropFirst()).allSatisfy({ $0.account < $1.account }) else { return nil }
        let all = ChainSpec.complete(
            organizations, members.map { $0.organization } + committee.validators.map { $0.organization })
        let rights = policies.sorted { $0.resource.lexicographicallyPrecedes($1.resource) }
        guard let all, ChainSpec.separatesOffices(members), ChainSpec.hasRoomForAdmins(members),
            ChainSpec.hasRoomForKeys(members), ChainSpec.separatesKeys(members),
            zip(rights, rights.dropFirst()).allSatisfy({ $0.resource != $1.resource })
        else { return nil }
        self.name = name
        self.founded = founded
        self.rules = rules
        self.committee = committee
        self.organizations = all
        self.members = sorted.map { $0.member }
        self.policies = rights
        var encoder = Encoder(reserving: 256)
        ChainSpec.encode(name, founded, rules, committee, all, self.members, rights, into: &encoder)
        id = ChainID(SM3.hash(HashDomain.chain, encoder.bytes.span))
    }

    /// The organisations given and those that are only named, ascending; nil where one stands twice or they are too
    /// many.
    private static func complete(_ given: [Organization], _ named: [Label]) -> [Organization]? {
        let sorted = given.sorted { $0.id < $1.id }
        guard zip(sorted, sorted.dropFirst()).allSatisfy({ $0.id < $1.id }) else { return nil }
        let known = Set(sorted.map { $0.id })
        var all = sorted
        for id in Set(named).subtracting(known).sorted() { all.append(Organization(id: id)) }
        let codes = all.compactMap { $0.creditCode }
        guard all.count <= Limits.organizationsMax, Set(codes).count == codes.count,
            all.allSatisfy({ $0.id.utf8.count <= Limits.organizationIDBytesMax })
        else { return nil }
        return all.sorted { $0.id < $1.id }
    }

    /// No person holds two of the three offices, and who holds one is known as a person (MEMB-4).
    private static func separatesOffices(_ members: [Member]) -> Bool {
        let holders = members.filter { $0.roles.meets(.threeOffices) }
        var offices: [(person: Digest, roles: RoleSet)] = []
        for holder in holders {
            guard let person = holder.person else { return false }
            offices.append((person, holder.roles.intersection(.threeOffices)))
        }
        let sorted = offices.sorted { $0.person < $1.person }
        guard sorted.allSatisfy({ $0.roles.count == 1 }) else { return false }
        return zip(sorted, sorted.dropFirst()).allSatisfy { $0.person != $1.person || $0.roles == $1.roles }
    }

    /// Nobody's encryption key is one that a member signs with (MEMB-12).
    private static func separatesKeys(_ members: [Member]) -> Bool {
        let signing = Set(members.map { $0.key })
        return members.allSatisfy { member in member.encryptionKey.map { !signing.contains($0) } ?? true }
    }

    private static func hasRoomForAdmins(_ members: [Member]) -> Bool {
        let admins = members.filter { $0.roles.contains(.orgAdmin) }.map { $0.organization }.sorted()
        let most = Limits.organizationAdminsMax
        return admins.count <= most || zip(admins, admins.dropFirst(most)).allSatisfy { $0 != $1 }
    }

    /// No person has more keys than it may have in one organisation, or with an office anywhere (MEMB-5).
    private static func hasRoomForKeys(_ members: [Member]) -> Bool {
        var keys: [Digest: [(home: Label, isOfficer: Bool)]] = [:]
        for member in members {
            guard let person = member.person else { continue }
            keys[person, default: []].append((member.organization, member.roles.meets(.threeOffices)))
        }
        let most = Limits.personKeysMax
        return keys.values.allSatisfy { held in
            guard held.count > most else { return true }
            let homes = Dictionary(grouping: held) { $0.home }
            return held.count { $0.isOfficer } <= most && homes.values.allSatisfy { $0.count <= most }
        }
    }

    /// Block 0: no proposer, no votes; its members are written when it is executed.
    package var genesis: Header {
        Header(
            chain: id, epoch: .zero, view: .zero, height: .zero, parent: .zero, timestamp: founded,
            proposer: ValidatorIndex(0), payload: .empty, execHeight: .zero, execRoot: .zero,
            nextCommittee: nil)
    }

    package func encode(into encoder: inout Encoder) {
        ChainSpec.encode(name, founded, rules, committee, organizations, members, policies, into: &encoder)
    }

    private static func encode(
        _ name: Label, _ founded: Timestamp, _ rules: RuleVersion, _ committee: Committee,
        _ organizations: [Organization], _ members: [Member], _ policies: [FoundingPolicy], into encoder: inout Encoder
    ) {
        encoder.u8(ChainSpec.format)
        name.encode(into: &encoder)
        founded.encode(into: &encoder)
        rules.encode(into: &encoder)
        committee.encode(into: &encoder)
        encoder.list(organizations)
        encoder.list(members)
        encoder.list(policies)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let start = decoder.offset
        let format = try decoder.u8()
        guard format == ChainSpec.format else { throw .unknownTag(offset: start, tag: format) }
        let name = try Label(from: &decoder)
        let founded = try Timestamp(from: &decoder)
        let rules = try RuleVersion(from: &decoder)
        let committee = try Committee(from: &decoder)
        let organizations = try decoder.list(of: Organization.self, max: Limits.organizationsMax)
        let members = try decoder.list(of: Member.self, max: Limits.foundingMembersMax)
        let policies = try decoder.list(of: FoundingPolicy.self, max: Limits.foundingPoliciesMax)
        let spec = ChainSpec(
            name: name, founded: founded, rules: rules, committee: committee, organizations: organizations,
            members: members, policies: policies)
        guard let spec, spec.members == members, spec.organizations == organizations, spec.policies == policies else {
            throw .notCanonical(offset: start)
        }
        self = spec
    }
}

/// Number of a set of execution rules. Old blocks execute for ever as they did (architecture.md 7).
package struct RuleVersion: Hashable, Comparable, Sendable, Canonical {
    package let value: UInt16
    package static let first = RuleVersion(1)
    /// From this one on there are contracts that anybody may write (docs/spec/contracts.md).
    package static let contracts = RuleVersion(2)
    /// The newest this build can execute.
    package static let newest = contracts

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

    /// What names this anchor to people: of what is sealed and not of the seals, which differ from copy to copy where a
    /// validator sealed twice (FOUND-14).
    package var fingerprint: Digest {
        SM3.hash(TrustAnchor.signedMessage(chain: chain, name: name, committee: committee))
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
