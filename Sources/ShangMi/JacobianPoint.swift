// SPDX-License-Identifier: Apache-2.0

/// A point of the SM2 curve y² = x³ - 3x + b, not at infinity.
struct AffinePoint: Hashable, Sendable {
    var x: FieldElement
    var y: FieldElement

    /// The generator G (GB/T 32918.5-2017).
    static var generator: AffinePoint {
        AffinePoint(
            x: FieldElement(
                montgomery: Wide256(
                    0x6132_8990_f418_029e, 0x3e79_81ed_dca6_c050, 0xd6a1_ed99_ac24_c3c3, 0x9116_7a5e_e1c1_3b05
                )),
            y: FieldElement(
                montgomery: Wide256(
                    0xc135_4e59_3c2d_0ddd, 0xc1f5_e578_8d32_95fa, 0x8d4c_fb06_6e2a_48f8, 0x63cd_65d4_81d7_35bd
                )))
    }

    /// Whether the coordinates satisfy the curve's equation.
    /// - Cost: three products, about 50 ns.
    var isOnCurve: Bool {
        let three = FieldElement.one.doubled + .one
        return y.squared() == (x.squared() - three) * x + .b
    }

    /// The same point, or its negative.
    @inline(__always)
    func negated(_ negate: Bool) -> AffinePoint { negate ? AffinePoint(x: x, y: y.negated) : self }
}

/// A point as (X : Y : Z), standing for x = X/Z², y = Y/Z³; Z = 0 is the point at infinity.
///
/// Jacobian coordinates put off the division to the very end, and verification never divides at all.
struct JacobianPoint: Sendable {
    var x: FieldElement
    var y: FieldElement
    var z: FieldElement

    @inline(__always)
    init(x: FieldElement, y: FieldElement, z: FieldElement) {
        self.x = x
        self.y = y
        self.z = z
    }

    @inline(__always)
    init(_ point: AffinePoint) { self.init(x: point.x, y: point.y, z: .one) }

    static var infinity: JacobianPoint { JacobianPoint(x: .zero, y: .zero, z: .zero) }

    @inline(__always)
    var isInfinity: Bool { z.isZero }

    /// Doubles the point; infinity stays infinity, since the new Z is 2YZ.
    /// - Cost: three products and five squarings ("dbl-2001-b" for a = -3).
    mutating func double() {
        let delta = z.squared()
        let gamma = y.squared()
        let beta = x * gamma
        var alpha = (x - delta) * (x + delta)
        alpha = alpha.doubled + alpha
        let beta4 = beta.doubled.doubled
        let newX = alpha.squared() - beta4.doubled
        z = (y + z).squared() - gamma - delta
        x = newX
        y = alpha * (beta4 - newX) - gamma.squared().doubled.doubled.doubled
    }

    /// Adds a point given by its affine coordinates.
    /// - Cost: eight products and three squarings.
    mutating func add(_ other: AffinePoint) {
        if isInfinity {
            self = JacobianPoint(other)
            return
        }
        let zz = z.squared()
        let h = other.x * zz - x
        let slope = zz * z * other.y - y
        if h.isZero {
            finishExceptionalAddition(slope: slope)
            return
        }
        let hh = h.squared()
        let hhh = hh * h
        let v = x * hh
        let newX = slope.squared() - hhh - v - v
        y = slope * (v - newX) - hhh * y
        x = newX
        z = z * h
    }

    /// Adds a multiple of the key, or its negative.
    /// - Cost: twelve products and two squarings: the other point's Z², Z³ are kept with it.
    mutating func add(_ other: KeyMultiple, negated: Bool) {
        let otherY = negated ? other.point.y.negated : other.point.y
        if isInfinity {
            self = JacobianPoint(x: other.point.x, y: otherY, z: other.point.z)
            return
        }
        let zz = z.squared()
        let u = x * other.zz
        let s = y * other.zzz
        let h = other.point.x * zz - u
        let slope = zz * z * otherY - s
        if h.isZero {
            finishExceptionalAddition(slope: slope)
            return
        }
        let hh = h.squared()
        let hhh = hh * h
        let v = u * hh
        let newX = slope.squared() - hhh - v - v
        y = slope * (v - newX) - hhh * s
        x = newX
        z = z * other.point.z * h
    }

    /// The addition formulas divide by x₁ - x₂. Where that is zero the points are equal or opposite.
    private mutating func finishExceptionalAddition(slope: FieldElement) {
        if slope.isZero { double() } else { self = .infinity }
    }

    /// Affine coordinates of many points for the price of one inversion.
    /// - Precondition: none is at infinity.
    static func affine(_ points: [JacobianPoint]) -> [AffinePoint] {
        var inverses = points.map { $0.z }
        FieldElement.invertAll(&inverses)
        return points.indices.map { index in
            let inverse = inverses[index]
            let square = inverse.squared()
            return AffinePoint(x: points[index].x * square, y: points[index].y * (square * inverse))
        }
    }
}

/// A small multiple of a key met for the first time, with the powers of Z an addition needs.
struct KeyMultiple: Sendable {
    var point: JacobianPoint
    var zz: FieldElement
    var zzz: FieldElement

    @inline(__always)
    init(_ point: JacobianPoint) {
        self.point = point
        zz = point.z.squared()
        zzz = zz * point.z
    }
}
