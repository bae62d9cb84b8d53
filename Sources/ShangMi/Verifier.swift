// SPDX-License-Identifier: Apache-2.0

extension SM2 {
    /// Checks claims in batches and remembers tables for keys it sees often, within a bound.
    ///
    /// One verifier serves one thread. It is cheap to make and to copy: tables are shared until one side changes.
    package struct Verifier: Sendable {
        /// The path this verifier takes.
        package let path: CodePath

        /// - Parameter path: nil for the best there is; else one that `isSupported`.
        package init(tableBytesMax: Int = 32 << 20, path: CodePath? = nil) {
            self.path = .portable
        }

        /// - Returns: one verdict a claim, in order; the same on every machine and path.
        package mutating func verify(_ claims: [Claim]) -> [Bool] {
            verify(
                claims.map { claim in
                    DigestClaim(
                        key: claim.key, digest: SM2.digest(claim.message, z: claim.key.z()), signature: claim.signature)
                })
        }

        /// As `verify(_: [Claim])`, from digests the caller has formed.
        package mutating func verify(_ claims: [DigestClaim]) -> [Bool] {
            let generator = MultiplesTable.generatorWindow
            return claims.map { claim in
                guard let equation = SignatureEquation(claim.signature, digest: claim.digest) else { return false }
                return equation.isSolved(key: claim.key.point, generator: generator)
            }
        }
    }
}
