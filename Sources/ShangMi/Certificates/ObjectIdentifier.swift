// SPDX-License-Identifier: Apache-2.0

/// The content bytes of the object identifiers that certificates of this house use, named as their standards do.
///
/// - Source: GB/T 33560 (algorithms), GM/T 0015 (certificates), RFC 5280.
package enum ObjectIdentifier {
    package static let ecPublicKey: [UInt8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]
    /// 1.2.156.10197.1.301
    package static let sm2Curve: [UInt8] = [0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x82, 0x2d]
    /// 1.2.156.10197.1.501
    package static let sm2WithSM3: [UInt8] = [0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x75]

    // Names: 2.5.4.n.
    package static let commonName: [UInt8] = [0x55, 0x04, 0x03]
    package static let country: [UInt8] = [0x55, 0x04, 0x06]
    package static let locality: [UInt8] = [0x55, 0x04, 0x07]
    package static let province: [UInt8] = [0x55, 0x04, 0x08]
    package static let organization: [UInt8] = [0x55, 0x04, 0x0a]
    package static let organizationalUnit: [UInt8] = [0x55, 0x04, 0x0b]

    // Extensions: 2.5.29.n.
    package static let subjectKeyIdentifier: [UInt8] = [0x55, 0x1d, 0x0e]
    package static let keyUsage: [UInt8] = [0x55, 0x1d, 0x0f]
    package static let subjectAlternativeName: [UInt8] = [0x55, 0x1d, 0x11]
    package static let basicConstraints: [UInt8] = [0x55, 0x1d, 0x13]
    package static let crlNumber: [UInt8] = [0x55, 0x1d, 0x14]
    package static let reasonCode: [UInt8] = [0x55, 0x1d, 0x15]
    package static let crlDistributionPoints: [UInt8] = [0x55, 0x1d, 0x1f]
    package static let authorityKeyIdentifier: [UInt8] = [0x55, 0x1d, 0x23]
    package static let extendedKeyUsage: [UInt8] = [0x55, 0x1d, 0x25]
    /// PKCS#9: the extensions a request asks for.
    package static let extensionRequest: [UInt8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x0e]

    /// 统一社会信用代码: 1.2.156.10260.4.4 (GM/T 0015-2023), and as 组织机构代码 1.2.156.10260.4.1.4 (2012).
    package static let socialCreditCode: [UInt8] = [0x2a, 0x81, 0x1c, 0xd0, 0x14, 0x04, 0x04]
    package static let organizationCode2012: [UInt8] = [0x2a, 0x81, 0x1c, 0xd0, 0x14, 0x04, 0x01, 0x04]
}
