// SPDX-License-Identifier: Apache-2.0
package import Bedrock

extension SM2 {
    /// Signs quickly with a key drawn from a seed: for load generation and tests only, never for a key that
    /// matters.
    ///
    /// Its running time depends on the private key and on the nonce, the key sits in ordinary memory, and
    /// whoever knows the seed knows the key. In return it makes tens of thousands of signatures a second,
    /// each the same on every machine, so that runs repeat.
    /// - Spec: CRYPTO-10.
    package struct ThrowAwaySigner: Signer {
        package let publicKey: PublicKey
        private let privateKey: Scalar
        var secret: Wide256 { privateKey.value }
        /// 1/(1 + d), the one inversion of the algorithm, done once.
        private let inverse: Scalar
        /// What nonces are derived from, besides the digest.
        private let nonceSeed: Digest
        private let z: Digest

        /// Draws the key pair from `random`.
        package init(from random: inout SeededRandom) {
            var scalar: Scalar
            // d lies in 1…n-2: with d = n-1, 1 + d would have no inverse.
            repeat { scalar = ThrowAwaySigner.draw(&random) } while scalar.isZero || (scalar + .one).isZero
            self.init(privateKey: scalar, nonceSeed: ThrowAwaySigner.draw(&random).value.digest)
        }

        /// Takes a chosen private key: tests build degenerate cases from small ones.
        /// - Returns: nil unless `privateKey` is in 1…n-2.
        package init?(privateKey: Digest, from random: inout SeededRandom) {
            guard let scalar = Scalar(Wide256(privateKey)), !scalar.isZero, !(scalar + .one).isZero else {
                return nil
            }
            self.init(privateKey: scalar, nonceSeed: ThrowAwaySigner.draw(&random).value.digest)
        }

        private init(privateKey: Scalar, nonceSeed: Digest) {
            self.privateKey = privateKey
            self.nonceSeed = nonceSeed
            inverse = (privateKey + .one).inverse()
            var point = JacobianPoint.infinity
            MultiplesTable.generatorComb.addProduct(privateKey, to: &point)
            publicKey = PublicKey(JacobianPoint.affine([point])[0])
            z = publicKey.z()
        }

        private static func draw(_ random: inout SeededRandom) -> Scalar {
            Scalar(reducing: Wide256(random.next(), random.next(), random.next(), random.next()))
        }

        /// - Cost: about 12 µs. Never throws in truth.
        package func sign(_ message: [UInt8]) throws(SignerError) -> Signature {
            sign(digest: SM2.digest(message, z: z))
        }

        /// Signs a digest e the caller has formed (GB/T 32918.2-2016 section 6.1, steps A3 to A7).
        package func sign(digest: Digest) -> Signature {
            let e = Scalar(reducing: Wide256(digest))
            var hash = SM3()
            hash.update(nonceSeed)
            hash.update(digest)
            var candidate = hash.finalize()
            while true {
                if let signature = signature(e: e, nonce: Scalar(reducing: Wide256(candidate))) {
                    return signature
                }
                candidate = SM3.hash(candidate.bytes)  // Once in 2^255 draws.
            }
        }

        /// Signs with a chosen nonce: tests steer r and s with it.
        /// - Returns: nil where the standard says to draw another.
        package func sign(digest: Digest, nonce: Digest) -> Signature? {
            guard let nonce = Scalar(Wide256(nonce)) else { return nil }
            return signature(e: Scalar(reducing: Wide256(digest)), nonce: nonce)
        }

        private func signature(e: Scalar, nonce: Scalar) -> Signature? {
            if nonce.isZero { return nil }
            var point = JacobianPoint.infinity
            MultiplesTable.generatorComb.addProduct(nonce, to: &point)
            let x = point.x * point.z.squared().inverse()
            let r = e + Scalar(reducing: x.integer)
            let sum = r + nonce
            if r.isZero || sum.isZero { return nil }
            // s = (k - r·d)/(1 + d) = (k + r)/(1 + d) - r: one product instead of two.
            let s = sum * inverse - r
            if s.isZero { return nil }
            return Signature(r: r.value.digest, s: s.value.digest)
        }
    }
}
