// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi

/// Draws claims, true and false, that lean towards edges: sparse scalars, small and negative keys, numbers
/// near n.
struct ClaimGenerator {
    var random: SeededRandom
    private let scalars: [Digest]
    let keys: [SM2.PublicKey]
    private let signers: [SM2.ThrowAwaySigner?]
    private let n = Modulus.n

    init(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let n = Modulus.n
        var scalars = [1, 2, 3, 7, 16, 32, 64, 128, 1024, 1 << 20].map { Digest($0) }
        scalars += scalars.map { n.negate($0) }
        scalars += [Digest.power(8), .power(128), .power(248), .power(255)]
        for _ in 0..<6 { scalars.append(n.reduce(Digest(random.bytes(count: 32))!)) }
        self.scalars = scalars
        keys = scalars.map { BuiltClaim.point($0)! }
        signers = scalars.map { SM2.ThrowAwaySigner(privateKey: $0, from: &random) }
        self.random = random
    }

    /// A claim and the place of its key in `keys`.
    mutating func next() -> (claim: SM2.DigestClaim, key: Int) {
        let key = random.below(keys.count)
        var claim: SM2.DigestClaim
        if random.below(4) == 0 {
            claim = built(key) ?? signed(key)
        } else {
            claim = signed(key)
        }
        // Half stay true; the others have one to three parts disturbed.
        if random.below(2) == 0 {
            for _ in 0...random.below(3) { claim = disturbed(claim) }
        }
        return (claim, key)
    }

    private mutating func signed(_ key: Int) -> SM2.DigestClaim {
        let digest = random.below(3) == 0 ? edge() : Digest(random.bytes(count: 32))!
        let nonce = random.below(3) == 0 ? edge() : n.reduce(Digest(random.bytes(count: 32))!)
        let none = SM2.Signature(r: edge(), s: edge())
        let signature =
            signers[key].map { $0.sign(digest: digest, nonce: nonce) ?? $0.sign(digest: digest) } ?? none
        return SM2.DigestClaim(key: keys[key], digest: digest, signature: signature)
    }

    private mutating func built(_ key: Int) -> SM2.DigestClaim? {
        let t = sparse()
        // A third of the sums lie near infinity.
        let s = random.below(3) == 0 ? n.subtract(sparse(), n.multiply(t, scalars[key])) : sparse()
        return BuiltClaim(d: scalars[key], s: s, t: t)?.claim
    }

    /// A sum of a few digits at the places where combs and windows have them.
    private mutating func sparse() -> Digest {
        var value = Digest.zero
        for _ in 0...random.below(3) {
            let width = [5, 8, 10][random.below(3)]
            var term = Digest.power(width * random.below(250 / width))
            for _ in 0..<random.below(3) { term = n.add(term, term) }
            value = random.below(2) == 0 ? n.add(value, term) : n.subtract(value, term)
        }
        return value
    }

    private mutating func edge() -> Digest {
        switch random.below(7) {
        case 0: return .zero
        case 1: return Digest(UInt64(random.below(4)))
        case 2: return n.negate(Digest(UInt64(1 + random.below(4))))
        case 3:
            let words = n.digest.words
            return Digest(words: (words.0, words.1, words.2, words.3 + UInt64(random.below(4))))
        case 4: return .allOnes
        case 5: return Digest.power(random.below(256))
        default: return Modulus.p.digest
        }
    }

    private mutating func disturbed(_ claim: SM2.DigestClaim) -> SM2.DigestClaim {
        var (r, s, digest) = (claim.signature.r, claim.signature.s, claim.digest)
        switch random.below(8) {
        case 0: r = r.flipping(bit: random.below(256))
        case 1: s = s.flipping(bit: random.below(256))
        case 2: digest = digest.flipping(bit: random.below(256))
        case 3: r = edge()
        case 4: s = edge()
        case 5: digest = edge()
        case 6: s = n.negate(n.reduce(r))  // t = 0.
        default: digest = n.subtract(n.reduce(r), edgeBelowN())  // The target is an edge value.
        }
        return SM2.DigestClaim(key: claim.key, digest: digest, signature: SM2.Signature(r: r, s: s))
    }

    private mutating func edgeBelowN() -> Digest { n.reduce(Digest(UInt64(random.below(8)))) }
}
