// SPDX-License-Identifier: Apache-2.0
import Bedrock
package import Ledger
import ShangMi

/// Who may send transactions. Written at the founding; changed by governance.
///
/// - Spec: MEMB-1, MEMB-2.
package enum MembershipContract {
    package static let contract = Label(literal: "membership")

    /// Key of a member within the contract's part of the state: 'm' and the account (MEMB-1).
    package static func key(_ account: AccountID) -> [UInt8] {
        var encoder = Encoder(reserving: 1 + Digest.byteCount)
        encoder.u8(0x6d)
        account.encode(into: &encoder)
        return encoder.bytes
    }

    /// Key of a member in the whole state.
    package static func stateKey(_ account: AccountID) -> [UInt8] { StateKey.of(contract, key(account)) }

    /// What the founding writes (MEMB-2).
    static func foundingWrites(_ spec: ChainSpec) -> [(key: [UInt8], value: [UInt8]?)] {
        spec.members.map { (stateKey($0.account), $0.encoded) }
    }
}
