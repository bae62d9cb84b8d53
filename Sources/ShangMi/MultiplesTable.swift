// SPDX-License-Identifier: Apache-2.0

/// Affine multiples of one point, so that multiplying it by a scalar becomes a few dozen additions.
///
/// For each base B there is a block of rows B, 2B, 3B … `multiplesCount`·B. A row is x then y, eight words,
/// and lies on a 64-byte boundary (that is why it is a SIMD vector): fetching a multiple touches exactly one
/// cache line. With `Comb.blocks` bases B = 2^(8i)·P the table holds what a scalar in 8-bit signed digits
/// asks for.
struct MultiplesTable: Sendable {
    typealias Row = SIMD8<UInt64>

    /// The schedule of a comb: 32 signed digits of 8 bits, a block of 128 multiples each, no doublings at
    /// all.
    enum Comb {
        static let width = 8
        static let blocks = 32
        static let multiplesCount = 128
        /// 262,144: what a key's table weighs.
        static let byteCount = blocks * multiplesCount * 64
    }

    /// The schedule of a short comb, for keys of a crowd: 64 signed digits of 4 bits in eight blocks of eight
    /// multiples each. The digits of a block are four doublings apart, 28 in all.
    enum ShortComb {
        static let width = 4
        static let blocks = 8
        static let digitsPerBlock = 8
        static let digits = blocks * digitsPerBlock
        static let multiplesCount = 8
        static let rowsCount = blocks * multiplesCount
        /// 4,096: what the table weighs, a sixty-fourth of a comb.
        static let byteCount = rowsCount * 64
    }

    /// The schedule where no table of the key exists: the sum is doubled five times, then takes a digit of
    /// the key's scalar, and every second time a ten-bit digit of the generator's.
    enum Window {
        static let keyWidth = 5
        static let keyDigits = 52
        static let keyMultiples = 16
        static let generatorWidth = 10
        static let generatorDigits = 26
        static let generatorMultiples = 512
    }

    /// Which radix the coordinates are in: 2^256 as all Swift code has them, or 2^260 as the lane kernels do.
    enum Radix: Sendable { case words, lanes }

    let rows: [Row]

    /// The comb of any point not at infinity.
    /// - Cost: about 25,000 field products, 0.55 ms.
    static func comb(of point: AffinePoint, radix: Radix) -> MultiplesTable {
        MultiplesTable(
            bases: bases(of: point, count: Comb.blocks, apart: Comb.width),
            multiplesCount: Comb.multiplesCount, radix: radix)
    }

    /// The short combs of some points, none at infinity, in their order.
    /// - Cost: about 3,400 field products each, 75 µs; in the lanes' radix as much for eight at once, 0.1 ms.
    static func shortCombs(of points: [AffinePoint], radix: Radix) -> [MultiplesTable] {
        switch radix {
        case .words:
            points.map {
                MultiplesTable(
                    bases: bases(
                        of: $0, count: ShortComb.blocks, apart: ShortComb.width * ShortComb.digitsPerBlock),
                    multiplesCount: ShortComb.multiplesCount, radix: .words)
            }
        case .lanes: LaneKernel.shortCombs(of: points)
        }
    }

    /// The point and what `apart` doublings make of each before it.
    private static func bases(of point: AffinePoint, count: Int, apart: Int) -> [AffinePoint] {
        var bases = [JacobianPoint(point)]
        bases.reserveCapacity(count)
        var base = bases[0]
        while bases.count < count {
            for _ in 0..<apart { base.double() }
            bases.append(base)
        }
        return JacobianPoint.affine(bases)
    }

    // The generator's tables, each built once, at first use, by whichever thread comes first.
    static let generatorComb = comb(of: .generator, radix: .words)
    static let generatorCombLanes = comb(of: .generator, radix: .lanes)
    static let generatorWindow = window(radix: .words)
    static let generatorWindowLanes = window(radix: .lanes)

    private static func window(radix: Radix) -> MultiplesTable {
        MultiplesTable(bases: [.generator], multiplesCount: Window.generatorMultiples, radix: radix)
    }

    /// Takes rows made elsewhere.
    init(rows: [Row]) { self.rows = rows }

    /// Builds all blocks at once by doubling the number of known multiples: from B…kB to B…2kB by adding kB
    /// to each.
    ///
    /// The additions of a step are independent, so they share one inversion and cost six products each
    /// instead of twenty-two by way of Jacobian coordinates. None is exceptional: jB = ±kB with 0 < j < k ≤
    /// 256 would make k ± j a multiple of n.
    private init(bases: [AffinePoint], multiplesCount: Int, radix: Radix) {
        var points = [AffinePoint](repeating: .generator, count: bases.count * multiplesCount)
        for block in bases.indices { points[block * multiplesCount] = bases[block] }
        var known = 1
        while known < multiplesCount {
            MultiplesTable.double(&points, known: known, blockSize: multiplesCount)
            known *= 2
        }
        rows = points.map { MultiplesTable.row($0, radix) }
    }

    private static func double(_ points: inout [AffinePoint], known: Int, blockSize: Int) {
        var inverses: [FieldElement] = []
        inverses.reserveCapacity(points.count / blockSize * known)
        for block in stride(from: 0, to: points.count, by: blockSize) {
            let last = points[block + known - 1]
            for index in 0..<(known - 1) { inverses.append(points[block + index].x - last.x) }
            inverses.append(last.y.doubled)  // The last addition is a doubling, whose slope divides by 2y.
        }
        FieldElement.invertAll(&inverses)
        var next = 0
        for block in stride(from: 0, to: points.count, by: blockSize) {
            let last = points[block + known - 1]
            for index in 0..<known {
                let point = points[block + index]
                let rise = index == known - 1 ? tangentRise(last) : point.y - last.y
                let slope = rise * inverses[next]
                let x = slope.squared() - point.x - last.x
                points[block + known + index] = AffinePoint(x: x, y: slope * (last.x - x) - last.y)
                next += 1
            }
        }
    }

    /// 3x² - 3: the numerator of the tangent's slope for a = -3.
    private static func tangentRise(_ point: AffinePoint) -> FieldElement {
        let square = point.x.squared() - .one
        return square.doubled + square
    }

    static func row(_ point: AffinePoint, _ radix: Radix) -> Row {
        let x = radix == .lanes ? point.x.sixteenfold.value : point.x.value
        let y = radix == .lanes ? point.y.sixteenfold.value : point.y.value
        return Row(x.w0, x.w1, x.w2, x.w3, y.w0, y.w1, y.w2, y.w3)
    }

    /// The multiple a digit asks for: `digit`·B of block `block`. The digit is not 0.
    @inline(__always)
    func multiple(_ digit: Int, block: Int, multiplesCount: Int) -> AffinePoint {
        let row = rows[block &* multiplesCount &+ abs(digit) &- 1]
        let point = AffinePoint(
            x: FieldElement(montgomery: Wide256(row[0], row[1], row[2], row[3])),
            y: FieldElement(montgomery: Wide256(row[4], row[5], row[6], row[7])))
        return point.negated(digit < 0)
    }

    /// Adds `scalar`·P to `sum`, where this is the comb of P.
    /// - Cost: 32 mixed additions, about 5 µs.
    func addProduct(_ scalar: Scalar, to sum: inout JacobianPoint) {
        let (magnitude, isNegated) = scalar.halved
        let digits = magnitude.signedDigits(width: Comb.width, of: InlineArray<32, Int16>.self)
        for block in 0..<Comb.blocks where digits[block] != 0 {
            let digit = isNegated ? -Int(digits[block]) : Int(digits[block])
            sum.add(multiple(digit, block: block, multiplesCount: Comb.multiplesCount))
        }
    }

    /// Adds `scalar`·P to `sum`, where this is the short comb of P and `sum` is at infinity: it is doubled on the way.
    /// - Cost: 64 mixed additions and 28 doublings, about 14 µs.
    func addShortProduct(_ scalar: Scalar, to sum: inout JacobianPoint) {
        assert(sum.isInfinity, "what is in the sum before would be doubled too")
        let (magnitude, isNegated) = scalar.halved
        let digits = magnitude.signedDigits(width: ShortComb.width, of: InlineArray<64, Int16>.self)
        for index in stride(from: ShortComb.digitsPerBlock - 1, through: 0, by: -1) {
            if !sum.isInfinity { for _ in 0..<ShortComb.width { sum.double() } }
            for block in 0..<ShortComb.blocks {
                let digit = Int(digits[block * ShortComb.digitsPerBlock + index])
                if digit == 0 { continue }
                sum.add(
                    multiple(isNegated ? -digit : digit, block: block, multiplesCount: ShortComb.multiplesCount))
            }
        }
    }
}
