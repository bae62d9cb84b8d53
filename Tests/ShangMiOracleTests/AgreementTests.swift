// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Glibc
import ShangMi
import Testing

@Suite("Agreement with OpenSSL", .serialized)
struct AgreementTests {
    @Test(
        "10,000 signatures made by OpenSSL are accepted on every path (CRYPTO-4, CRYPTO-8)",
        arguments: Way.all)
    func theirSignatures(way: Way) {
        var random = SeededRandom(seed: 60)
        let keys = (0..<50).map { _ in OpenSSLKey() }
        let claims = (0..<Sample.size(10_000)).map { index in
            let digest = Digest(random.bytes(count: 32))!
            let key = keys[index % keys.count]
            return SM2.DigestClaim(key: key.publicKey, digest: digest, signature: key.sign(digest: digest))
        }
        var verifier = way.verifier()
        #expect(verifier.verify(claims).allSatisfy { $0 })
    }

    @Test("signatures of the throw-away signer are accepted by OpenSSL (CRYPTO-10)")
    func ourSignatures() throws {
        var random = SeededRandom(seed: 61)
        for _ in 0..<Sample.size(2000) {
            let signer = SM2.ThrowAwaySigner(from: &random)
            let digest = Digest(random.bytes(count: 32))!
            let key = try #require(OpenSSLKey(signer.publicKey))
            #expect(key.verify(signer.sign(digest: digest), digest: digest))
            #expect(!key.verify(signer.sign(digest: digest), digest: digest.flipping(bit: random.below(256))))
        }
    }

    @Test("SM3 and HMAC-SM3 agree with OpenSSL for every length to 300 (CRYPTO-1, CRYPTO-3)")
    func hashes() {
        var random = SeededRandom(seed: 62)
        for length in 0...300 {
            let message = random.bytes(count: length)
            #expect(SM3.hash(message) == OpenSSL.sm3(message))
            let key = random.bytes(count: 1 + random.below(150))
            #expect(SM3.hmac(key: key, message: message) == OpenSSL.hmac(key: key, message: message))
        }
    }

    /// Seconds to fuzz: JIUDING_FUZZ_SECONDS, or 10.
    private static var fuzzSeconds: Int {
        // SAFETY: nobody in this process changes the environment; the text is copied at once.
        guard let text = unsafe getenv("JIUDING_FUZZ_SECONDS") else { return 10 }
        return unsafe Int(String(cString: text)) ?? 10
    }

    @Test("whatever is claimed, every path and OpenSSL give one verdict (CRYPTO-8)")
    func fuzz() throws {
        var generator = ClaimGenerator(seed: 63)
        var verifiers = Way.all.map { $0.verifier(tableBytesMax: 4 << 20) }
        let theirs = try generator.keys.map { try #require(OpenSSLKey($0)) }
        let clock = ContinuousClock()
        let end = clock.now.advanced(by: .seconds(AgreementTests.fuzzSeconds))
        var count = 0
        var accepted = 0
        while clock.now < end {
            let batch = (0..<(1 + generator.random.below(40))).map { _ in generator.next() }
            let expected = batch.map { theirs[$0.key].verify($0.claim.signature, digest: $0.claim.digest) }
            let claims = batch.map { $0.claim }
            for index in verifiers.indices {
                let verdicts = verifiers[index].verify(claims)
                for place in claims.indices where verdicts[place] != expected[place] {
                    let claim = claims[place]
                    Issue.record(
                        """
                        \(Way.all[index]) says \(verdicts[place]): key \(claim.key.x.hex) \(claim.key.y.hex) \
                        e \(claim.digest.hex) r \(claim.signature.r.hex) s \(claim.signature.s.hex)
                        """)
                }
            }
            count += claims.count
            accepted += expected.count { $0 }
        }
        print("fuzz: \(count) claims, \(accepted) accepted, \(Way.all.count) ways and OpenSSL")
        #expect(count > 0)
    }
}
