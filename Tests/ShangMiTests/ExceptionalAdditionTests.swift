// SPDX-License-Identifier: Apache-2.0
import Bedrock
import ShangMi
import Testing

/// Sums in which equal or opposite points meet, where the addition formulas fail and every path must notice.
@Suite("SM2 exceptional additions")
struct ExceptionalAdditionTests {
    /// Checks claims built from (d, s, t) and their falsified twins, among ordinary true claims in other
    /// lanes.
    private func check(_ all: [(d: Digest, s: Digest, t: Digest)], _ way: Way) {
        let scalars = Sample.thin(all)
        let ordinary = VerifierTests.claims(8, keys: 2, seed: 20)
        var batch: [SM2.DigestClaim] = []
        var expected: [Bool] = []
        var triples: [(d: Digest, s: Digest, t: Digest)] = []
        for (index, triple) in scalars.enumerated() {
            guard let built = BuiltClaim(d: triple.d, s: triple.s, t: triple.t) else { continue }
            triples.append(triple)
            batch += [built.claim, built.falsified, ordinary[index % 8]]
            // Where the sum is infinity both digests are wrong, as any would be.
            expected += [built.isTrue, false, true]
        }
        var verifier = way.verifier()
        let verdicts = verifier.verify(batch)
        for index in batch.indices where verdicts[index] != expected[index] {
            let triple = triples[index / 3]
            Issue.record("\(way): \(index % 3) of d \(triple.d.hex) s \(triple.s.hex) t \(triple.t.hex)")
        }
    }

    private static let n = Modulus.n
    private static let minusOne = n.negate(Digest(1))

    @Test("a sum that is infinity at the end is rejected, for any key (CRYPTO-4)", arguments: Way.all)
    func infinityAtTheEnd(way: Way) {
        var random = SeededRandom(seed: 21)
        var scalars: [(d: Digest, s: Digest, t: Digest)] = []
        for index in 0..<Sample.size(200) {
            let d =
                index % 3 == 0 ? Digest(UInt64(index + 1)) : Self.n.reduce(Digest(random.bytes(count: 32))!)
            let t = Self.n.reduce(Digest(random.bytes(count: 32))!)
            scalars.append((d, Self.n.negate(Self.n.multiply(t, d)), t))
        }
        check(scalars, way)
    }

    @Test(
        "a comb's sum may meet the next multiple or its opposite at any block (CRYPTO-8)", arguments: Way.all)
    func combMeetings(way: Way) {
        var scalars: [(d: Digest, s: Digest, t: Digest)] = []
        for block in stride(from: 0, to: 31, by: Sample.size(100) == 100 ? 1 : 6) {
            // Up to this block only one digit of each scalar is not zero, and they meet; above it both go on.
            let unit = Digest.power(8 * block)
            for high in [Digest.power(8 * block + 9), Digest.power(246)] {
                let s = Self.n.add(unit, high)
                let t = Self.n.add(unit, Self.n.add(high, high))
                for d in [Digest(1), Self.minusOne] { scalars.append((d, s, t)) }
                scalars.append((Digest(1), s, Self.n.subtract(Self.n.add(high, high), unit)))
                scalars.append((Digest(3), Self.n.multiply(Digest(3), s), t))
            }
        }
        check(scalars, way)
    }

    @Test(
        "a comb whose whole generator half equals or opposes the key half is judged rightly (CRYPTO-8)",
        arguments: Way.all)
    func wholeHalvesMeet(way: Way) {
        var random = SeededRandom(seed: 22)
        var scalars: [(d: Digest, s: Digest, t: Digest)] = []
        for _ in 0..<Sample.size(200) {
            // The portable comb adds all of sG before it begins with tQ: Q = ±s/b·G meets it at t's first
            // digit b.
            let s = Self.n.reduce(Digest(random.bytes(count: 32))!)
            let t = Self.n.add(
                Digest(1), Self.n.multiply(Digest.power(8), Digest(UInt64(random.below(1 << 30)))))
            scalars.append((s, s, t))
            scalars.append((Self.n.negate(s), s, t))
        }
        check(scalars, way)
    }

    @Test(
        "a short comb's whole key half may meet the generator's first multiple or its opposite (CRYPTO-8)",
        arguments: Way.all)
    func shortCombMeetings(way: Way) {
        var random = SeededRandom(seed: 24)
        var scalars: [(d: Digest, s: Digest, t: Digest)] = []
        for block in stride(from: 0, to: 30, by: Sample.size(100) == 100 ? 1 : 6) {
            for digit in [1, 2, 7, 8, 9, 100, 127] as [UInt64] {
                // The key half is the generator's digit at this block; the generator's scalar has that digit and more.
                let t = Self.n.multiply(Digest(digit), Digest.power(8 * block))
                let s = Self.n.add(
                    t, Self.n.multiply(Digest.power(8 * block + 8), Digest(UInt64(1 + random.below(200)))))
                for d in [Digest(1), Self.minusOne] { scalars.append((d, s, t)) }
            }
        }
        check(scalars, way)
    }

    @Test(
        "a window's sum may meet the next multiple or its opposite at any digit (CRYPTO-8)",
        arguments: Way.all)
    func windowMeetings(way: Way) {
        var scalars: [(d: Digest, s: Digest, t: Digest)] = []
        for digit in stride(from: 0, to: 25, by: Sample.size(100) == 100 ? 1 : 5) {
            let weight = Digest.power(10 * digit)
            for value in [1, 2, 7, 16, 33] as [UInt64] {
                let multiple = Self.n.multiply(weight, Digest(value))
                let tail = digit == 0 ? Digest.zero : Digest(1)
                let s = Self.n.add(multiple, tail)
                let t = Self.n.add(multiple, Self.n.add(tail, tail))
                for d in [Digest(1), Self.minusOne] { scalars.append((d, s, t)) }
                // The generator's digit is in first and the key's own multiple meets it five doublings later.
                let doubled = Self.n.add(weight, Self.n.multiply(Digest(1 << 5), weight))
                scalars.append((Digest(32), doubled, Self.n.add(weight, tail)))
                scalars.append((Self.n.negate(Digest(1024)), Self.n.multiply(weight, Digest(1024)), t))
            }
        }
        check(scalars, way)
    }

    @Test(
        "sparse scalars and small keys, where meetings are frequent, are judged rightly (CRYPTO-8)",
        arguments: Way.all)
    func sparseScalars(way: Way) {
        var random = SeededRandom(seed: 23)
        func sparse() -> Digest {
            var value = Digest.zero
            for _ in 0..<(1 + random.below(3)) {
                let width = [4, 5, 8][random.below(3)]
                let term = Self.n.multiply(
                    Digest.power(width * random.below(248 / width)), Digest(UInt64(1 + random.below(20))))
                value = random.below(2) == 0 ? Self.n.add(value, term) : Self.n.subtract(value, term)
            }
            return value
        }
        var scalars: [(d: Digest, s: Digest, t: Digest)] = []
        for _ in 0..<Sample.size(2000) {
            var d = Digest(UInt64(1) << UInt64(random.below(12)))
            if random.below(2) == 0 { d = Self.n.negate(d) }
            let t = sparse()
            // A third of the sums end near infinity, where opposite points meet late.
            let s = random.below(3) == 0 ? Self.n.subtract(sparse(), Self.n.multiply(t, d)) : sparse()
            if s == .zero || t == .zero { continue }
            scalars.append((d, s, t))
        }
        check(scalars, way)
    }
}
