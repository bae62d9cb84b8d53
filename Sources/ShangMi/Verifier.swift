// SPDX-License-Identifier: Apache-2.0

extension SM2 {
    /// Checks claims in batches and remembers tables for keys it sees often, within a bound.
    ///
    /// One verifier serves one thread. It is cheap to make, and cheap to copy: tables are shared, never
    /// copied. A batch of any size gives the same verdicts as its claims one by one, on every path.
    /// - Spec: CRYPTO-4 to CRYPTO-9.
    package struct Verifier: Sendable {
        /// The path this verifier takes.
        package let path: CodePath
        private var cache: KeyCache
        /// Z under the default user ID. Forty times dearer to compute than to find.
        private var zs = RecentMap<Digest>(bound: KeyCache.countedKeysMax)

        /// - Parameters:
        ///   - tableBytesMax: what the tables of keys may weigh together, 256 KiB each; 0 means no tables.
        ///   - path: nil for the best there is (`CodePath.sm2`); else `.portable` or `.avx512ifma`, and
        ///     supported.
        ///   - usesBeforeTable: nil for the number that repays the building; tests and the benchmark set 0.
        package init(tableBytesMax: Int = 32 << 20, path: CodePath? = nil, usesBeforeTable: Int? = nil) {
            let path = path ?? .sm2
            precondition(
                path == .portable || path == .avx512ifma, "SM2 has two paths: portable and avx512ifma")
            precondition(path.isSupported, "this machine cannot run that path")
            self.path = path
            cache = KeyCache(tableBytesMax: tableBytesMax, path: path, usesBeforeTable: usesBeforeTable)
        }

        /// How many keys have a table now.
        package var tableCount: Int { cache.tableCount }

        /// - Returns: one verdict a claim, in order; the same on every machine and path.
        package mutating func verify(_ claims: [Claim]) -> [Bool] {
            let zs = zs(of: claims.map { $0.key })
            return verify(claims, zs)
        }

        /// As `verify(_: [Claim])` for messages signed under another user ID, at most `userIDBytesMax` bytes.
        package mutating func verify(_ claims: [Claim], userID: [UInt8]) -> [Bool] {
            if userID == SM2.defaultUserID { return verify(claims) }
            let prefix = SM3.prefix(userID: userID)
            return verify(
                claims,
                claims.map { claim in
                    var hash = prefix
                    hash.update(claim.key.x)
                    hash.update(claim.key.y)
                    return hash.finalize()
                })
        }

        private mutating func verify(_ claims: [Claim], _ zs: [Digest]) -> [Bool] {
            let digests: [Digest]
            if path == .portable {
                digests = claims.indices.map { SM2.digest(claims[$0].message, z: zs[$0]) }
            } else {
                digests = SM3.hashMany(
                    claims.indices.map { index in
                        var bytes = zs[index].bytes
                        bytes.append(contentsOf: claims[index].message)
                        return bytes
                    }, path: .avx512)
            }
            return verify(
                claims.indices.map { index in
                    DigestClaim(
                        key: claims[index].key, digest: digests[index], signature: claims[index].signature)
                })
        }

        /// As `verify(_: [Claim])`, from digests e = SM3(Z ‖ message) the caller has formed.
        package mutating func verify(_ claims: [DigestClaim]) -> [Bool] {
            path == .portable ? verifyOneByOne(claims) : verifyInLanes(claims)
        }

        private mutating func verifyOneByOne(_ claims: [DigestClaim]) -> [Bool] {
            let window = MultiplesTable.generatorWindow
            let generatorComb = MultiplesTable.generatorComb
            return claims.map { claim in
                guard let equation = SignatureEquation(claim.signature, digest: claim.digest) else {
                    return false
                }
                if let comb = cache.use(claim.key) {
                    return equation.isSolved(keyComb: comb, generatorComb: generatorComb)
                }
                return equation.isSolved(key: claim.key.point, generator: window)
            }
        }

        /// Sorts the claims into those with a comb and those without, eight lanes each, and runs whichever is
        /// full.
        private mutating func verifyInLanes(_ claims: [DigestClaim]) -> [Bool] {
            var verdicts = [Bool](repeating: false, count: claims.count)
            var combs = LaneKernel(.comb)
            var windows = LaneKernel(.window)
            for index in claims.indices {
                let claim = claims[index]
                guard let equation = SignatureEquation(claim.signature, digest: claim.digest) else {
                    continue
                }
                let comb = cache.use(claim.key)
                let entry = LaneKernel.Entry(equation: equation, key: claim.key, comb: comb, index: index)
                if comb == nil {
                    windows.add(entry)
                    if windows.isFull { windows.run(&verdicts) }
                } else {
                    combs.add(entry)
                    if combs.isFull { combs.run(&verdicts) }
                }
            }
            windows.run(&verdicts)
            combs.run(&verdicts)
            return verdicts
        }

        /// Z of each key under the default user ID, from memory or computed together.
        private mutating func zs(of keys: [PublicKey]) -> [Digest] {
            var found = [Digest](repeating: .zero, count: keys.count)
            var missing: [Int] = []
            for index in keys.indices {
                if let z = zs[keys[index]] { found[index] = z } else { missing.append(index) }
            }
            if missing.isEmpty { return found }
            let prefix = SM3.prefix(userID: SM2.defaultUserID)
            for index in missing {
                var hash = prefix
                hash.update(keys[index].x)
                hash.update(keys[index].y)
                found[index] = hash.finalize()
                zs[keys[index]] = found[index]
            }
            return found
        }
    }
}
