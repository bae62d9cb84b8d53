// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Ledger
import ShangMi

/// A whole number modulo one of the curve's two primes: four words, least significant first. Slow and plain.
struct Residue: Hashable, Sendable {
    var words: [UInt64]

    init(_ words: [UInt64]) { self.words = words }

    init(_ digest: Digest) {
        let (a, b, c, d) = digest.words
        words = [d, c, b, a]
    }

    var digest: Digest { Digest(words: (words[3], words[2], words[1], words[0])) }
    var isZero: Bool { words.allSatisfy { $0 == 0 } }
    static let zero = Residue([0, 0, 0, 0])
    static let one = Residue([1, 0, 0, 0])

    func bit(_ index: Int) -> Bool { words[index / 64] >> UInt64(index % 64) & 1 == 1 }

    static func less(_ left: [UInt64], _ right: [UInt64]) -> Bool {
        for index in left.indices.reversed() where left[index] != right[index] {
            return left[index] < right[index]
        }
        return false
    }
}

/// Arithmetic modulo an odd number of 256 bits whose highest bit is set.
struct Modulus: Sendable {
    let value: [UInt64]
    /// 2^256 modulo the value: what a word that falls off the top is worth.
    let fold: [UInt64]

    init(hex: String) {
        guard let digest = Digest(hex: hex) else { preconditionFailure("a modulus has 64 digits") }
        value = Residue(digest).words
        fold = Modulus.subtract([0, 0, 0, 0], value).0
    }

    private static func subtract(_ left: [UInt64], _ right: [UInt64]) -> ([UInt64], borrow: Bool) {
        var out = left
        var borrow = false
        for index in 0..<4 {
            let (first, under) = left[index].subtractingReportingOverflow(right[index])
            let (second, again) = first.subtractingReportingOverflow(borrow ? 1 : 0)
            out[index] = second
            borrow = under || again
        }
        return (out, borrow)
    }

    func reduce(_ words: [UInt64]) -> Residue {
        Residue.less(words, value) ? Residue(words) : Residue(Modulus.subtract(words, value).0)
    }

    func add(_ left: Residue, _ right: Residue) -> Residue {
        var out = left.words
        var carry = false
        for index in 0..<4 {
            let (first, over) = left.words[index].addingReportingOverflow(right.words[index])
            let (second, again) = first.addingReportingOverflow(carry ? 1 : 0)
            out[index] = second
            carry = over || again
        }
        return carry ? Residue(Modulus.subtract(out, value).0) : reduce(out)
    }

    func subtract(_ left: Residue, _ right: Residue) -> Residue {
        let (out, borrow) = Modulus.subtract(left.words, right.words)
        return borrow ? Residue(Modulus.subtract(out, fold).0) : Residue(out)
    }

    /// Schoolbook product, then the high half folded down until nothing is left above.
    func multiply(_ left: Residue, _ right: Residue) -> Residue {
        var wide = Modulus.product(left.words, right.words)
        while wide[4...].contains(where: { $0 != 0 }) {
            var next = Modulus.product(Array(wide[4...]), fold)
            var carry = false
            for index in 0..<8 {
                let (first, over) = next[index].addingReportingOverflow(index < 4 ? wide[index] : 0)
                let (second, again) = first.addingReportingOverflow(carry ? 1 : 0)
                next[index] = second
                carry = over || again
            }
            wide = next
        }
        return reduce(Array(wide[..<4]))
    }

    private static func product(_ left: [UInt64], _ right: [UInt64]) -> [UInt64] {
        var wide = [UInt64](repeating: 0, count: 8)
        for i in 0..<4 {
            var carry: UInt64 = 0
            for j in 0..<4 {
                let (high, low) = left[i].multipliedFullWidth(by: right[j])
                let (first, over) = low.addingReportingOverflow(wide[i + j])
                let (second, again) = first.addingReportingOverflow(carry)
                wide[i + j] = second
                carry = high + (over ? 1 : 0) + (again ? 1 : 0)
            }
            wide[i + 4] = carry
        }
        return wide
    }

    /// The inverse by Fermat: the value is prime.
    func invert(_ base: Residue) -> Residue {
        let exponent = Residue(Modulus.subtract(value, [2, 0, 0, 0]).0)
        var out = Residue.one
        for index in (0..<256).reversed() {
            out = multiply(out, out)
            if exponent.bit(index) { out = multiply(out, base) }
        }
        return out
    }
}

/// SM2 signatures as the standard writes them (GB/T 32918.2-2016), for tests only: no table, no trick, not
/// constant in time. It signs throw-away keys and is an oracle apart from `ShangMi`.
enum ReferenceSM2 {
    static let p = Modulus(hex: "fffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff")
    static let n = Modulus(hex: "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123")
    static let a = p.subtract(.zero, Residue([3, 0, 0, 0]))
    static let b = residue("28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93")
    static let generator = Point(
        x: residue("32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"),
        y: residue("bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"), z: .one)

    static func residue(_ hex: String) -> Residue {
        guard let digest = Digest(hex: hex) else { preconditionFailure("64 digits") }
        return Residue(digest)
    }

    /// A point in Jacobian coordinates; z = 0 is the point at infinity.
    struct Point: Sendable {
        var x: Residue
        var y: Residue
        var z: Residue
        static let infinity = Point(x: .one, y: .one, z: .zero)

        func doubled() -> Point {
            if z.isZero || y.isZero { return .infinity }
            let yy = p.multiply(y, y)
            let s = p.multiply(Residue([4, 0, 0, 0]), p.multiply(x, yy))
            let zz = p.multiply(z, z)
            let m = p.multiply(Residue([3, 0, 0, 0]), p.multiply(p.subtract(x, zz), p.add(x, zz)))
            let x3 = p.subtract(p.multiply(m, m), p.add(s, s))
            let tail = p.multiply(Residue([8, 0, 0, 0]), p.multiply(yy, yy))
            let y3 = p.subtract(p.multiply(m, p.subtract(s, x3)), tail)
            return Point(x: x3, y: y3, z: p.multiply(p.add(y, y), z))
        }

        func plus(_ other: Point) -> Point {
            if z.isZero { return other }
            if other.z.isZero { return self }
            let z1 = p.multiply(z, z)
            let z2 = p.multiply(other.z, other.z)
            let u1 = p.multiply(x, z2)
            let u2 = p.multiply(other.x, z1)
            let s1 = p.multiply(y, p.multiply(z2, other.z))
            let s2 = p.multiply(other.y, p.multiply(z1, z))
            if u1 == u2 { return s1 == s2 ? doubled() : .infinity }
            let h = p.subtract(u2, u1)
            let r = p.subtract(s2, s1)
            let hh = p.multiply(h, h)
            let hhh = p.multiply(h, hh)
            let v = p.multiply(u1, hh)
            let x3 = p.subtract(p.subtract(p.multiply(r, r), hhh), p.add(v, v))
            let y3 = p.subtract(p.multiply(r, p.subtract(v, x3)), p.multiply(s1, hhh))
            return Point(x: x3, y: y3, z: p.multiply(h, p.multiply(z, other.z)))
        }

        func times(_ scalar: Residue) -> Point {
            var out = Point.infinity
            for index in (0..<256).reversed() {
                out = out.doubled()
                if scalar.bit(index) { out = out.plus(self) }
            }
            return out
        }

        /// The affine coordinates; the point must not be at infinity.
        var affine: (x: Residue, y: Residue) {
            let inverse = p.invert(z)
            let square = p.multiply(inverse, inverse)
            return (p.multiply(x, square), p.multiply(y, p.multiply(square, inverse)))
        }
    }

    /// e = SM3(Z ‖ message), Z over the default user ID, the curve and the key.
    static func challenge(_ key: SM2.PublicKey, _ message: [UInt8]) -> Residue {
        var input: [UInt8] = [0, 128] + SM2.defaultUserID
        for value in [a, b, generator.x, generator.y] { input += value.digest.bytes }
        return n.reduce(Residue(SM3.hash(SM3.hash(input + key.bytes).bytes + message)).words)
    }

    static func sign(_ message: [UInt8], secret: Residue, key: SM2.PublicKey) -> SM2.Signature {
        let e = challenge(key, message)
        // A nonce from the key and the message: the same vector on every run.
        let k = n.reduce(Residue(SM3.hash(secret.digest.bytes + message)).words)
        let r = n.add(e, n.reduce(generator.times(k).affine.x.words))
        let s = n.multiply(n.invert(n.add(.one, secret)), n.subtract(k, n.multiply(r, secret)))
        return SM2.Signature(r: r.digest, s: s.digest)
    }

    /// y² = x³ + ax + b, both below p.
    static func isOnCurve(_ key: SM2.PublicKey) -> Bool {
        let (x, y) = (Residue(key.x), Residue(key.y))
        guard Residue.less(x.words, p.value), Residue.less(y.words, p.value) else { return false }
        return p.multiply(y, y) == p.add(p.multiply(p.add(p.multiply(x, x), a), x), b)
    }

    static func verify(_ claim: SM2.Claim) -> Bool {
        let r = Residue(claim.signature.r)
        let s = Residue(claim.signature.s)
        for value in [r, s] where value.isZero || !Residue.less(value.words, n.value) { return false }
        let t = n.add(r, s)
        if t.isZero { return false }
        let point = Point(x: Residue(claim.key.x), y: Residue(claim.key.y), z: .one)
        let sum = generator.times(s).plus(point.times(t))
        if sum.z.isZero { return false }
        return n.add(challenge(claim.key, claim.message), n.reduce(sum.affine.x.words)) == r
    }
}
