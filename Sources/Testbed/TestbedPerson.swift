// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
package import ShangMi

/// A member of a testbed's chain. Its key follows from its name, so that accounts are the same in every run.
package struct TestbedPerson: Hashable, Sendable {
    package let organization: Label
    package let name: Label
    package let roles: RoleSet
    package let key: SM2.PublicKey

    /// - Cost: some 50 µs for the key.
    package init(_ name: Label, of organization: Label, roles: RoleSet = RoleSet(.user)) {
        self.name = name
        self.organization = organization
        self.roles = roles
        let digest = SM3.hash(organization.utf8 + [0x2f] + name.utf8)
        var random = SeededRandom(seed: digest.bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
        key = SM2.ThrowAwaySigner(from: &random).publicKey
    }

    package var account: AccountID { AccountID(key) }

    /// Holders of one of the three offices must be known as persons (MEMB-4).
    var member: Member {
        let person = roles.meets(.threeOffices) ? SM3.hash(organization.utf8 + [0x2f] + name.utf8) : nil
        return Member(key: key, name: name, organization: organization, roles: roles, person: person)
    }
}
