// SPDX-License-Identifier: Apache-2.0
#if arch(x86_64) && canImport(CShangMi)
internal import CShangMi
#endif

/// Up to eight equations gathered for one run of a lane kernel, and the judging of what it gives back.
///
/// The kernel only adds points. Its answer for a lane is X and Z, or Z = 0 for "met an exceptional addition";
/// such a lane is done again on the portable path, so a batch says what eight single checks would (CRYPTO-8).
/// Idle lanes compute zero times some point and are not looked at.
struct LaneKernel: Sendable {
    static let laneCount = 8
    /// Limbs of 52 bits in an element, eight lanes a limb, X then Z.
    private static let resultCount = 2 * 5 * laneCount

    /// What a lane's key is multiplied with: all lanes of a batch alike.
    enum Schedule: Sendable { case comb, shortComb, window }

    struct Entry: Sendable {
        let equation: SignatureEquation
        let key: SM2.PublicKey
        /// The key's comb or short comb in the lanes' radix; nil for the window schedule.
        let table: MultiplesTable?
        /// Which of the caller's claims this is.
        let index: Int
    }

    private let schedule: Schedule
    private(set) var entries: [Entry] = []
    private var generatorDigits: [Int16]
    private var keyDigits: [Int16]
    private var result = [UInt64](repeating: 0, count: LaneKernel.resultCount)

    init(_ schedule: Schedule) {
        self.schedule = schedule
        let rows =
            switch schedule {
            case .comb: (MultiplesTable.Comb.blocks, MultiplesTable.Comb.blocks)
            case .shortComb: (MultiplesTable.Comb.blocks, MultiplesTable.ShortComb.digits)
            case .window: (MultiplesTable.Window.generatorDigits, MultiplesTable.Window.keyDigits)
            }
        generatorDigits = [Int16](repeating: 0, count: rows.0 * LaneKernel.laneCount)
        keyDigits = [Int16](repeating: 0, count: rows.1 * LaneKernel.laneCount)
    }

    /// The rows of the tables this schedule reads.
    private var rowsCount: Int? {
        switch schedule {
        case .comb: MultiplesTable.Comb.blocks * MultiplesTable.Comb.multiplesCount
        case .shortComb: MultiplesTable.ShortComb.rowsCount
        case .window: nil
        }
    }

    var isFull: Bool { entries.count == LaneKernel.laneCount }

    /// - Precondition: the entry's table is of the schedule's kind: the kernel reads it unchecked.
    mutating func add(_ entry: Entry) {
        precondition(entry.table?.rows.count == rowsCount, "a table of another kind")
        let lane = entries.count
        entries.append(entry)
        switch schedule {
        case .comb:
            LaneKernel.layComb(entry.equation.s, lane: lane, &generatorDigits)
            LaneKernel.layComb(entry.equation.t, lane: lane, &keyDigits)
        case .shortComb:
            LaneKernel.layComb(entry.equation.s, lane: lane, &generatorDigits)
            LaneKernel.layShortComb(entry.equation.t, lane: lane, &keyDigits)
        case .window:
            typealias Window = MultiplesTable.Window
            let s = entry.equation.s.value.signedDigits(
                width: Window.generatorWidth, of: InlineArray<26, Int16>.self)
            let t = entry.equation.t.value.signedDigits(
                width: Window.keyWidth, of: InlineArray<52, Int16>.self)
            for row in 0..<Window.generatorDigits {
                generatorDigits[row &* LaneKernel.laneCount &+ lane] = s[row]
            }
            for row in 0..<Window.keyDigits { keyDigits[row &* LaneKernel.laneCount &+ lane] = t[row] }
        }
    }

    private static func layComb(_ scalar: Scalar, lane: Int, _ rows: inout [Int16]) {
        let (magnitude, isNegated) = scalar.halved
        let digits = magnitude.signedDigits(width: MultiplesTable.Comb.width, of: InlineArray<32, Int16>.self)
        for row in 0..<MultiplesTable.Comb.blocks {
            rows[row &* laneCount &+ lane] = isNegated ? 0 &- digits[row] : digits[row]
        }
    }

    private static func layShortComb(_ scalar: Scalar, lane: Int, _ rows: inout [Int16]) {
        typealias ShortComb = MultiplesTable.ShortComb
        let (magnitude, isNegated) = scalar.halved
        let digits = magnitude.signedDigits(width: ShortComb.width, of: InlineArray<64, Int16>.self)
        for row in 0..<ShortComb.digits {
            rows[row &* laneCount &+ lane] = isNegated ? 0 &- digits[row] : digits[row]
        }
    }

    /// Runs the kernel, writes each entry's verdict to its place, and empties the batch.
    mutating func run(_ verdicts: inout [Bool]) {
        if entries.isEmpty { return }
        switch schedule {
        case .comb, .shortComb: runTables()
        case .window: runWindow()
        }
        for lane in entries.indices {
            let entry = entries[lane]
            let x = LaneKernel.element(in: result, lane: lane, firstRow: 0)
            let z = LaneKernel.element(in: result, lane: lane, firstRow: 5)
            if z.isZero {
                verdicts[entry.index] = entry.equation.isSolved(
                    key: entry.key.point, generator: MultiplesTable.generatorWindow)
            } else {
                // The lanes hold X·2^260 and Z·2^260, which in the radix 2^256 are 16X and 16Z. The equation
                // X = x·Z² becomes 16·16X = x·(16Z)².
                verdicts[entry.index] = entry.equation.isSolved(x: x.sixteenfold, z: z)
            }
        }
        entries.removeAll(keepingCapacity: true)
    }

    /// Puts an element together from its five limbs and brings it below p; the kernel promises less than 2p.
    private static func element(in result: [UInt64], lane: Int, firstRow: Int) -> FieldElement {
        func limb(_ row: Int) -> UInt64 { result[(firstRow &+ row) &* laneCount &+ lane] }
        let (l0, l1, l2, l3, l4) = (limb(0), limb(1), limb(2), limb(3), limb(4))
        let words = Wide256(
            l0 | l1 &<< 52, l1 &>> 12 | l2 &<< 40, l2 &>> 24 | l3 &<< 28, l3 &>> 36 | l4 &<< 16)
        return FieldElement.reduceOnce(words, l4 &>> 48)
    }

    #if arch(x86_64) && canImport(CShangMi)

    private mutating func runWindow() {
        let keys = LaneKernel.rows(of: entries.map { $0.key.point })
        // SAFETY: eight key rows, 512 generator rows, 26 and 52 rows of eight digits and ten of results: what
        // the kernel reads and writes. A digit's place lies in its table, being at most half of 2^width.
        // Batches are only made on a path the machine supports (`Verifier.init`).
        unsafe LaneKernel.withRows(of: MultiplesTable.generatorWindowLanes.rows) { generator in
            unsafe LaneKernel.withRows(of: keys) { keys in
                unsafe result.withUnsafeMutableBufferPointer { result in
                    unsafe shangmi_sm2_windows(
                        generator, keys, generatorDigits, keyDigits, result.baseAddress!)
                }
            }
        }
    }

    private mutating func runTables() {
        var tables: [MultiplesTable] = []
        for entry in entries { if let table = entry.table { tables.append(table) } }
        while tables.count < LaneKernel.laneCount { tables.append(tables[0]) }
        let pointers: [UnsafePointer<UInt64>?] = unsafe []
        unsafe runTables(tables, pointers)
    }

    /// Opens one table after another, so that all eight pointers are valid at once, then runs the kernel.
    private mutating func runTables(_ tables: [MultiplesTable], _ pointers: [UnsafePointer<UInt64>?]) {
        if unsafe pointers.count < LaneKernel.laneCount {
            // SAFETY: the pointer is used only within this closure, by the calls nested in it.
            unsafe LaneKernel.withRows(of: tables[pointers.count].rows) { rows in
                unsafe runTables(tables, pointers + [rows])
            }
            return
        }
        // SAFETY: the generator's comb of 32 blocks of 128 rows; eight tables of the schedule's kind, combs alike or
        // short combs of eight blocks of eight rows; 32 rows of eight digits for the generator, 32 or 64 for the keys,
        // at most half of 2^width in size; ten rows of results: what the kernel reads and writes. The path is
        // supported as above.
        unsafe LaneKernel.withRows(of: MultiplesTable.generatorCombLanes.rows) { generator in
            unsafe result.withUnsafeMutableBufferPointer { result in
                if schedule == .comb {
                    unsafe shangmi_sm2_combs(
                        generator, pointers, generatorDigits, keyDigits, result.baseAddress!)
                } else {
                    unsafe shangmi_sm2_short_combs(
                        generator, pointers, generatorDigits, keyDigits, result.baseAddress!)
                }
            }
        }
    }

    /// The short combs of some points, eight at a time; where fewer are left, idle lanes make one again.
    static func shortCombs(of points: [AffinePoint]) -> [MultiplesTable] {
        var tables: [MultiplesTable] = []
        let resultCount = MultiplesTable.ShortComb.rowsCount * LaneKernel.resultCount
        for start in stride(from: 0, to: points.count, by: laneCount) {
            let group = points[start..<min(start + laneCount, points.count)]
            var result = [UInt64](repeating: 0, count: resultCount)
            // SAFETY: eight key rows in, 64 times ten rows of results out: what the kernel reads and writes. The
            // lanes' radix is asked for only on a path the machine supports (`Verifier.init`).
            unsafe withRows(of: rows(of: Array(group))) { keys in
                unsafe result.withUnsafeMutableBufferPointer { result in
                    unsafe shangmi_sm2_make_short_combs(keys, result.baseAddress!)
                }
            }
            for lane in group.indices {
                tables.append(
                    MultiplesTable(
                        rows: (0..<MultiplesTable.ShortComb.rowsCount).map { row in
                            let x = element(in: result, lane: lane - start, firstRow: 10 &* row).value
                            let y = element(in: result, lane: lane - start, firstRow: 10 &* row &+ 5).value
                            return MultiplesTable.Row(x.w0, x.w1, x.w2, x.w3, y.w0, y.w1, y.w2, y.w3)
                        }))
            }
        }
        return tables
    }

    /// Eight rows of coordinates in the lanes' radix; idle lanes repeat the first.
    private static func rows(of points: [AffinePoint]) -> [MultiplesTable.Row] {
        var rows = points.map { MultiplesTable.row($0, .lanes) }
        while rows.count < laneCount { rows.append(rows[0]) }
        return rows
    }

    /// The words of a table's rows, eight a row, valid during `body`.
    private static func withRows(of rows: [MultiplesTable.Row], _ body: (UnsafePointer<UInt64>) -> Void) {
        // SAFETY: a row is a vector of eight UInt64 and nothing else, so its storage is eight of those.
        unsafe rows.withUnsafeBytes { bytes in
            unsafe body(bytes.baseAddress!.assumingMemoryBound(to: UInt64.self))
        }
    }

    #else

    private mutating func runWindow() {
        preconditionFailure("no lanes on this machine: its path is portable")
    }
    private mutating func runTables() {
        preconditionFailure("no lanes on this machine: its path is portable")
    }
    static func shortCombs(of points: [AffinePoint]) -> [MultiplesTable] {
        preconditionFailure("no lanes on this machine: its path is portable")
    }

    #endif
}
