// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi
import Testing

/// One of the ways a verdict can come about; all must agree (CRYPTO-8).
struct Way: CustomTestStringConvertible, Sendable {
    /// What each key gets at its first use.
    enum Table: String, CaseIterable, Sendable {
        case comb = "with combs"
        case shortComb = "with short combs"
        case none = "without tables"
    }

    let path: CodePath
    let table: Table

    /// Every way this machine has.
    static let all: [Way] = [CodePath.portable, .avx512ifma].filter { $0.isSupported }
        .flatMap { path in Table.allCases.map { Way(path: path, table: $0) } }
    static let withCombs = all.filter { $0.table == .comb }
    static let withShortCombs = all.filter { $0.table == .shortComb }

    var testDescription: String { "\(path.rawValue), \(table.rawValue)" }

    func verifier(tableBytesMax: Int = 64 << 20, crowdMax: Int = 10_000) -> SM2.Verifier {
        SM2.Verifier(
            tableBytesMax: table == .comb ? tableBytesMax : 0, crowdMax: table == .shortComb ? crowdMax : 0,
            path: path, usesBeforeTable: 0)
    }
}

/// Unoptimised arithmetic is a hundred times slower, so a debug build draws smaller samples of the same
/// stream.
enum Sample {
    #if DEBUG
    static func size(_ full: Int) -> Int { max(8, full / 100) }
    #else
    static func size(_ full: Int) -> Int { full }
    #endif

    /// The whole list, or in a debug build a few of it from everywhere.
    static func thin<Element>(_ list: [Element]) -> [Element] {
        #if DEBUG
        stride(from: 0, to: list.count, by: max(1, list.count / 3)).map { list[$0] }
        #else
        list
        #endif
    }
}

/// A claim built backwards from the scalars of its sum, and whether it is true.
///
/// For key Q = dG and any s and t the sum is (s + td)·G. With x its abscissa, r = t - s and e = r - x make a
/// signature that must be accepted: so a test decides which points meet in the middle of the sum.
struct BuiltClaim {
    let claim: SM2.DigestClaim
    let isTrue: Bool

    /// - Returns: nil where r would be 0.
    init?(d: Digest, s: Digest, t: Digest) {
        let n = Modulus.n
        let r = n.subtract(t, s)
        if r == .zero { return nil }
        guard let key = BuiltClaim.point(d) else { return nil }
        // At infinity the sum has no abscissa; whatever is taken for it, the claim is false.
        let sum = BuiltClaim.point(n.add(s, n.multiply(t, d)))
        let e = n.subtract(r, n.reduce(sum?.x ?? .zero))
        claim = SM2.DigestClaim(key: key, digest: e, signature: SM2.Signature(r: r, s: s))
        isTrue = sum != nil
    }

    /// The same claim about another digest: false.
    var falsified: SM2.DigestClaim {
        SM2.DigestClaim(
            key: claim.key, digest: Modulus.n.add(claim.digest, Digest(1)), signature: claim.signature)
    }

    /// k·G; nil for k = 0.
    static func point(_ k: Digest) -> SM2.PublicKey? {
        var random = SeededRandom(seed: 0)
        if k == .zero { return nil }
        if let signer = SM2.ThrowAwaySigner(privateKey: k, from: &random) { return signer.publicKey }
        // Only n - 1 is no private key: its point is -G.
        let generator = SM2.ThrowAwaySigner(privateKey: Digest(1), from: &random)!.publicKey
        return SM2.PublicKey(generator.x.bytes + Modulus.p.negate(generator.y).bytes)
    }
}
