// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi
import Testing

@Suite("SM2 verification")
struct VerifierTests {
    @Test("the example of GB/T 32918.5-2017 is accepted, and its Z and e are the printed ones (CRYPTO-4, CRYPTO-6)")
    func standardExample() {
        #expect(StandardVectors.key.z() == StandardVectors.z)
        #expect(SM2.digest(StandardVectors.message, z: StandardVectors.z) == StandardVectors.e)
        var verifier = SM2.Verifier()
        #expect(verifier.verify([StandardVectors.claim]) == [true])
        let swapped = SM2.Signature(r: StandardVectors.s, s: StandardVectors.r)
        let other = SM2.Claim(key: StandardVectors.key, message: StandardVectors.message, signature: swapped)
        #expect(verifier.verify([other, StandardVectors.claim]) == [false, true])
    }
}
