// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
package import ShangMi

/// A hash under a secret, in a signature's clothes: a hundred times as fast as SM2.
///
/// Not secure against anybody who knows how it is made; a liar in a world only ever holds its own `SimulatedSigner`,
/// so within a world nobody signs for another (SIM-3).
enum KeyedHash {
    /// Secrets are a function of the public key and of this number, which only this file knows.
    private static let pepper: UInt64 = 0x6a69_7564_696e_6721

    static func secret(of key: SM2.PublicKey) -> UInt64 {
        let (a, b, c, d) = key.x.words
        // Wrapping is the arithmetic of a hash modulo 2^64.
        return mix(mix(mix(mix(pepper, a), b), c), d)
    }

    static func signature(_ message: [UInt8], under secret: UInt64) -> SM2.Signature {
        var high = secret
        var low = ~secret
        let whole = message.count - message.count % 8
        for start in stride(from: 0, to: whole, by: 8) {
            let word = number(message, start..<(start + 8))
            high = mix(high, word)
            low = mix(low, ~word)
        }
        let tail = number(message, whole..<message.count) | UInt64(message.count - whole) << 56
        high = mix(high, tail)
        low = mix(low, tail)
        let r = Digest(words: (high, low, mix(high, 1), mix(low, 1)))
        return SM2.Signature(r: r, s: Digest(words: (mix(low, 2), mix(high, 2), low, high)))
    }

    /// Some bytes as a big-endian number.
    private static func number(_ bytes: [UInt8], _ range: Range<Int>) -> UInt64 {
        var number: UInt64 = 0
        for index in range { number = number << 8 | UInt64(bytes[index]) }
        return number
    }

    private static func mix(_ state: UInt64, _ word: UInt64) -> UInt64 {
        let product = (state ^ word) &* 0x9e37_79b9_7f4a_7c15
        return product ^ product >> 29
    }
}

/// Signs for one key, in the world's scheme.
package struct SimulatedSigner: Sendable {
    package let publicKey: SM2.PublicKey
    private let secret: UInt64
    /// Set where the world runs real SM2.
    private let real: SM2.ThrowAwaySigner?

    init(_ signer: SM2.ThrowAwaySigner, isReal: Bool) {
        publicKey = signer.publicKey
        secret = KeyedHash.secret(of: signer.publicKey)
        real = isReal ? signer : nil
    }

    func sign(_ message: [UInt8]) -> SM2.Signature {
        if let real, let signature = try? real.sign(message) { return signature }
        return KeyedHash.signature(message, under: secret)
    }

    func ballot(_ statement: Statement, _ view: View, in context: VotingContext, as index: ValidatorIndex) -> Ballot {
        Ballot(
            epoch: context.epoch, view: view, statement: statement, signer: index,
            signature: sign(context.signedMessage(statement, view: view)))
    }

    func proposal(
        _ header: Header, _ entry: EntryCertificate, _ finality: QuorumCertificate?, in context: VotingContext
    ) -> Proposal {
        Proposal(
            header: header, entry: entry, finality: finality, signature: sign(context.signedProposal(header.id)))
    }

    func transaction(_ body: Transaction) -> SignedTransaction {
        SignedTransaction(body) { sign($0) }
    }
}

/// The keys of all worlds, made once: making one costs as much as a hundred simulated messages.
package enum KeyPool {
    private static let signers: [SM2.ThrowAwaySigner] = {
        var random = SeededRandom(seed: 0x6b65_7973)
        return (0..<160).map { _ in SM2.ThrowAwaySigner(from: &random) }
    }()

    /// Keys 0 to 127 are those of nodes.
    static func node(_ number: Int, isReal: Bool) -> SimulatedSigner {
        SimulatedSigner(signers[number], isReal: isReal)
    }

    /// Keys of clients, up to 32.
    static func client(_ number: Int, isReal: Bool) -> SimulatedSigner {
        SimulatedSigner(signers[128 + number], isReal: isReal)
    }
}

/// Tells good signatures of a world from bad ones.
package enum SimulatedScheme: SignatureScheme {
    case paper
    case real(SM2.Verifier)

    init(isReal: Bool) { self = isReal ? .real(SM2.Verifier(tableBytesMax: 1 << 20)) : .paper }

    package mutating func verify(_ claims: [SM2.Claim]) -> [Bool] {
        if Mutant.signaturesUnchecked.isOn { return claims.map { _ in true } }
        switch self {
        case .paper:
            return claims.map {
                KeyedHash.signature($0.message, under: KeyedHash.secret(of: $0.key)) == $0.signature
            }
        case .real(var verifier):
            let verdicts = verifier.verify(claims)
            self = .real(verifier)
            return verdicts
        }
    }
}
