// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi
import Testing

@Suite("SM2 key tables")
struct KeyCacheTests {
    private static let tableBytes = 256 << 10

    @Test(
        "tables never exceed their bound, and verdicts stay right while they come and go (CRYPTO-9)",
        arguments: Way.all.filter { $0.combs })
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
        arguments: Way.all.filter { $0.combs })
    func threshold(way: Way) {
        let claim = VerifierTests.claims(1, keys: 1, seed: 42)[0]
        var verifier = SM2.Verifier(path: way.path, usesBeforeTable: 5)
        for use in 1...8 {
            #expect(verifier.verify([claim]) == [true])
            #expect(verifier.tableCount == (use > 5 ? 1 : 0), "use \(use)")
        }
    }

    @Test("a copied verifier and its original go on apart (CRYPTO-9)", arguments: Way.all.filter { $0.combs })
    func copies(way: Way) {
        let claims = VerifierTests.claims(2, keys: 2, seed: 43)
        var first = way.verifier()
        _ = first.verify([claims[0]])
        var second = first
        #expect(second.verify(claims) == [true, true])
        #expect(first.tableCount == 1)
        #expect(second.tableCount == 2)
    }

    @Test("JIUDING_SIMD decides nothing but the path (CRYPTO-8)")
    func paths() {
        #expect(CodePath.sm2 == .portable || CodePath.sm2 == .avx512ifma)
        #expect(CodePath.portable.isSupported)
        #expect(SM2.Verifier().path == CodePath.sm2)
    }
}
