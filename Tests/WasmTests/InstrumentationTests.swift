// SPDX-License-Identifier: Apache-2.0
import Testing
import Wasm

/// Instrumented modules, byte by byte. That they still do the same is shown by Tests/Wasm, which runs them.
@Suite struct InstrumentationTests {
    /// `global - amount < 0 → unreachable`, the gas being global 0 and the depth global 1.
    private static func charge(_ gas: Int) -> [UInt8] {
        [0x23, 0, 0x42] + number(gas) + [0x7d, 0x24, 0, 0x23, 0, 0x42, 0, 0x53, 0x04, 0x40, 0x00, 0x0b]
    }

    /// A number up to 8,191, signed, in base 128.
    private static func number(_ gas: Int) -> [UInt8] {
        gas < 64 ? [UInt8(gas)] : [UInt8(gas & 127 | 128), UInt8(gas >> 7)]
    }

    private static func enter(_ depth: UInt8, result: UInt8 = 0x40) -> [UInt8] {
        [0x23, 1, 0x41, depth, 0x6b, 0x24, 1, 0x23, 1, 0x41, 0, 0x48, 0x04, 0x40, 0x00, 0x0b, 0x02, result]
    }

    private static func leave(_ depth: UInt8) -> [UInt8] { [0x0b, 0x23, 1, 0x41, depth, 0x6a, 0x24, 1, 0x0b] }

    /// The instrumented module is valid, and ends with a code section that holds exactly these bodies.
    private func expect(
        _ bytes: [UInt8], _ bodies: [UInt8]..., prices: WasmPrices = .standard, at line: Int = #line
    ) throws {
        let out = try WasmModule(decoding: bytes).instrumented(prices: prices)
        let code = section(10, vector(bodies.map(sized)))
        #expect(out.suffix(code.count).elementsEqual(code), "line \(line): \(out.suffix(code.count))")
        #expect(flaw(out, Self.loose) == nil, "line \(line)")
    }

    /// The standard limits, with room for what instrumentation adds.
    static let loose: WasmLimits = {
        var limits = WasmLimits.standard
        limits.bytesMax *= 16
        limits.typesMax += 1
        limits.functionsMax += 2
        limits.globalsMax += 2
        limits.exportsMax += 2
        limits.nestingMax += 2
        limits.operandsMax += 3
        (limits.instructionsMax, limits.workMax, limits.functionJoinsMax) = (.max, .max, 1 << 30)
        limits.joinSquaresMax = .max
        limits.reservedNames = []
        return limits
    }()

    @Test("two exported globals come behind the module's own and no index moves (WASM-10)")
    func globals() throws {
        let module = try WasmModule(decoding: sample().bytes)
        let out = try WasmModule(decoding: module.instrumented(gasAtStart: 3, depthAtStart: -1), limits: Self.loose)
        #expect(out.exports.map(\.name) == ["memory", "jd_call", "jd_init", "jd_gas", "jd_depth"])
        #expect(out.exports.map(\.subject).suffix(2) == [.global, .global])
        let items: [UInt8] = [0x7e, 1, 0x42, 3, 0x0b, 0x7f, 1, 0x41, 0x7f, 0x0b]
        let wanted = section(6, [4, 0x7f, 1, 0x41, 7, 0x0b, 0x7e, 0, 0x42, 0x7f, 0x0b] + items)
        #expect(out.bytes.indices.contains { out.bytes[$0...].starts(with: wanted) })
        #expect(out.imports.map(\.name) == module.imports.map(\.name))
        // A module without globals, exports, types and functions gets the first two alone.
        let bare = try WasmModule(decoding: ModuleBuilder.header).instrumented()
        let zeros: [UInt8] = [2, 0x7e, 1, 0x42, 0, 0x0b, 0x7f, 1, 0x41, 0, 0x0b]
        let exports = section(7, vector([export("jd_gas", 3, 0), export("jd_depth", 3, 1)]))
        #expect(bare == ModuleBuilder.header + section(6, zeros) + exports)
    }

    @Test("a stretch is charged once, before it runs, in every place where one begins (WASM-11, WASM-12)")
    func stretches() throws {
        try expect(ModuleBuilder.code([]), [0] + Self.enter(1) + Self.leave(1))
        // Two of 1 and one of 2.
        try expect(
            ModuleBuilder.code([0x41, 1, 0x1a, 0x01, 0x0f]),
            [0] + Self.enter(1) + Self.charge(4) + [0x41, 1, 0x1a, 0x01, 0x0c, 0] + Self.leave(1))
        // A loop: what stands before it, and each turn.
        try expect(
            ModuleBuilder.code([0x41, 1, 0x1a, 0x03, 0x40, 0x41, 0, 0x0d, 0, 0x0b, 0x41, 1, 0x1a]),
            [0] + Self.enter(1) + Self.charge(2) + [0x41, 1, 0x1a, 0x03, 0x40]
                + Self.charge(9) + [0x41, 0, 0x0d, 0] + Self.charge(2) + [0x0b, 0x41, 1, 0x1a] + Self.leave(1))
        // The arms of an if, and what comes behind it.
        try expect(
            ModuleBuilder.code([0x41, 1, 0x04, 0x40, 0x00, 0x05, 0x41, 2, 0x1a, 0x0b, 0x41, 1, 0x1a]),
            [0] + Self.enter(1) + Self.charge(17) + [0x41, 1, 0x04, 0x40] + Self.charge(2) + [0x00, 0x05]
                + Self.charge(2) + [0x41, 2, 0x1a, 0x0b] + Self.charge(2) + [0x41, 1, 0x1a] + Self.leave(1))
        // A block can be branched to: its end begins a stretch. `return` inside goes to the block around the body.
        try expect(
            ModuleBuilder.code([0x02, 0x40, 0x41, 1, 0x0d, 0, 0x0f, 0x0b, 0x41, 1, 0x1a]),
            [0] + Self.enter(1) + Self.charge(15) + [0x02, 0x40, 0x41, 1, 0x0d, 0] + Self.charge(2) + [0x0c, 1, 0x0b]
                + Self.charge(2) + [0x41, 1, 0x1a] + Self.leave(1))
    }

    @Test("each kind of instruction has its price (WASM-12)")
    func prices() throws {
        let priced: [(gas: Int, code: [UInt8])] = [
            (3, [0x3f, 0, 0x1a]),
            (12, [0x41, 0, 0x28, 2, 0, 0x1a]),
            (12, [0x41, 0, 0x41, 0, 0x36, 2, 0]),
            (5, [0x23, 2, 0x1a]),
            (5, [0x41, 0, 0x24, 2]),
            (5, [0x41, 8, 0x41, 2, 0x6a, 0x1a]),
            (63, [0x41, 8, 0x41, 2, 0x6d, 0x1a]),
            (63, [0x42, 8, 0x42, 2, 0x82, 0x1a]),
            (11, [0x41, 8, 0x41, 2, 0x6c, 0x1a]),
            (11, [0x42, 8, 0x42, 2, 0x7e, 0x1a]),
            (31, [0x41, 0, 0x0e, 0, 0, 0x01]),
            (6, [0x02, 0x40, 0x0b]),
            (36, [0x10, 0]),
            (77, [0x41, 0, 0x11, 0, 0]),
            (120, [0xfc, 9, 0]),
        ]
        for (gas, code) in priced {
            var builder = ModuleBuilder()
            builder.table = [0x70, 0, 1]
            builder.globals = Array(repeating: [0x7f, 1, 0x41, 0, 0x0b], count: 3)
            (builder.dataCount, builder.data) = (1, [[1, 0]])
            builder.functions = [(0, [], code)]
            let out = try WasmModule(decoding: builder.bytes).instrumented()
            let charge = [0x23, 3, 0x42] + Self.number(gas) + [0x7d]
            #expect(out.indices.contains { out[$0...].starts(with: charge) }, "\(code)")
            #expect(flaw(out, Self.loose) == nil)
        }
        // Nine parameters and locals are three times four.
        try expect(
            ModuleBuilder.code([], locals: [[9, 0x7f]]), [1, 9, 0x7f] + Self.enter(1) + Self.charge(36) + Self.leave(1))
    }

    @Test("an amount is priced by a helper right before the instruction that has it (WASM-13)")
    func amounts() throws {
        let page: [UInt8] = [0x42, 0x80, 0x80, 0x18]
        let pages: [UInt8] =
            [0, 0x23, 0, 0x20, 0, 0x41, 0x80, 2, 0x20, 0, 0x41, 0x80, 2, 0x49, 0x1b, 0xad] + page
            + [0x7e, 0x7d, 0x24, 0, 0x23, 0, 0x42, 0, 0x53, 0x04, 0x40, 0x00, 0x0b, 0x20, 0, 0x0b]
        try expect(
            ModuleBuilder.code([0x41, 1, 0x40, 0, 0x1a]),
            [0] + Self.enter(1) + Self.charge(802) + [0x41, 1, 0x10, 1, 0x40, 0, 0x1a] + Self.leave(1), pages)
        let bytes: [UInt8] =
            [0, 0x23, 0, 0x20, 0, 0x41, 3, 0x76, 0xad, 0x42, 2, 0x7e, 0x7d, 0x24, 0, 0x23, 0, 0x42, 0, 0x53]
            + [0x04, 0x40, 0x00, 0x0b, 0x20, 0, 0x0b]
        let fill: [UInt8] = [0x41, 0, 0x41, 0, 0x41, 9]
        try expect(
            ModuleBuilder.code(fill + [0xfc, 11, 0]),
            [0] + Self.enter(1) + Self.charge(123) + fill + [0x10, 1, 0xfc, 11, 0] + Self.leave(1), bytes)
        // Both, in this order; the type of the helpers is used where the module has it.
        var builder = ModuleBuilder()
        builder.types = [[0x60, 1, 0x7f, 1, 0x7f], [0x60, 0, 0]]
        builder.functions = [(1, [], fill + [0xfc, 10, 0, 0] + [0x41, 1, 0x40, 0, 0x1a])]
        let out = try WasmModule(decoding: builder.bytes).instrumented()
        #expect(out.dropFirst(8).starts(with: section(1, vector(builder.types)) + section(3, [3, 1, 0, 0])))
        #expect(out.suffix(bytes.count).elementsEqual(bytes))
    }

    @Test("a function takes depth for the size of its frame, and a result passes through (WASM-14)")
    func depth() throws {
        // 9 locals, 1 operand at a time, 6 instructions with the last `end`: 16 slots.
        try expect(
            ModuleBuilder.code([0x41, 0, 0x1a, 0x01, 0x01], locals: [[9, 0x7e]]),
            [1, 9, 0x7e] + Self.enter(1) + Self.charge(38) + [0x41, 0, 0x1a, 0x01, 0x01] + Self.leave(1))
        try expect(
            ModuleBuilder.code([0x41, 0, 0x1a, 0x01, 0x01], locals: [[10, 0x7e]]),
            [1, 10, 0x7e] + Self.enter(2) + Self.charge(38) + [0x41, 0, 0x1a, 0x01, 0x01] + Self.leave(2))
        var builder = ModuleBuilder()
        builder.types = [[0x60, 0, 1, 0x7e]]
        builder.functions = [(0, [], [0x42, 5, 0x0f])]
        try expect(
            builder.bytes, [0] + Self.enter(1, result: 0x7e) + Self.charge(3) + [0x42, 5, 0x0c, 0] + Self.leave(1))
        var prices = WasmPrices.standard
        (prices.frame, prices.slotsPerDepth) = (40, 1)
        try expect(ModuleBuilder.code([]), [0] + Self.enter(41) + Self.leave(41), prices: prices)
    }

    @Test("the memory's maximum is the smaller of the declared one and 256 pages (WASM-15)")
    func memory() throws {
        let cases: [(declared: [UInt8], written: Int)] = [
            ([0, 1], 256), ([1, 1, 1], 1), ([1, 0, 2], 2), ([1, 1, 0x80, 0x80, 4], 256), ([0, 64], 256),
        ]
        for (declared, written) in cases {
            let module = try WasmModule(decoding: ModuleBuilder.with { $0.memory = declared })
            let out = try WasmModule(decoding: module.instrumented(), limits: Self.loose)
            #expect(out.memory == WasmMemory(pagesMin: Int(declared[1]), pagesMax: written))
        }
    }

    @Test("the same module gives the same bytes, with every section and none of its custom ones (WASM-10, WASM-16)")
    func deterministic() throws {
        let bytes = sample().bytes
        let first = try WasmModule(decoding: bytes).instrumented()
        #expect(try WasmModule(decoding: bytes).instrumented() == first)
        // The long number of the table became the one byte of WebAssembly 1.0.
        #expect(first.indices.contains { first[$0...].starts(with: [0x11, 1, 0]) })
        let again = try WasmModule(decoding: first, limits: Self.loose)
        #expect(again.customSections.isEmpty && again.exports.count == 5)
        // Instrumented once more, under other names, it is still valid: what is written is of the subset.
        #expect(flaw(again.instrumented(), Self.loose)?.kind == .duplicateExport)
    }
}
