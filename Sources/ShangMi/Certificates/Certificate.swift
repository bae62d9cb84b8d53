// SPDX-License-Identifier: Apache-2.0

/// What a key may be used for (RFC 5280 section 4.2.1.3), by bit number.
package struct KeyUsage: OptionSet, Hashable, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    package static let digitalSignature = KeyUsage(rawValue: 1 << 0)
    package static let nonRepudiation = KeyUsage(rawValue: 1 << 1)
    package static let keyEncipherment = KeyUsage(rawValue: 1 << 2)
    package static let dataEncipherment = KeyUsage(rawValue: 1 << 3)
    package static let keyAgreement = KeyUsage(rawValue: 1 << 4)
    package static let keyCertSign = KeyUsage(rawValue: 1 << 5)
    package static let crlSign = KeyUsage(rawValue: 1 << 6)

    /// The two halves of a double certificate (GM/T 0015 section 6).
    package static let signing: KeyUsage = [.digitalSignature, .nonRepudiation]
    package static let encrypting: KeyUsage = [.keyEncipherment, .dataEncipherment, .keyAgreement]
    package static let authority: KeyUsage = [.keyCertSign, .crlSign]

    /// The bits' names in RFC 5280, bit 0 first.
    package var names: [String] {
        [
            "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign",
            "cRLSign", "encipherOnly", "decipherOnly",
        ].enumerated().filter { rawValue >> UInt16($0.offset) & 1 == 1 }.map { $0.element }
    }

    /// A named bit string: bit 0 first, no trailing zeros (X.690 section 11.2.2).
    package var der: [UInt8] {
        guard rawValue != 0 else { return DER.element(DER.Tag.bits, [0]) }
        var bytes: [UInt8] = [0, 0]
        for bit in 0..<16 where rawValue >> UInt16(bit) & 1 == 1 { bytes[bit / 8] |= 0x80 >> UInt8(bit % 8) }
        if bytes[1] == 0 { bytes.removeLast() }
        return DER.element(DER.Tag.bits, [UInt8(bytes[bytes.count - 1].trailingZeroBitCount)] + bytes)
    }

    package init(from reader: inout DERReader) throws(DERError) {
        let start = reader
        let content = try reader.bytes(of: DER.Tag.bits, "a key's uses")
        guard (1...3).contains(content.count) else { throw start.fail("a key's uses") }
        var bits: UInt16 = 0
        for (index, byte) in content.dropFirst().enumerated() {
            for bit in 0..<8 where byte & 0x80 >> UInt8(bit) != 0 { bits |= 1 << UInt16(8 * index + bit) }
        }
        self.init(rawValue: bits)
        guard der == DER.element(DER.Tag.bits, content) else { throw start.fail("a key's uses in their one form") }
    }
}

/// An SM2 certificate after GM/T 0015 (X.509 version 3): a key, whose it is, what for, and who says so.
///
/// Reading judges the form; whether its issuer signed it and whether it holds now is for `CertificateAuthority` and
/// `CertificatePath` to say.
/// - Spec: CERT-1 to CERT-5 (docs/spec/certificates.md).
package struct Certificate: Hashable, Sendable {
    /// A certificate of ours has less than 2 KiB.
    package static let bytesMax = 16 << 10

    /// The whole certificate.
    package let der: [UInt8]
    /// The part its issuer signed.
    package let signedBytes: [UInt8]
    package let signature: SM2.Signature
    /// Big-endian, at most 20 bytes, no leading zero.
    package let serial: [UInt8]
    package let issuer: DistinguishedName
    package let subject: DistinguishedName
    package let notBefore: CertificateTime
    package let notAfter: CertificateTime
    package let key: SM2.PublicKey
    package let extensions: CertificateExtensions

    package init(_ der: [UInt8]) throws(DERError) {
        let body: DERReader
        (signedBytes, signature, body) = try SignedForm.open(
            der, "certificate", body: "a certificate's body", bytesMax: Certificate.bytesMax)
        self.der = der
        var copy = body
        var tbs = try copy.inside("a certificate's body")
        var version = try tbs.inside(DER.Tag.context(0), "version 3")
        guard try version.unsigned(bytesMax: 1, "a version") == [2] else { throw body.fail("version 3") }
        try version.finish("the version")
        serial = try tbs.unsigned(bytesMax: 20, "a serial number")
        try SignedForm.algorithm(&tbs)
        issuer = try DistinguishedName(from: &tbs)
        var validity = try tbs.inside("a validity")
        notBefore = try CertificateTime(from: &validity)
        notAfter = try CertificateTime(from: &validity)
        try validity.finish("the validity")
        subject = try DistinguishedName(from: &tbs)
        key = try SignedForm.key(&tbs)
        var list = try tbs.inside(DER.Tag.context(3), "extensions")
        extensions = try CertificateExtensions(from: &list)
        try list.finish("the extensions")
        try tbs.finish("a certificate's body")
    }

    /// The key's short name: the first 20 bytes of SM3 over it (RFC 7093 method, with SM3).
    package static func keyIdentifier(of key: SM2.PublicKey) -> [UInt8] {
        Array(SM3.hash([4] + key.bytes).bytes.prefix(20))
    }

    package func holds(at time: CertificateTime) -> Bool { notBefore <= time && time <= notAfter }
}

/// The shapes that certificates, requests and revocation lists share.
enum SignedForm {
    static let algorithm = DER.sequence([DER.element(DER.Tag.object, ObjectIdentifier.sm2WithSM3)])

    /// sm2-with-sm3, with no parameters or NULL: both are found in the field.
    static func algorithm(_ reader: inout DERReader) throws(DERError) {
        let start = reader
        var parts = try reader.inside("an algorithm")
        guard try parts.bytes(of: DER.Tag.object, "an algorithm") == ObjectIdentifier.sm2WithSM3 else {
            throw start.fail("the algorithm SM2 with SM3 (1.2.156.10197.1.501)")
        }
        if !parts.isAtEnd { _ = try parts.bytes(of: DER.Tag.null, "no parameters") }
        try parts.finish("the algorithm")
    }

    static func key(_ key: SM2.PublicKey) -> [UInt8] {
        DER.sequence([
            DER.sequence([
                DER.element(DER.Tag.object, ObjectIdentifier.ecPublicKey),
                DER.element(DER.Tag.object, ObjectIdentifier.sm2Curve),
            ]), DER.bits([4] + key.bytes),
        ])
    }

    static func key(_ reader: inout DERReader) throws(DERError) -> SM2.PublicKey {
        let start = reader
        var info = try reader.inside("a public key")
        var algorithm = try info.inside("a public key's algorithm")
        guard try algorithm.bytes(of: DER.Tag.object, "an algorithm") == ObjectIdentifier.ecPublicKey,
            try algorithm.bytes(of: DER.Tag.object, "a curve") == ObjectIdentifier.sm2Curve
        else { throw start.fail("a key on the SM2 curve (1.2.156.10197.1.301)") }
        try algorithm.finish("the key's algorithm")
        let point = try info.bits("a public key")
        try info.finish("a public key")
        guard point.count == 65, point[0] == 4, let key = SM2.PublicKey(Array(point[1...])) else {
            throw start.fail("an uncompressed point of the SM2 curve")
        }
        return key
    }

    static func signature(_ reader: inout DERReader) throws(DERError) -> SM2.Signature {
        try SM2.Signature(der: try reader.bits("a signature"))
    }

    /// Takes apart what `signed` puts together.
    /// - Parameters:
    ///   - noun: what it is called where it is not right, and `body` what its body is.
    /// - Returns: the bytes that are signed, the signature, and a reader that stands before the body.
    static func open(
        _ der: [UInt8], _ noun: String, body: String, bytesMax: Int
    ) throws(DERError) -> (signed: [UInt8], signature: SM2.Signature, body: DERReader) {
        var input = DERReader(der)
        guard der.count <= bytesMax else {
            throw input.fail(bytesMax < 1 << 20 ? "at most \(bytesMax >> 10) KiB" : "at most \(bytesMax >> 20) MiB")
        }
        var whole = try input.inside("a \(noun)")
        try input.finish("the \(noun)")
        let start = whole
        let signed = try whole.element(body)
        try algorithm(&whole)
        let signature = try signature(&whole)
        try whole.finish("the \(noun)")
        return (signed, signature, start)
    }

    /// body ‖ algorithm ‖ signature.
    static func signed(_ body: [UInt8], _ signature: SM2.Signature) -> [UInt8] {
        DER.sequence([body, algorithm, DER.bits(signature.der)])
    }
}
