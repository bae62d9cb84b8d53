// SPDX-License-Identifier: Apache-2.0

/// What two sides agree on: how the first secret travels and how records are protected.
///
/// Both have the client encrypt the first secret to the server's encryption key (ECC). The pair with ECDHE is left out:
/// the standard does not say which parameters SM2's key exchange takes there, and implementations differ.
/// - Spec: TLCP-3.
package enum CipherSuite: UInt16, CaseIterable, Hashable, Sendable {
    /// ECC_SM4_GCM_SM3
    case gcm = 0xe053
    /// ECC_SM4_CBC_SM3
    case cbc = 0xe013

    package var name: String {
        switch self {
        case .gcm: "ECC_SM4_GCM_SM3"
        case .cbc: "ECC_SM4_CBC_SM3"
        }
    }

    /// `ECC_SM4_GCM_SM3`, or `0x1301` for a suite of others.
    static func name(_ number: UInt16) -> String {
        if let known = CipherSuite(rawValue: number) { return known.name }
        let digits = String(number, radix: 16)
        return "0x" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
    }
}
