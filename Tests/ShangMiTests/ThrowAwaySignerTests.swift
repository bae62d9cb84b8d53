// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi
import Testing

@Suite("SM2 throw-away signer")
struct ThrowAwaySignerTests {
    @Test("with the private key and nonce of GB/T 32918.5-2017 the printed signature comes out (CRYPTO-10)")
    func standardExample() throws {
        var random = SeededRandom(seed: 50)
        let privateKey = Digest(hex: "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")!
        let nonce = Digest(hex: "59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21")!
        let signer = try #require(SM2.ThrowAwaySigner(privateKey: privateKey, from: &random))
        #expect(signer.publicKey == StandardVectors.key)
        #expect(signer.sign(digest: StandardVectors.e, nonce: nonce) == StandardVectors.signature)
    }

    @Test("the same seed gives the same key and signatures, and what is signed is accepted (CRYPTO-10)")
    func repeatable() throws {
        var one = SeededRandom(seed: 51)
        var two = SeededRandom(seed: 51)
        let first = SM2.ThrowAwaySigner(from: &one)
        let second = SM2.ThrowAwaySigner(from: &two)
        #expect(first.publicKey == second.publicKey)
        #expect(try first.sign([1, 2, 3]) == second.sign([1, 2, 3]))
        #expect(SM2.ThrowAwaySigner(from: &one).publicKey != first.publicKey)
        var verifier = SM2.Verifier()
        let claim = SM2.Claim(
            key: first.publicKey, message: [1, 2, 3], signature: try first.sign([1, 2, 3]))
        #expect(verifier.verify([claim]) == [true])
    }

    @Test("a private key outside 1…n-2 and a nonce outside 1…n-1 are refused (CRYPTO-10)")
    func ranges() {
        var random = SeededRandom(seed: 52)
        let n = Modulus.n
        for value in [.zero, n.negate(Digest(1)), n.digest, .allOnes] {
            #expect(SM2.ThrowAwaySigner(privateKey: value, from: &random) == nil)
        }
        #expect(SM2.ThrowAwaySigner(privateKey: n.negate(Digest(2)), from: &random) != nil)
        let signer = SM2.ThrowAwaySigner(from: &random)
        for value in [.zero, n.digest, .allOnes] {
            #expect(signer.sign(digest: Digest(1), nonce: value) == nil)
        }
    }
}
