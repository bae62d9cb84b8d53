// SPDX-License-Identifier: Apache-2.0
package import Bedrock
package import ShangMi

/// What a member is there for.
/// - Spec: MEMB-3.
package enum MemberRole: UInt8, CaseIterable, Hashable, Sendable {
    case orgAdmin, `operator`, developer, user, auditor, supervisor
    /// 三员: 系统管理员, 安全管理员, 审计管理员.
    case systemAdmin, securityAdmin, auditAdmin

    /// As policies write it.
    package var word: String {
        switch self {
        case .orgAdmin: "orgAdmin"
        case .operator: "operator"
        case .developer: "developer"
        case .user: "user"
        case .auditor: "auditor"
        case .supervisor: "supervisor"
        case .systemAdmin: "systemAdmin"
        case .securityAdmin: "securityAdmin"
        case .auditAdmin: "auditAdmin"
        }
    }

    package init?(word: String) {
        guard let role = MemberRole.allCases.first(where: { $0.word == word }) else { return nil }
        self = role
    }
}

/// Roles of one member, a bit each.
package struct RoleSet: Hashable, Sendable, Canonical {
    package let bits: UInt16

    package static let none = RoleSet()
    /// Those of the three administrators that one person never holds two of (MEMB-4).
    package static let threeOffices = RoleSet(.systemAdmin, .securityAdmin, .auditAdmin)
    /// Roles that only all organisations together give (GOV-3).
    package static let offices = RoleSet(.systemAdmin, .securityAdmin, .auditAdmin, .supervisor)
    private static let known = UInt16(1) << UInt16(MemberRole.allCases.count) - 1

    package init(_ roles: MemberRole...) {
        var bits: UInt16 = 0
        for role in roles { bits |= 1 << UInt16(role.rawValue) }
        self.bits = bits
    }

    package init(bits: UInt16) { self.bits = bits & RoleSet.known }

    package func contains(_ role: MemberRole) -> Bool { bits & 1 << UInt16(role.rawValue) != 0 }
    package func meets(_ other: RoleSet) -> Bool { bits & other.bits != 0 }
    package func union(_ other: RoleSet) -> RoleSet { RoleSet(bits: bits | other.bits) }
    package func intersection(_ other: RoleSet) -> RoleSet { RoleSet(bits: bits & other.bits) }
    package var count: Int { bits.nonzeroBitCount }
    package var isEmpty: Bool { bits == 0 }
    /// In the order of `MemberRole`.
    package var roles: [MemberRole] { MemberRole.allCases.filter { contains($0) } }

    package func encode(into encoder: inout Encoder) { encoder.number(UInt64(bits)) }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        bits = UInt16(try decoder.number(max: UInt64(RoleSet.known)))
    }
}

/// A signing key on this chain: whose it is and what it is there for.
/// - Spec: MEMB-3 to MEMB-5 (docs/spec/membership.md).
package struct Member: Hashable, Sendable, Canonical {
    package let key: SM2.PublicKey
    package let name: Label
    package let organization: Label
    package let roles: RoleSet
    /// Ascending, none twice.
    package let groups: [Label]
    /// A salted digest of who the person is; nil for a machine, or where one key is all there is to know.
    package let person: Digest?
    /// SM3 of the certificate that binds the key.
    package let certificate: Digest?
    /// What others encrypt to; never signs.
    package let encryptionKey: SM2.PublicKey?

    package init(
        key: SM2.PublicKey, name: Label, organization: Label, roles: RoleSet = RoleSet(.user), groups: [Label] = [],
        person: Digest? = nil, certificate: Digest? = nil, encryptionKey: SM2.PublicKey? = nil
    ) {
        self.key = key
        self.name = name
        self.organization = organization
        self.roles = roles
        self.groups = Member.sorted(groups)
        self.person = person
        self.certificate = certificate
        self.encryptionKey = encryptionKey
    }

    package var account: AccountID { AccountID(key) }

    /// Bytes of what differs in length from member to member.
    package var labelBytes: Int { groups.reduce(name.utf8.count) { $0 + $1.utf8.count } }

    /// The same member with other roles.
    package func with(roles: RoleSet) -> Member {
        Member(
            key: key, name: name, organization: organization, roles: roles, groups: groups, person: person,
            certificate: certificate, encryptionKey: encryptionKey)
    }

    /// The same member with another key, and so without the certificate, which is about the old one (MEMB-3).
    package func with(key: SM2.PublicKey) -> Member {
        Member(
            key: key, name: name, organization: organization, roles: roles, groups: groups, person: person,
            encryptionKey: encryptionKey)
    }

    private static func sorted(_ labels: [Label]) -> [Label] {
        guard labels.count > 1 else { return labels }
        var unique: [Label] = []
        for label in labels.sorted() where unique.last != label { unique.append(label) }
        return unique
    }

    package func encode(into encoder: inout Encoder) {
        key.encode(into: &encoder)
        name.encode(into: &encoder)
        organization.encode(into: &encoder)
        roles.encode(into: &encoder)
        encoder.list(groups)
        encoder.optional(person)
        encoder.optional(certificate)
        encoder.optional(encryptionKey)
    }

    package init(from decoder: inout Decoder) throws(DecodeError) {
        key = try SM2.PublicKey(from: &decoder)
        name = try Label(from: &decoder)
        organization = try Label(from: &decoder)
        roles = try RoleSet(from: &decoder)
        let start = decoder.offset
        groups = try decoder.list(of: Label.self, max: Limits.memberGroupsMax)
        guard zip(groups, groups.dropFirst()).allSatisfy({ $0 < $1 }) else { throw .notCanonical(offset: start) }
        person = try decoder.optional(Digest.self)
        certificate = try decoder.optional(Digest.self)
        encryptionKey = try decoder.optional(SM2.PublicKey.self)
    }
}
