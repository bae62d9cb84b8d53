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
        private var zs: RecentMap<Digest>

        /// - Parameters:
        ///   - tableBytesMax: what the large tables may weigh together, 256 KiB each; 0 means none.
        ///   - crowdMax: how many keys may have a small table, 4 KiB each; for who meets thousands of keys.
        ///   - path: nil for the best there is (`CodePath.sm2`); else `.portable` or `.avx512ifma`, and
        ///     supported.
        ///   - usesBeforeTable: nil for the number that repays the building; tests and the benchmark set 0.
        package init(
            tableBytesMax: Int = 32 << 20, crowdMax: Int = 0, path: CodePath? = nil, usesBeforeTable: Int? = nil
        ) {
            let path = path ?? .sm2
            precondition(
                path == .portable || path == .avx512ifma, "SM2 has two paths: portable and avx512ifma")
            precondition(path.isSupported, "this machine cannot run that path")
            self.path = path
            zs = RecentMap(bound: KeyCache.rememberedKeysMax(crowdMax: crowdMax))
            cache = KeyCache(
                tableBytesMax: tableBytesMax, crowdMax: crowdMax, path: path, usesBeforeTable: usesBeforeTable)
        }

        /// How many tables are held now, of both sizes.
        package var tableCount: Int { cache.tableCount }

        /// Which keys have one.
        package var tableKeys: Set<PublicKey> { cache.tableKeys }

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
                return switch cache.use(claim.key) {
                case .comb(let comb): equation.isSolved(keyComb: comb, generatorComb: generatorComb)
                case .shortComb(let comb): equation.isSolved(shortComb: comb, generatorComb: generatorComb)
                case nil: equation.isSolved(key: claim.key.point, generator: window)
                }
            }
        }

        /// Sorts the claims by the kind of table their keys have, eight lanes each, and runs whichever is full.
        private mutating func verifyInLanes(_ claims: [DigestClaim]) -> [Bool] {
            var verdicts = [Bool](repeating: false, count: claims.count)
            var combs = LaneKernel(.comb)
            var shortCombs = LaneKernel(.shortComb)
            var windows = LaneKernel(.window)
            func take(_ entry: LaneKernel.Entry, _ kernel: inout LaneKernel) {
                kernel.add(entry)
                if kernel.isFull { kernel.run(&verdicts) }
            }
            for index in claims.indices {
                let claim = claims[index]
                guard let equation = SignatureEquation(claim.signature, digest: claim.digest) else {
                    continue
                }
                func entry(_ table: MultiplesTable?) -> LaneKernel.Entry {
                    LaneKernel.Entry(equation: equation, key: claim.key, table: table, index: index)
                }
                switch cache.use(claim.key) {
                case .comb(let table): take(entry(table), &combs)
                case .shortComb(let table): take(entry(table), &shortCombs)
                case nil: take(entry(nil), &windows)
                }
            }
            windows.run(&verdicts)
            shortCombs.run(&verdicts)
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
