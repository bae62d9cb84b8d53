// SPDX-License-Identifier: Apache-2.0

/// What is left of a signature once its numbers are checked: does sG + tQ have the abscissa the signature
/// promises?
///
/// Verification of (r, s) over the digest e with key Q (GB/T 32918.2-2016 section 7.1): r and s in 1…n-1;
/// t = r + s mod n, not 0; (x, y) = sG + tQ; accept where e + x ≡ r mod n. The sum at infinity has no x:
/// rejected. Every code path starts from `init` and ends in `isSolved`; between them it only computes a sum
/// of points.
/// - Spec: CRYPTO-4, CRYPTO-5, CRYPTO-8.
struct SignatureEquation: Sendable {
    let s: Scalar
    let t: Scalar
    /// (r - e) mod n, which the sum's x must be congruent to.
    let target: Scalar

    /// - Returns: nil where the numbers alone say no.
    init?(_ signature: SM2.Signature, digest: Digest) {
        guard let r = Scalar(Wide256(signature.r)), let s = Scalar(Wide256(signature.s)) else { return nil }
        let t = r + s
        if r.isZero || s.isZero || t.isZero { return nil }
        self.s = s
        self.t = t
        target = r - Scalar(reducing: Wide256(digest))
    }

    /// Judges the sum: is X/Z² ≡ target mod n? `z` is not zero.
    ///
    /// Nothing is divided: X/Z² = x ⇔ X = x·Z². An x below p that is congruent to the target is the target
    /// itself or target + n; more there cannot be, since p < 2n, and the second only where it stays below p,
    /// which is rare enough (2^-127) that only a directed test ever sees it.
    func isSolved(x: FieldElement, z: FieldElement) -> Bool {
        let zz = z.squared()
        if FieldElement(integer: target.value) * zz == x { return true }
        let (second, carry) = Wide256.add(target.value, Scalar.n)
        guard carry == 0, second < FieldElement.p else { return false }
        return FieldElement(integer: second) * zz == x
    }

    /// The portable path for a key without a table.
    /// - Cost: about 3,300 field products, 50 µs.
    func isSolved(key: AffinePoint, generator: MultiplesTable) -> Bool {
        typealias Window = MultiplesTable.Window
        let multiples = SignatureEquation.multiples(of: key)
        let keyDigits = t.value.signedDigits(width: Window.keyWidth, of: InlineArray<52, Int16>.self)
        let generatorDigits = s.value.signedDigits(
            width: Window.generatorWidth, of: InlineArray<26, Int16>.self)
        var sum = JacobianPoint.infinity
        for index in stride(from: Window.keyDigits - 1, through: 0, by: -1) {
            if !sum.isInfinity { for _ in 0..<Window.keyWidth { sum.double() } }
            let digit = Int(keyDigits[index])
            if digit != 0 { sum.add(multiples[abs(digit) - 1], negated: digit < 0) }
            // Digit i of the generator has the weight of digit 2i of the key.
            if index & 1 == 0, generatorDigits[index >> 1] != 0 {
                sum.add(
                    generator.multiple(
                        Int(generatorDigits[index >> 1]), block: 0, multiplesCount: Window.generatorMultiples)
                )
            }
        }
        return !sum.isInfinity && isSolved(x: sum.x, z: sum.z)
    }

    /// The portable path for a key with a table.
    /// - Cost: 64 mixed additions, about 12 µs.
    func isSolved(keyComb: MultiplesTable, generatorComb: MultiplesTable) -> Bool {
        var sum = JacobianPoint.infinity
        generatorComb.addProduct(s, to: &sum)
        keyComb.addProduct(t, to: &sum)
        return !sum.isInfinity && isSolved(x: sum.x, z: sum.z)
    }

    /// The portable path for a key with a short table.
    /// - Cost: 96 mixed additions and 28 doublings, about 20 µs.
    func isSolved(shortComb: MultiplesTable, generatorComb: MultiplesTable) -> Bool {
        var sum = JacobianPoint.infinity
        shortComb.addShortProduct(t, to: &sum)
        generatorComb.addProduct(s, to: &sum)
        return !sum.isInfinity && isSolved(x: sum.x, z: sum.z)
    }

    /// Q, 2Q … 16Q. Never exceptional: jQ = ±Q for 1 < j < 16 would need n to divide j ± 1.
    private static func multiples(of key: AffinePoint) -> InlineArray<16, KeyMultiple> {
        let first = JacobianPoint(key)
        var multiples = InlineArray<16, KeyMultiple>(repeating: KeyMultiple(first))
        for index in 1..<16 {
            // An even multiple is the double of one half as large, which is cheaper than an addition.
            var point = multiples[index & 1 == 1 ? index / 2 : index - 1].point
            if index & 1 == 1 { point.double() } else { point.add(key) }
            multiples[index] = KeyMultiple(point)
        }
        return multiples
    }
}
