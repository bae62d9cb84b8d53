// SPDX-License-Identifier: Apache-2.0
internal import ShangMi

/// What SM2 encryption gives (GB/T 32918.4-2016): a point C1, a digest C3 and the enciphered message C2
/// (KEY-14).
///
/// Whether the point lies on the curve and the digest fits is for decryption to say.
package struct SM2Ciphertext: Hashable, Sendable {
    /// C1, X then Y, 32 bytes each.
    package let point: [UInt8]
    /// C3, 32 bytes: SM3(x₂ ‖ message ‖ y₂).
    package let digest: [UInt8]
    /// C2, as long as the message.
    package let body: [UInt8]

    /// A key, not a document: seal documents under a key, and encrypt the key.
    package static let messageBytesMax = 64 << 10

    /// The order of the parts in the raw form. Nothing in the bytes tells which it is.
    package enum Order: Hashable, Sendable {
        /// The order of the standard in force: what we write.
        case c1c3c2
        /// The order of the first edition: read for old material.
        case c1c2c3
    }

    private init(checked point: [UInt8], _ digest: [UInt8], _ body: [UInt8]) throws(CustodyError) {
        guard point.count == 64, digest.count == 32 else { throw .ciphertextMalformed }
        guard (1...Self.messageBytesMax).contains(body.count) else {
            throw .lengthOutOfRange(found: body.count, limit: Self.messageBytesMax)
        }
        (self.point, self.digest, self.body) = (point, digest, body)
    }

    /// Reads 04 ‖ x ‖ y and the two other parts in `order`.
    package init(raw: [UInt8], order: Order = .c1c3c2) throws(CustodyError) {
        guard raw.count > 97, raw[0] == 4 else { throw .ciphertextMalformed }
        let (point, rest) = ([UInt8](raw[1..<65]), [UInt8](raw[65...]))
        switch order {
        case .c1c3c2: try self.init(checked: point, [UInt8](rest.prefix(32)), [UInt8](rest.dropFirst(32)))
        case .c1c2c3: try self.init(checked: point, [UInt8](rest.suffix(32)), [UInt8](rest.dropLast(32)))
        }
    }

    package func raw(order: Order = .c1c3c2) -> [UInt8] {
        [4] + point + (order == .c1c3c2 ? digest + body : body + digest)
    }

    /// Reads SM2Cipher (GM/T 0009-2012): SEQUENCE { INTEGER x, INTEGER y, OCTET STRING hash, OCTET STRING
    /// cipher }.
    package init(der: [UInt8]) throws(CustodyError) {
        let (point, digest, body) = try CustodyError.reading { () throws(DERError) in
            var outer = DERReader(der)
            var parts = try outer.inside("an SM2Cipher")
            try outer.finish("the SM2Cipher")
            let point = try parts.unsigned(byteCount: 32, "x") + parts.unsigned(byteCount: 32, "y")
            let digest = try parts.bytes(of: DER.Tag.octets, "a digest")
            let body = try parts.bytes(of: DER.Tag.octets, "a ciphertext")
            try parts.finish("the SM2Cipher")
            return (point, digest, body)
        }
        try self.init(checked: point, digest, body)
    }

    package var der: [UInt8] {
        DER.sequence([
            DER.unsigned([UInt8](point[..<32])), DER.unsigned([UInt8](point[32...])),
            DER.element(DER.Tag.octets, digest),
            DER.element(DER.Tag.octets, body),
        ])
    }
}
