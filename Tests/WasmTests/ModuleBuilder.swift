// SPDX-License-Identifier: Apache-2.0
import Wasm

/// Puts modules together by hand, sections in their order. Items are given encoded; it shares no code with the product.
struct ModuleBuilder {
    /// `() -> ()` is type 0.
    var types: [[UInt8]] = [[0x60, 0, 0]]
    var imports: [[UInt8]] = []
    /// Each function: the number of its type, its groups of locals, its instructions without the last `end`.
    var functions: [(type: Int, locals: [[UInt8]], code: [UInt8])] = []
    var table: [UInt8]? = nil
    var memory: [UInt8]? = [0, 1]
    var globals: [[UInt8]] = []
    var exports: [[UInt8]] = []
    /// A whole section to stand at the place of the start section.
    var start: [UInt8] = []
    var elements: [[UInt8]] = []
    var dataCount: Int?
    var data: [[UInt8]] = []

    static let header: [UInt8] = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]

    var bytes: [UInt8] {
        var out = Self.header
        if !types.isEmpty { out += section(1, vector(types)) }
        if !imports.isEmpty { out += section(2, vector(imports)) }
        if !functions.isEmpty { out += section(3, vector(functions.map { leb($0.type) })) }
        if let table { out += section(4, [1] + table) }
        if let memory { out += section(5, [1] + memory) }
        if !globals.isEmpty { out += section(6, vector(globals)) }
        if !exports.isEmpty { out += section(7, vector(exports)) }
        out += start
        if !elements.isEmpty { out += section(9, vector(elements)) }
        if let dataCount { out += section(12, leb(dataCount)) }
        if !functions.isEmpty {
            out += section(10, vector(functions.map { sized(vector($0.locals) + $0.code + [0x0b]) }))
        }
        if !data.isEmpty { out += section(11, vector(data)) }
        return out
    }

    /// A module of one function of type 0 with these instructions.
    static func code(
        _ code: [UInt8], locals: [[UInt8]] = [], _ change: (inout ModuleBuilder) -> Void = { _ in }
    ) -> [UInt8] {
        var builder = ModuleBuilder()
        builder.functions = [(0, locals, code)]
        change(&builder)
        return builder.bytes
    }

    /// A module without functions, changed.
    static func with(_ change: (inout ModuleBuilder) -> Void) -> [UInt8] {
        var builder = ModuleBuilder()
        change(&builder)
        return builder.bytes
    }
}

func leb(_ value: Int) -> [UInt8] {
    var (out, rest): ([UInt8], Int) = ([], value)
    repeat {
        out.append(UInt8(rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
        rest >>= 7
    } while rest > 0
    return out
}

func vector(_ items: [[UInt8]]) -> [UInt8] { leb(items.count) + items.flatMap { $0 } }

func sized(_ content: [UInt8]) -> [UInt8] { leb(content.count) + content }

func text(_ value: String) -> [UInt8] { sized(Array(value.utf8)) }

func section(_ number: UInt8, _ content: [UInt8]) -> [UInt8] { [number] + sized(content) }

func export(_ name: String, _ kind: UInt8 = 0, _ index: Int = 0) -> [UInt8] { text(name) + [kind] + leb(index) }

func importing(_ name: String, type: Int = 0, from module: String = "jd") -> [UInt8] {
    text(module) + text(name) + [0] + leb(type)
}

func repeated(_ code: [UInt8], _ count: Int) -> [UInt8] { Array(repeatElement(code, count: count).joined()) }

/// The flaw of these bytes, or nil where they are accepted.
func flaw(_ bytes: [UInt8], _ limits: WasmLimits = .standard) -> WasmFlaw? {
    do {
        _ = try WasmModule(decoding: bytes, limits: limits)
        return nil
    } catch { return error }
}

/// A module that has every section and makes use of each instruction that instrumentation changes.
func sample() -> ModuleBuilder {
    var builder = ModuleBuilder()
    builder.types = [[0x60, 0, 0], [0x60, 1, 0x7f, 1, 0x7f], [0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7e]]
    builder.imports = [importing("get", type: 2)]
    builder.table = [0x70, 0, 2]
    builder.memory = [1, 1, 2]
    builder.globals = [[0x7f, 1, 0x41, 7, 0x0b], [0x7e, 0, 0x42, 0x7f, 0x0b]]
    builder.exports = [export("memory", 2), export("jd_call", 0, 2), export("jd_init", 0, 2)]
    builder.elements = [[0, 0x41, 0, 0x0b, 2, 1, 1]]
    builder.dataCount = 2
    builder.data = [[0, 0x41, 8, 0x0b] + text("abc"), [1] + text("passive")]
    builder.functions = [
        // f(n) = n == 0 ? 1 : g(n), by `return`, `if`, `else`, `call_indirect` with a long number of the table.
        (
            1, [],
            [
                0x20, 0, 0x45, 0x04, 0x7f, 0x41, 1, 0x0f, 0x05, 0x20, 0, 0x41, 0, 0x11, 1, 0x80, 0x80, 0x80, 0x80, 0,
                0x0b,
            ]
        ),
        (
            0, [[2, 0x7f], [1, 0x7e]],
            [
                // A loop with br_if, a block with br_table.
                0x03, 0x40, 0x20, 0, 0x41, 1, 0x6a, 0x22, 0, 0x41, 10, 0x49, 0x0d, 0, 0x0b,
                0x02, 0x40, 0x02, 0x40, 0x20, 0, 0x0e, 2, 0, 1, 0, 0x0b, 0x0b,
                // memory.init, data.drop, memory.copy, memory.fill, memory.grow.
                0x41, 0, 0x41, 0, 0x41, 4, 0xfc, 8, 1, 0, 0xfc, 9, 1,
                0x41, 0, 0x41, 8, 0x41, 3, 0xfc, 10, 0, 0, 0x41, 0, 0x41, 0, 0x41, 8, 0xfc, 11, 0,
                0x41, 1, 0x40, 0, 0x1a,
                // A call of the import, a division, a global.
                0x41, 0, 0x41, 1, 0x41, 0, 0x41, 0, 0x10, 0, 0x42, 3, 0x7f, 0x21, 2, 0x41, 5, 0x24, 0,
            ]
        ),
    ]
    return builder
}
