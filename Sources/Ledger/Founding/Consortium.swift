// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import ShangMi

/// What organisations agree on before they found a chain together: who brings what, and how the chain is to run.
///
/// People write it as `consortium.yaml`; everything after it carries the digest of its meaning, so that nobody signs on
/// another agreement than the others. It holds no secret and, but for what `Seat.key` names, no key.
/// - Spec: FOUND-2 to FOUND-5 (docs/spec/founding.md).
package struct Consortium: Hashable, Sendable, Canonical {
    package static let format: UInt8 = 1

    /// Rules of FOUND-3 that all agree to leave: they stand in the digest, so nobody leaves one alone.
    package struct Waivers: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let committee = Waivers(rawValue: 1)
        package static let clouds = Waivers(rawValue: 2)
        package static let admins = Waivers(rawValue: 4)
        package static let identities = Waivers(rawValue: 8)
        static let known: UInt8 = 15

        /// As `consortium.yaml` writes them, in the order of their bits.
        package static let words: [(word: String, waiver: Waivers)] = [
            ("committee", .committee), ("clouds", .clouds), ("admins", .admins), ("identities", .identities),
        ]
    }

    /// A machine an organisation brings: a validator, or an observer that follows without a vote.
    package struct Node: Hashable, Sendable, Canonical {
        /// What logs call it and, of a validator, the chain.
        package let name: Label
        package let isValidator: Bool
        /// `cloud/site` (LED-15).
        package let domain: Label
        /// Where the others dial it, as `host:port`; none of one that only dials itself.
        package let addresses: [Label]
        /// Where it listens for them; nil listens on the addresses.
        package let listen: Label?
        /// Where it serves HTTP; nil where it does not.
        package let gateway: Label?

        package init(
            name: Label, isValidator: Bool, domain: Label, addresses: [Label], listen: Label? = nil,
            gateway: Label? = nil
        ) {
            self.name = name
            self.isValidator = isValidator
            self.domain = domain
            self.addresses = addresses
            self.listen = listen
            self.gateway = gateway
        }

        package func encode(into encoder: inout Encoder) {
            name.encode(into: &encoder)
            encoder.flag(isValidator)
            domain.encode(into: &encoder)
            encoder.list(addresses)
            encoder.optional(listen)
            encoder.optional(gateway)
        }

        package init(from decoder: inout Decoder) throws(DecodeError) {
            name = try Label(from: &decoder)
            isValidator = try decoder.flag()
            domain = try Label(from: &decoder)
            addresses = try decoder.list(of: Label.self, max: Limits.foundingAddressesMax)
            listen = try decoder.optional(Label.self)
            gateway = try decoder.optional(Label.self)
        }
    }

    /// A member from the start, before its key is known or with a key that was made and named before.
    package struct Seat: Hashable, Sendable, Canonical {
        package let name: Label
        package let roles: RoleSet
        package let groups: [Label]
        /// A salted digest (MEMB-3), see `Consortium.person`.
        package let person: Digest?
        /// Nil leaves the key to the organisation's contribution.
        package let key: SM2.PublicKey?

        package init(
            name: Label, roles: RoleSet = RoleSet(.user), groups: [Label] = [], person: Digest? = nil,
            key: SM2.PublicKey? = nil
        ) {
            self.name = name
            self.roles = roles
            self.groups = groups
            self.person = person
            self.key = key
        }

        package var isAdmin: Bool { roles.contains(.orgAdmin) }

        package func encode(into encoder: inout Encoder) {
            name.encode(into: &encoder)
            roles.encode(into: &encoder)
            encoder.list(groups)
            encoder.optional(person)
            encoder.optional(key)
        }

        package init(from decoder: inout Decoder) throws(DecodeError) {
            name = try Label(from: &decoder)
            roles = try RoleSet(from: &decoder)
            groups = try decoder.list(of: Label.self, max: Limits.memberGroupsMax)
            person = try decoder.optional(Digest.self)
            key = try decoder.optional(SM2.PublicKey.self)
        }
    }

    /// One organisation and all it brings.
    package struct Party: Hashable, Sendable, Canonical {
        package let organization: Organization
        package let nodes: [Node]
        package let seats: [Seat]

        package init(organization: Organization, nodes: [Node], seats: [Seat]) {
            self.organization = organization
            self.nodes = nodes
            self.seats = seats
        }

        package var id: Label { organization.id }
        package var validators: [Node] { nodes.filter { $0.isValidator } }
        /// Seats whose keys the contribution brings, in order.
        package var openSeats: [Seat] { seats.filter { $0.key == nil } }
        /// Keys of admins that were named before: one of them must vouch for the contribution (FOUND-7).
        package var namedAdmins: [SM2.PublicKey] { seats.filter { $0.isAdmin }.compactMap { $0.key } }

        package func encode(into encoder: inout Encoder) {
            organization.encode(into: &encoder)
            encoder.list(nodes)
            encoder.list(seats)
        }

        package init(from decoder: inout Decoder) throws(DecodeError) {
            organization = try Organization(from: &decoder)
            nodes = try decoder.list(of: Node.self, max: Limits.foundingNodesMax)
            seats = try decoder.list(of: Seat.self, max: Limits.foundingMembersMax)
        }
    }

    /// The chain's.
    package let name: Label
    package let founded: Timestamp
    package let rules: RuleVersion
    package let parameters: ConsensusParameters
    package let waivers: Waivers
    /// In the order of the committee, as agreed.
    package let parties: [Party]
    /// What every later file of the ceremony names.
    package let digest: Digest

    package init(
        name: Label, founded: Timestamp, rules: RuleVersion = .first,
        parameters: ConsensusParameters = ConsensusParameters(), waivers: Waivers = [], parties: [Party]
    ) {
        self.name = name
        self.founded = founded
        self.rules = rules
        self.parameters = parameters
        self.waivers = waivers
        self.parties = parties
        var encoder = Encoder()
        Consortium.encode(name, founded, rules, parameters, waivers, parties, into: &encoder)
        digest = SM3.hash(HashDomain.consortium, encoder.bytes.span)
    }

    package var nodes: [Node] { parties.flatMap { $0.nodes } }

    package func party(_ id: Label) -> Party? { parties.first { $0.id == id } }

    /// The digest that stands for a person on the chain: of a pseudonym the organisations agreed on, under the chain's
    /// name and time, so that one pseudonym is another digest on another chain (FOUND-5).
    package static func person(_ pseudonym: Label, name: Label, founded: Timestamp) -> Digest {
        var encoder = Encoder()
        encoder.u8(HashDomain.person)
        name.encode(into: &encoder)
        founded.encode(into: &encoder)
        pseudonym.encode(into: &encoder)
        return SM3.hash(encoder.bytes)
    }

    package func encode(into encoder: inout Encoder) {
        Consortium.encode(name, founded, rules, parameters, waivers, parties, into: &encoder)
    }

    private static func encode(
        _ name: Label, _ founded: Timestamp, _ rules: RuleVersion, _ parameters: ConsensusParameters,
        _ waivers: Waivers, _ parties: [Party], into encoder: inout Encoder
    ) {
        encoder.u8(format)
        name.encode(into: &encoder)
        founded.encode(into: &encoder)
        rules.encode(into: &encoder)
        parameters.encode(into: &encoder)
        encoder.u8(waivers.rawValue)
        encoder.list(parties)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        let start = decoder.offset
        let format = try decoder.u8()
        guard format == Consortium.format else { throw .unknownTag(offset: start, tag: format) }
        let name = try Label(from: &decoder)
        let founded = try Timestamp(from: &decoder)
        let rules = try RuleVersion(from: &decoder)
        let parameters = try ConsensusParameters(from: &decoder)
        let place = decoder.offset
        let bits = try decoder.u8()
        guard bits <= Waivers.known else { throw .unknownTag(offset: place, tag: bits) }
        self.init(
            name: name, founded: founded, rules: rules, parameters: parameters, waivers: Waivers(rawValue: bits),
            parties: try decoder.list(of: Party.self, max: Limits.organizationsMax))
    }
}
