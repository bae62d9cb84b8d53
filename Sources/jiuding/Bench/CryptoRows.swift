// SPDX-License-Identifier: Apache-2.0
import Bedrock
import KeyCustody
import ShangMi

/// The measurements of `bench crypto`, one row a code path, each against OpenSSL in the same run.
struct CryptoRows {
    struct Row: Sendable {
        let name: String
        let path: String
        let unit: String
        let perSecond: Double
        /// Nil where the row is OpenSSL itself.
        let referencePerSecond: Double?
    }

    /// Claims checked at once: what a checking thread takes at a time under load.
    private static let batch = 512
    /// Long enough that starting up does not count.
    private static let bulkBytes = 1 << 20

    let seconds: Double
    private(set) var rows: [Row] = []
    private var random = SeededRandom(seed: 9)

    init(seconds: Double) { self.seconds = seconds }

    mutating func measureAll(_ progress: (String) -> Void) throws {
        for path in [CodePath.avx512ifma, .portable] where path.isSupported {
            progress("sm2.verify \(path.rawValue)")
            try verify(path, .unknown)
            try verify(path, .crowd)
            try verify(path, .cached)
        }
        progress("sm2.sign")
        try sign()
        for path in [CodePath.avx512, .avx2, .portable] where path.isSupported {
            progress("sm3 \(path.rawValue)")
            try nodes(path)
            try bulk(path)
        }
        for path in [CodePath.gfni, .aesni, .portable] where path.isSupported {
            progress("sm4 \(path.rawValue)")
            try sealing(path)
        }
        progress("sm4")
        try sm4()
    }

    private mutating func add(_ name: String, _ path: String, _ unit: String, _ duel: Duel, scale: Double = 1) {
        let reference = duel.referencePerSecond
        rows.append(
            Row(
                name: name, path: path, unit: unit, perSecond: duel.perSecond * scale,
                referencePerSecond: reference.isNaN ? nil : reference * scale))
    }

    // MARK: SM2

    /// Whose signatures are checked: of keys never seen, of thousands with small tables, of a few with large ones.
    private enum Keys: String { case unknown, crowd, cached }

    private mutating func verify(_ path: CodePath, _ keys: Keys) throws {
        let signers = (0..<(keys == .cached ? 8 : keys == .crowd ? 8_192 : CryptoRows.batch)).map { _ in
            SM2.ThrowAwaySigner(from: &random)
        }
        let claims = (0..<max(CryptoRows.batch, signers.count)).map { index in
            let signer = signers[index % signers.count]
            let message = random.bytes(count: 39)
            return SM2.Claim(
                key: signer.publicKey, message: message,
                signature: signer.sign(
                    digest: SM2.digest(
                        message, z: signer.publicKey.z())))
        }
        var verifier =
            switch keys {
            case .unknown: SM2.Verifier(tableBytesMax: 0, path: path)
            case .crowd: SM2.Verifier(tableBytesMax: 0, crowdMax: signers.count, path: path, usesBeforeTable: 0)
            case .cached: SM2.Verifier(tableBytesMax: 32 << 20, path: path, usesBeforeTable: 0)
            }
        // Tables are made before the clock starts.
        if keys != .unknown { try CryptoRows.insist(verifier.verify(claims).allSatisfy { $0 }) }
        var (next, batch) = (0, 0)
        let duel = try Duel(seconds: seconds) {
            let part = claims[batch..<batch + CryptoRows.batch]
            batch = (batch + CryptoRows.batch) % claims.count
            try CryptoRows.insist(verifier.verify(Array(part)).allSatisfy { $0 })
            return part.count
        } against: {
            let claim = claims[next % claims.count]
            next += 1
            try CryptoRows.insist(OpenSSLReference.verify(claim.message, claim.signature, by: claim.key))
            return 1
        }
        add("sm2.verify/\(keys.rawValue)-key", path.rawValue, "signatures", duel)
    }

    private mutating func sign() throws {
        let custody = OpenSSLSigner(try PrivateKey.generate())
        let message = random.bytes(count: 39)
        add(
            "sm2.sign", "openssl", "signatures",
            try Duel(
                seconds: seconds / 2,
                {
                    _ = try custody.sign(message)
                    return 1
                }, against: nil))
        let throwAway = SM2.ThrowAwaySigner(from: &random)
        let duel = try Duel(seconds: seconds) {
            _ = try throwAway.sign(message)
            return 1
        } against: {
            _ = try custody.sign(message)
            return 1
        }
        // Not for keys that matter: its time depends on the key. Here for the load generator's sake.
        add("sm2.sign", "portable", "signatures", duel)
    }

    // MARK: SM3

    private mutating func nodes(_ path: CodePath) throws {
        let pairs = (0..<4096).map { _ in (left: digest(), right: digest()) }
        let messages = pairs.prefix(64).map { $0.left.bytes + $0.right.bytes }
        let duel = try Duel(seconds: seconds) {
            SM3.hashPairs(tag: nil, pairs, path: path).count
        } against: {
            for message in messages { try CryptoRows.insist(OpenSSLReference.sm3(message) != nil) }
            return messages.count
        }
        add("sm3.node64", path.rawValue, "hashes", duel)
    }

    /// The portable path hashes one long message; lanes hash 64 shorter ones side by side, as they do files.
    private mutating func bulk(_ path: CodePath) throws {
        let message = random.bytes(count: CryptoRows.bulkBytes)
        let parts = (0..<64).map { _ in random.bytes(count: CryptoRows.bulkBytes / 64) }
        let duel = try Duel(seconds: seconds) {
            if path == .portable { _ = SM3.hash(message, path: .portable) } else { _ = SM3.hashMany(parts, path: path) }
            return CryptoRows.bulkBytes
        } against: {
            try CryptoRows.insist(OpenSSLReference.sm3(message) != nil)
            return CryptoRows.bulkBytes
        }
        add("sm3.bulk", path.rawValue, "MB", duel, scale: 1e-6)
    }

    // MARK: SM4

    /// Encryption with a tag, in records of a link; beside OpenSSL's counter mode, which has no tag.
    private mutating func sealing(_ path: CodePath) throws {
        let (key, vector) = (random.bytes(count: 16), random.bytes(count: 16))
        let cipher = SM4GCM(key: key, path: path)
        let (nonce, secret) = (Array(vector[..<12]), Secret(key))
        let plain = random.bytes(count: 16_384)
        var sealed = plain
        let duel = try Duel(seconds: seconds) {
            sealed.removeLast(sealed.count - plain.count)
            cipher.seal(&sealed, from: 0, nonce: nonce, additional: vector)
            return plain.count
        } against: {
            try CryptoRows.insist(OpenSSLReference.sm4CTREncrypt(plain, key: secret, vector: vector) != nil)
            return plain.count
        }
        add("sm4.gcm", path.rawValue, "MB", duel, scale: 1e-6)
    }

    private mutating func sm4() throws {
        let key = Secret(random.bytes(count: 16))
        let vector = random.bytes(count: 16)
        let plain = random.bytes(count: CryptoRows.bulkBytes)
        add(
            "sm4.cbc", "openssl", "MB",
            try Duel(
                seconds: seconds / 2,
                {
                    try CryptoRows.insist(
                        OpenSSLReference.sm4CBCEncrypt(plain, key: key, vector: vector) != nil)
                    return plain.count
                }, against: nil), scale: 1e-6)
        add(
            "sm4.ctr", "openssl", "MB",
            try Duel(
                seconds: seconds / 2,
                {
                    try CryptoRows.insist(
                        OpenSSLReference.sm4CTREncrypt(plain, key: key, vector: vector) != nil)
                    return plain.count
                }, against: nil), scale: 1e-6)
    }

    // MARK: Shared

    private mutating func digest() -> Digest {
        Digest(words: (random.next(), random.next(), random.next(), random.next()))
    }

    /// Fast and wrong is not fast.
    static func insist(_ isRight: Bool) throws {
        guard isRight else {
            throw Failure(
                .no, "JD-4022", phrase("a wrong answer while measuring", zh: "测量中出现错误结果"),
                fix: phrase("run the tests of this build", zh: "请运行此版本的测试"))
        }
    }
}
