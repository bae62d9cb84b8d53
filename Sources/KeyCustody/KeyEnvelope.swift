// SPDX-License-Identifier: Apache-2.0
internal import COpenSSL
internal import ShangMi

/// The parts of an EncryptedPrivateKeyInfo (PKCS#8) under PBES2 with SM4-CBC and PBKDF2 (KEY-7, KEY-8).
///
/// The form is ours to read and write, because OpenSSL 3.0 knows no PBES2 with HMAC-SM3; the derivation and
/// the cipher are OpenSSL's.
struct KeyEnvelope {
    var derivation: KeyFile.Derivation
    var iterations: Int
    var salt: [UInt8]
    var initializationVector: [UInt8]
    var ciphertext: [UInt8]

    /// Why the bytes are not such an envelope; the file's name is added by the caller.
    enum Flaw: Error {
        case malformed, unsupported
        case iterations(UInt64)
    }

    private enum Identifier {
        static let pbes2: [UInt8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d]
        static let pbkdf2: [UInt8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c]
        static let hmacSHA256: [UInt8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x09]
        /// 1.2.156.10197.1.401.2 (GM/T 0006-2012): what we write.
        static let hmacSM3: [UInt8] = [0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x11, 0x02]
        /// 1.2.156.10197.1.401.3.1 (GM/T 0091-2020 table A.1, later OpenSSL): read as the same.
        static let hmacSM3Other: [UInt8] = [0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x11, 0x03, 0x01]
        /// 1.2.156.10197.1.104.2.
        static let sm4CBC: [UInt8] = [0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x68, 0x02]
    }

    var der: [UInt8] {
        let function = derivation == .hmacSM3 ? Identifier.hmacSM3 : Identifier.hmacSHA256
        let count = (0..<8).reversed().map { UInt8(truncatingIfNeeded: iterations >> ($0 * 8)) }
        let derivation = DER.sequence([
            DER.element(DER.Tag.object, Identifier.pbkdf2),
            DER.sequence([
                DER.element(DER.Tag.octets, salt), DER.unsigned(count),
                DER.sequence([DER.element(DER.Tag.object, function), DER.element(DER.Tag.null, [])]),
            ]),
        ])
        let cipher = DER.sequence([
            DER.element(DER.Tag.object, Identifier.sm4CBC), DER.element(DER.Tag.octets, initializationVector),
        ])
        let protection = DER.sequence([
            DER.element(DER.Tag.object, Identifier.pbes2), DER.sequence([derivation, cipher]),
        ])
        return DER.sequence([protection, DER.element(DER.Tag.octets, ciphertext)])
    }

    /// Reads an envelope and checks every bound before anything is derived.
    static func read(_ der: [UInt8]) throws(Flaw) -> KeyEnvelope {
        do {
            return try parse(der)
        } catch let flaw as Flaw {
            throw flaw
        } catch {
            throw .malformed
        }
    }

    private static func parse(_ der: [UInt8]) throws -> KeyEnvelope {
        var file = DERReader(der)
        var outer = try file.inside("an envelope")
        try file.finish("an envelope")
        var protection = try outer.inside("an envelope")
        guard try protection.bytes(of: DER.Tag.object, "a field") == Identifier.pbes2 else { throw Flaw.unsupported }
        var parameters = try protection.inside("an envelope")
        var derivation = try parameters.inside("an envelope")
        guard try derivation.bytes(of: DER.Tag.object, "a field") == Identifier.pbkdf2 else { throw Flaw.unsupported }
        var details = try derivation.inside("an envelope")
        let salt = try details.bytes(of: DER.Tag.octets, "a field")
        let iterations = try details.unsigned(byteCount: 8, "a number").reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard iterations >= UInt64(KeyFile.iterationsMin), iterations <= UInt64(KeyFile.iterationsMax) else {
            throw Flaw.iterations(iterations)
        }
        // RFC 8018 allows the key length here; SM4 has only one.
        if details.nextTag == DER.Tag.integer {
            guard try details.unsigned(byteCount: 8, "a number").last == 16 else { throw Flaw.unsupported }
        }
        // Where no function is named it is HMAC-SHA-1, which we do not take.
        guard !details.isAtEnd else { throw Flaw.unsupported }
        let function = try pseudoRandomFunction(details.inside("an envelope"))
        var cipher = try parameters.inside("an envelope")
        guard try cipher.bytes(of: DER.Tag.object, "a field") == Identifier.sm4CBC else { throw Flaw.unsupported }
        let vector = try cipher.bytes(of: DER.Tag.octets, "a field")
        let ciphertext = try outer.bytes(of: DER.Tag.octets, "a field")
        for reader in [details, derivation, cipher, parameters, protection, outer] { try reader.finish("an envelope") }
        guard (8...64).contains(salt.count), vector.count == 16, !ciphertext.isEmpty,
            ciphertext.count % 16 == 0
        else { throw Flaw.malformed }
        return KeyEnvelope(
            derivation: function, iterations: Int(iterations), salt: salt, initializationVector: vector,
            ciphertext: ciphertext)
    }

    private static func pseudoRandomFunction(_ reader: DERReader) throws -> KeyFile.Derivation {
        var reader = reader
        let name = try reader.bytes(of: DER.Tag.object, "a field")
        if !reader.isAtEnd { _ = try reader.bytes(of: DER.Tag.null, "a field") }
        try reader.finish("an envelope")
        switch name {
        case Identifier.hmacSM3, Identifier.hmacSM3Other: return .hmacSM3
        case Identifier.hmacSHA256: return .hmacSHA256
        default: throw Flaw.unsupported
        }
    }

    /// Encrypts a PrivateKeyInfo under a passphrase, with a fresh salt and vector.
    static func seal(
        _ plain: Secret, passphrase: Secret, iterations: Int, derivation: KeyFile.Derivation
    ) throws(CustodyError) -> KeyEnvelope {
        var envelope = KeyEnvelope(
            derivation: derivation, iterations: iterations, salt: try SystemRandom.bytes(count: 16),
            initializationVector: try SystemRandom.bytes(count: 16), ciphertext: [])
        let key = try envelope.derive(from: passphrase)
        guard
            let ciphertext = BlockCipher.sm4CBC.encrypt(
                plain, key: key, vector: envelope.initializationVector)
        else { throw OpenSSL.failure("encrypt a key") }
        envelope.ciphertext = ciphertext
        return envelope
    }

    /// - Returns: nil where the passphrase is not the one, or the ciphertext was damaged.
    func open(passphrase: Secret) throws(CustodyError) -> Secret? {
        BlockCipher.sm4CBC.decrypt(
            ciphertext, key: try derive(from: passphrase), vector: initializationVector)
    }

    /// PBKDF2 (RFC 8018): 16 bytes of SM4 key.
    private func derive(from passphrase: Secret) throws(CustodyError) -> Secret {
        let digest = unsafe derivation == .hmacSM3 ? OpenSSL.sm3 : OpenSSL.sha256
        var key = [UInt8](repeating: 0, count: 16)
        // SAFETY: every pointer goes with the true count of its bytes; the array is wiped below.
        let done = unsafe passphrase.withBytes {
            unsafe PKCS5_PBKDF2_HMAC(
                $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count), salt, Int32(salt.count),
                Int32(iterations), digest, Int32(key.count), &key)
        }
        defer { unsafe OPENSSL_cleanse(&key, key.count) }
        guard unsafe digest != nil, done == 1 else { throw OpenSSL.failure("derive a key from a passphrase") }
        return Secret(key)
    }
}
