// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi

/// A signature scheme that can also sign, for keys of `ThrowAwayKey`.
protocol SigningScheme: SignatureScheme {
    init()
    func sign(_ message: [UInt8], with key: ThrowAwayKey) -> SM2.Signature
}

/// A key whose secret everybody knows: 7 plus its number.
struct ThrowAwayKey: Hashable, Sendable {
    let number: Int
    let publicKey: SM2.PublicKey

    init(_ number: Int) {
        self.number = number
        publicKey = ThrowAwayKey.all[number]
    }

    var secret: Residue { Residue([UInt64(7 + number), 0, 0, 0]) }

    /// Real points of the curve, each the one before plus the generator.
    private static let all: [SM2.PublicKey] = {
        var point = ReferenceSM2.generator.times(Residue([7, 0, 0, 0]))
        return (0..<420).map { _ in
            let (x, y) = point.affine
            point = point.plus(ReferenceSM2.generator)
            guard let key = SM2.PublicKey(x.digest.bytes + y.digest.bytes) else {
                preconditionFailure("a multiple of the generator lies on the curve")
            }
            return key
        }
    }()
}

/// A keyed hash in a signature's clothes: every bit of the key, the message and the signature matters, and
/// it costs nanoseconds. It proves nothing to anybody.
struct HashScheme: SigningScheme {
    private func signature(_ message: [UInt8], _ key: SM2.PublicKey) -> SM2.Signature {
        var state: UInt64 = 0xcbf2_9ce4_8422_2325
        func absorb(_ value: UInt64) { state = (state ^ value) &* 0x0100_0000_01b3 ^ (state >> 29) }
        for words in [key.x.words, key.y.words] {
            for word in [words.0, words.1, words.2, words.3] { absorb(word) }
        }
        for byte in message { absorb(UInt64(byte) + 1) }
        var random = SeededRandom(seed: state)
        func digest() -> Digest {
            Digest(words: (random.next(), random.next(), random.next(), random.next()))
        }
        return SM2.Signature(r: digest(), s: digest())
    }

    func sign(_ message: [UInt8], with key: ThrowAwayKey) -> SM2.Signature {
        signature(message, key.publicKey)
    }

    func verify(_ claims: [SM2.Claim]) -> [Bool] {
        claims.map { signature($0.message, $0.key) == $0.signature }
    }
}

/// Real SM2 by the reference, slowly: what signs the published vectors shares no code with what verifies
/// them.
struct ReferenceScheme: SigningScheme {
    func sign(_ message: [UInt8], with key: ThrowAwayKey) -> SM2.Signature {
        ReferenceSM2.sign(message, secret: key.secret, key: key.publicKey)
    }

    func verify(_ claims: [SM2.Claim]) -> [Bool] { claims.map(ReferenceSM2.verify) }
}
