// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi
import Testing

@Suite("SM2 verification")
struct VerifierTests {
    /// True claims by a few keys over short messages, with digests formed.
    static func claims(_ count: Int, keys: Int, seed: UInt64) -> [SM2.DigestClaim] {
        var random = SeededRandom(seed: seed)
        let signers = (0..<keys).map { _ in SM2.ThrowAwaySigner(from: &random) }
        return (0..<count).map { index in
            let signer = signers[index % keys]
            let digest = Digest(random.bytes(count: 32))!
            return SM2.DigestClaim(
                key: signer.publicKey, digest: digest, signature: signer.sign(digest: digest))
        }
    }

    @Test(
        "the example of GB/T 32918.5-2017 is accepted, with the printed Z and e (CRYPTO-4, CRYPTO-6)",
        arguments: Way.all)
    func standardExample(way: Way) {
        #expect(StandardVectors.key.z() == StandardVectors.z)
        #expect(SM2.digest(StandardVectors.message, z: StandardVectors.z) == StandardVectors.e)
        var verifier = way.verifier()
        #expect(verifier.verify([StandardVectors.claim]) == [true])
        let swapped = SM2.Signature(r: StandardVectors.s, s: StandardVectors.r)
        let other = SM2.Claim(key: StandardVectors.key, message: StandardVectors.message, signature: swapped)
        #expect(verifier.verify([other, StandardVectors.claim]) == [false, true])
        #expect(verifier.verify([StandardVectors.claim], userID: SM2.defaultUserID) == [true])
        #expect(verifier.verify([StandardVectors.claim], userID: []) == [false])
        #expect(verifier.verify([] as [SM2.Claim]) == [])
    }

    @Test("a signature under another user ID holds under that ID alone (CRYPTO-6)", arguments: Way.all)
    func otherUserID(way: Way) throws {
        var random = SeededRandom(seed: 4)
        let signer = SM2.ThrowAwaySigner(from: &random)
        let userID = [UInt8]("ALICE123@YAHOO.COM".utf8)
        let message = random.bytes(count: 30)
        let digest = SM2.digest(message, z: signer.publicKey.z(userID: userID))
        let claim = SM2.Claim(key: signer.publicKey, message: message, signature: signer.sign(digest: digest))
        var verifier = way.verifier()
        #expect(verifier.verify([claim], userID: userID) == [true])
        #expect(verifier.verify([claim]) == [false])
    }

    @Test(
        "every single flipped bit of r, s and e is rejected, in mixed batches (CRYPTO-4)", arguments: Way.all)
    func flippedBits(way: Way) {
        var verifier = way.verifier()
        for claim in Sample.thin(VerifierTests.claims(100, keys: 10, seed: 5)) {
            // In a debug build a sample of the bits; in a release build all of them.
            let step = 512 / Sample.size(512)
            var batch: [SM2.DigestClaim] = []
            for bit in stride(from: 0, to: 256, by: step) {
                let signature = claim.signature
                batch.append(claim)
                let r = SM2.Signature(r: signature.r.flipping(bit: bit), s: signature.s)
                batch.append(.init(key: claim.key, digest: claim.digest, signature: r))
                let s = SM2.Signature(r: signature.r, s: signature.s.flipping(bit: bit))
                batch.append(.init(key: claim.key, digest: claim.digest, signature: s))
                batch.append(
                    .init(key: claim.key, digest: claim.digest.flipping(bit: bit), signature: signature))
            }
            #expect(verifier.verify(batch) == batch.indices.map { $0 % 4 == 0 })
        }
    }

    @Test(
        "r and s outside 1…n-1, and r + s = n, are rejected whatever else holds (CRYPTO-5)",
        arguments: Way.all)
    func scalarEdges(way: Way) {
        let n = Modulus.n.digest
        let edges = [
            .zero, Digest(1), Modulus.n.negate(Digest(1)), n, plusOne(n), .allOnes, Digest.power(255),
        ]
        let claim = VerifierTests.claims(1, keys: 1, seed: 6)[0]
        var batch: [SM2.DigestClaim] = []
        for r in edges + [claim.signature.r] {
            for s in edges + [claim.signature.s, Modulus.n.negate(claim.signature.r)] {
                if r == claim.signature.r, s == claim.signature.s { continue }
                for digest in Sample.thin([claim.digest] + edges) {
                    batch.append(.init(key: claim.key, digest: digest, signature: .init(r: r, s: s)))
                }
            }
        }
        var verifier = way.verifier()
        #expect(verifier.verify(batch).allSatisfy { !$0 }, "all of \(batch.count)")
        // r and r + n are congruent, and only the first is a signature.
        let small = BuiltClaim(d: Digest(77), s: Digest(5), t: Digest(9))!
        #expect(small.claim.signature.r == Digest(4))
        let grown = SM2.Signature(r: raise(n, by: 4), s: small.claim.signature.s)
        let claims = [small.claim, .init(key: small.claim.key, digest: small.claim.digest, signature: grown)]
        #expect(verifier.verify(claims) == [true, false])
    }

    /// n + `by`, which does not overflow a digest's last word.
    private func raise(_ value: Digest, by: UInt64) -> Digest {
        let words = value.words
        return Digest(words: (words.0, words.1, words.2, words.3 + by))
    }

    private func plusOne(_ value: Digest) -> Digest { raise(value, by: 1) }

    @Test("a digest not below n counts modulo n (CRYPTO-4)", arguments: Way.all)
    func largeDigest(way: Way) {
        var random = SeededRandom(seed: 7)
        let signer = SM2.ThrowAwaySigner(from: &random)
        let small = Digest(12)
        let large = raise(Modulus.n.digest, by: 12)
        let signature = signer.sign(digest: small)
        var verifier = way.verifier()
        let claims = [small, large, .allOnes].map {
            SM2.DigestClaim(key: signer.publicKey, digest: $0, signature: signature)
        }
        #expect(verifier.verify(claims) == [true, true, false])
    }

    @Test("an abscissa between n and p is compared modulo n (CRYPTO-4)", arguments: Way.all)
    func abscissaAboveN(way: Way) {
        var verifier = way.verifier()
        let claims = AbscissaVectors.all
        #expect(verifier.verify(claims) == claims.map { _ in true })
        let wrong = claims.map {
            SM2.DigestClaim(key: $0.key, digest: Modulus.n.add($0.digest, Digest(1)), signature: $0.signature)
        }
        #expect(verifier.verify(wrong) == claims.map { _ in false })
    }

    @Test("good and bad claims share lanes in any mixture and any batch size (CRYPTO-8)", arguments: Way.all)
    func mixtures(way: Way) {
        let claims = VerifierTests.claims(40, keys: 5, seed: 8)
        var random = SeededRandom(seed: 9)
        var verifier = way.verifier()
        for count in Sample.thin([1, 2, 7, 8, 9, 16, 17, 40]) {
            let good = (0..<count).map { _ in random.below(3) > 0 }
            let batch = (0..<count).map { index in
                good[index]
                    ? claims[index]
                    : SM2.DigestClaim(
                        key: claims[index].key, digest: claims[index].digest.flipping(bit: random.below(256)),
                        signature: claims[index].signature)
            }
            #expect(verifier.verify(batch) == good, "\(count) claims")
        }
    }

    @Test(
        "claims signed over messages of any length are accepted, other messages are not (CRYPTO-4)",
        arguments: Way.all)
    func messages(way: Way) throws {
        var random = SeededRandom(seed: 10)
        let signers = (0..<7).map { _ in SM2.ThrowAwaySigner(from: &random) }
        let claims = try Sample.thin(Array(0..<60)).map { index in
            let message = random.bytes(count: index * 5)
            let signer = signers[index % 7]
            return SM2.Claim(key: signer.publicKey, message: message, signature: try signer.sign(message))
        }
        var verifier = way.verifier()
        #expect(verifier.verify(claims) == claims.map { _ in true })
        let shifted = claims.map {
            SM2.Claim(key: $0.key, message: $0.message + [0], signature: $0.signature)
        }
        #expect(verifier.verify(shifted) == claims.map { _ in false })
    }
}
