// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi
import Testing

@Suite("SM2 key tables")
struct KeyCacheTests {
    private static let tableBytes = 256 << 10

    @Test(
        "tables never exceed their bound, and verdicts stay right while they come and go (CRYPTO-9)",
        arguments: Way.withCombs)
    func bound(way: Way) {
        let claims = Sample.thin(VerifierTests.claims(12, keys: 12, seed: 40))
        var verifier = way.verifier(tableBytesMax: 3 * KeyCacheTests.tableBytes + 1)
        for round in 0..<2 {
            for claim in claims {
                #expect(verifier.verify([claim, claim]) == [true, true])
                #expect(verifier.tableCount <= 3)
            }
            #expect(verifier.tableCount == 3, "round \(round)")
        }
        #expect(
            verifier.verify(claims + claims.reversed()) == claims.map { _ in true } + claims.map { _ in true }
        )
    }

    @Test("less room than one table means no tables (CRYPTO-9)", arguments: Way.all)
    func noRoom(way: Way) {
        let claims = VerifierTests.claims(2, keys: 1, seed: 41)
        for bytes in [-1, 0, KeyCacheTests.tableBytes - 1] {
            var verifier = SM2.Verifier(tableBytesMax: bytes, path: way.path, usesBeforeTable: 0)
            #expect(verifier.verify(claims) == [true, true])
            #expect(verifier.tableCount == 0)
        }
    }

    @Test(
        "a table is built when the key has been used often enough, not before (CRYPTO-9)",
        arguments: Way.withCombs)
    func threshold(way: Way) {
        let claim = VerifierTests.claims(1, keys: 1, seed: 42)[0]
        var verifier = SM2.Verifier(path: way.path, usesBeforeTable: 5)
        for use in 1...8 {
            #expect(verifier.verify([claim]) == [true])
            #expect(verifier.tableCount == (use > 5 ? 1 : 0), "use \(use)")
        }
    }

    @Test("a copied verifier and its original go on apart (CRYPTO-9)", arguments: Way.withCombs)
    func copies(way: Way) {
        let claims = VerifierTests.claims(2, keys: 2, seed: 43)
        var first = way.verifier()
        _ = first.verify([claims[0]])
        var second = first
        #expect(second.verify(claims) == [true, true])
        #expect(first.tableCount == 1)
        #expect(second.tableCount == 2)
    }

    @Test(
        "a crowd's tables never exceed their bound, and verdicts stay right while they come and go (CRYPTO-9)",
        arguments: Way.withShortCombs)
    func crowdBound(way: Way) {
        let claims = Sample.thin(VerifierTests.claims(30, keys: 30, seed: 44))
        var verifier = way.verifier(crowdMax: 10)
        for _ in 0..<2 {
            for claim in claims {
                #expect(verifier.verify([claim, claim]) == [true, true])
                #expect(verifier.tableCount <= 10)
            }
        }
        #expect(verifier.tableCount == min(10, claims.count))
        #expect(verifier.verify(claims + claims.reversed()) == (claims + claims).map { _ in true })
    }

    @Test(
        "in lanes short tables are made for eight keys at their second use, or when eight uses waited (CRYPTO-9)",
        .enabled(if: CodePath.avx512ifma.isSupported, "this machine has no AVX-512 IFMA"))
    func crowdThreshold() {
        let claims = VerifierTests.claims(9, keys: 9, seed: 45)
        var verifier = SM2.Verifier(tableBytesMax: 0, crowdMax: 100, path: .avx512ifma)
        for (index, claim) in (claims + claims.prefix(7)).enumerated() {
            #expect(verifier.verify([claim]) == [true])
            #expect(verifier.tableCount == 0, "use \(index)")
        }
        #expect(verifier.verify([claims[7]]) == [true])
        #expect(verifier.tableCount == 8)
        // The ninth waits alone: seven more uses, and at the eighth it gets its table.
        for use in 1...8 {
            #expect(verifier.tableCount == 8)
            #expect(verifier.verify([claims[8]]) == [true], "use \(use)")
        }
        #expect(verifier.tableCount == 9)
        // Each of the eight made together is its own key's.
        let wrong = claims.map { SM2.DigestClaim(key: $0.key, digest: .zero, signature: $0.signature) }
        #expect(verifier.verify(claims + wrong) == claims.map { _ in true } + wrong.map { _ in false })
    }

    @Test("portably a short table is made at the third use (CRYPTO-9)")
    func crowdThresholdPortably() {
        let claim = VerifierTests.claims(1, keys: 1, seed: 46)[0]
        var verifier = SM2.Verifier(tableBytesMax: 0, crowdMax: 100, path: .portable)
        for use in 1...4 {
            #expect(verifier.verify([claim]) == [true])
            #expect(verifier.tableCount == (use > 2 ? 1 : 0), "use \(use)")
        }
    }

    @Test("a crowd twice too large keeps the tables it has instead of making new ones all the time (CRYPTO-9)")
    func crowdTooLarge() {
        let claims = VerifierTests.claims(16, keys: 16, seed: 47)
        var verifier = SM2.Verifier(tableBytesMax: 0, crowdMax: 8, path: .portable)
        for _ in 0..<3 { #expect(verifier.verify(claims).allSatisfy { $0 }) }
        let held = verifier.tableKeys
        #expect(held.count == 8)
        for _ in 0..<20 { #expect(verifier.verify(claims).allSatisfy { $0 }) }
        #expect(verifier.tableKeys == held)
        // Those that are no longer used make room for those that are: four times the bound, at two uses each, is long.
        let others = claims.filter { !held.contains($0.key) }
        for _ in 0..<30 { #expect(verifier.verify(others).allSatisfy { $0 }) }
        #expect(verifier.tableKeys == Set(others.map { $0.key }))
    }

    @Test("who finds no place for a small table still earns a large one (CRYPTO-9)", arguments: Way.withShortCombs)
    func lateKey(way: Way) {
        let claims = VerifierTests.claims(9, keys: 9, seed: 49)
        var verifier = SM2.Verifier(tableBytesMax: KeyCacheTests.tableBytes, crowdMax: 8, path: way.path)
        for _ in 0..<4 { #expect(verifier.verify(Array(claims.prefix(8))).allSatisfy { $0 }) }
        #expect(verifier.tableKeys == Set(claims.prefix(8).map { $0.key }))
        for _ in 0..<170 {
            #expect(verifier.verify([claims[8], claims[8]]) == [true, true])
            #expect(verifier.verify(Array(claims.prefix(8))).allSatisfy { $0 })
        }
        #expect(verifier.tableKeys.contains(claims[8].key))
    }

    @Test("keys used now and then do not hold the large tables against those used all the time (CRYPTO-9)")
    func squatters() {
        let claims = VerifierTests.claims(2, keys: 2, seed: 50)
        var verifier = SM2.Verifier(
            tableBytesMax: KeyCacheTests.tableBytes, path: .portable, usesBeforeTable: 8)
        for _ in 0..<9 { #expect(verifier.verify([claims[0]]) == [true]) }
        #expect(verifier.tableKeys == [claims[0].key])
        // One use in sixteen: below four in a window of thirty-two.
        for _ in 0..<8 {
            for _ in 0..<15 { #expect(verifier.verify([claims[1]]) == [true]) }
            #expect(verifier.verify([claims[0]]) == [true])
        }
        #expect(verifier.tableKeys == [claims[1].key])
        // And one in four keeps its place.
        for _ in 0..<40 {
            #expect(verifier.verify([claims[0], claims[0], claims[0], claims[1]]) == [true, true, true, true])
        }
        #expect(verifier.tableKeys == [claims[1].key])
    }

    @Test(
        "a key of a crowd that comes again and again gets a large table in the end (CRYPTO-9)",
        arguments: Way.withShortCombs)
    func promotion(way: Way) {
        let claim = VerifierTests.claims(1, keys: 1, seed: 48)[0]
        var verifier = SM2.Verifier(tableBytesMax: KeyCacheTests.tableBytes, crowdMax: 4, path: way.path)
        let uses = way.path == .portable ? 2 + 40 : 1 + 7 + 167
        for use in 1...uses {
            #expect(verifier.verify([claim]) == [true])
            #expect(verifier.tableCount <= 1, "use \(use)")
        }
        #expect(verifier.verify([claim, claim]) == [true, true])
        // Its short table stays until another key wants the place.
        #expect(verifier.tableCount == 2)
    }

    @Test("JIUDING_SIMD decides nothing but the path (CRYPTO-8)")
    func paths() {
        #expect(CodePath.sm2 == .portable || CodePath.sm2 == .avx512ifma)
        #expect(CodePath.portable.isSupported)
        #expect(SM2.Verifier().path == CodePath.sm2)
    }
}
