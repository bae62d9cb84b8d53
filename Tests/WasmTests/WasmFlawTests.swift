// SPDX-License-Identifier: Apache-2.0
import Ledger
import Testing
import Wasm

/// One module for every flaw there is, and each refused with its own code.
@Suite struct WasmFlawTests {
    typealias Case = (kind: WasmFlaw.Kind, bytes: [UInt8])
    typealias Builder = ModuleBuilder

    /// Bytes that are no module.
    static let broken: [Case] = [
        (.notWasm, []),
        (.notWasm, [0, 0x61, 0x73, 0x6d, 2, 0, 0, 0]),
        (.truncated, Builder.header + [1]),
        (.truncated, Builder.header + section(1, [1, 0x60])),
        (.truncated, Builder.header + section(1, [9, 0x60, 0, 0])),
        // Five groups whose last has more than four bits; six groups.
        (.badNumber, Builder.header + [1, 0x80, 0x80, 0x80, 0x80, 0x10]),
        (.badNumber, Builder.header + [1, 0x80, 0x80, 0x80, 0x80, 0x80, 0]),
        (.badNumber, Builder.code([0x41, 0x80, 0x80, 0x80, 0x80, 0x08, 0x1a])),
        (.badNumber, Builder.code([0x41, 0x80, 0x80, 0x80, 0x80, 0x70, 0x1a])),
        (.badNumber, Builder.code([0x42] + repeated([0x80], 9) + [0x7e, 0x1a])),
        (.badNumber, Builder.code([0x42] + repeated([0x80], 10) + [0, 0x1a])),
        (.unknownSection, Builder.header + section(14, [])),
        (.sectionOrder, Builder.header + section(1, [0]) + section(1, [0])),
        (.sectionOrder, Builder.header + section(5, [1, 0, 1]) + section(3, [0])),
        (.sectionOrder, Builder.header + section(10, [0]) + section(12, [0])),
        (.sectionLength, Builder.header + [1, 5, 0]),
        (.sectionLength, Builder.header + section(1, [0, 0])),
        (.badText, Builder.header + section(0, [2, 0xc3, 0x28])),
        (.badText, Builder.with { $0.imports = [sized([0xff]) + text("get") + [0, 0]] }),
        (.badForm, Builder.with { $0.types = [[0x61, 0, 0]] }),
        (.badForm, Builder.with { $0.memory = [16, 1] }),
        (.badForm, Builder.with { $0.table = [0x01, 0, 1] }),
        (.badForm, Builder.with { $0.globals = [[0x7f, 4, 0x41, 0, 0x0b]] }),
        (.badForm, Builder.code([0x3f, 1, 0x1a])),
        (.badForm, Builder.code([0xfc, 10, 0, 1])),
        (.badForm, Builder.code([], locals: [[1, 0x10]])),
        (.unknownInstruction, Builder.code([0x27])),
        (.unknownInstruction, Builder.code([0xff])),
        (.unknownInstruction, Builder.code([0xfc, 0x12])),
        (.unknownInstruction, Builder.code([0xfc, 0x80, 0x02])),
        (.countMismatch, Builder.header + section(1, [1, 0x60, 0, 0]) + section(3, [1, 0])),
        (.countMismatch, Builder.header + section(10, [1, 2, 0, 0x0b])),
        (.countMismatch, Builder.with { $0.dataCount = 1 }),
        (.countMismatch, Builder.with { ($0.dataCount, $0.data) = (2, [[1, 0]]) }),
        (.bodyLength, Builder.code([0x0b, 0x01])),
        (
            .bodyLength,
            Builder.header + section(1, [1, 0x60, 0, 0]) + section(3, [1, 0]) + section(10, [1, 9, 0, 0x0b])
        ),
        // The last `end` is missing.
        (.truncated, Builder.code([0x02, 0x40])),
    ]

    /// Modules that WebAssembly refuses.
    static let invalid: [Case] = [
        (.unknownIndex, Builder.with { $0.imports = [importing("get", type: 1)] }),
        (.unknownIndex, Builder.code([0x20, 0, 0x1a])),
        (.unknownIndex, Builder.code([0x23, 0, 0x1a])),
        (.unknownIndex, Builder.code([0x10, 1])),
        (.unknownIndex, Builder.code([0x0c, 1])),
        (.unknownIndex, Builder.code([0x41, 0, 0x0e, 1, 0, 1])),
        (.unknownIndex, Builder.code([0x41, 0, 0x11, 0, 0])),
        (.unknownIndex, Builder.code([0x41, 0, 0x11, 1, 0]) { $0.table = [0x70, 0, 1] }),
        (.unknownIndex, Builder.code([0x41, 0, 0x11, 0, 1]) { $0.table = [0x70, 0, 1] }),
        (.unknownIndex, Builder.code([0x3f, 0, 0x1a]) { $0.memory = nil }),
        (.unknownIndex, Builder.code([0x41, 0, 0x28, 2, 0, 0x1a]) { $0.memory = nil }),
        (.unknownIndex, Builder.code([0xfc, 9, 0]) { $0.dataCount = 0 }),
        (.unknownIndex, Builder.with { $0.exports = [export("f")] }),
        (.unknownIndex, Builder.with { $0.exports = [export("t", 1)] }),
        (.unknownIndex, Builder.with { ($0.memory, $0.exports) = (nil, [export("memory", 2)]) }),
        (.unknownIndex, Builder.with { $0.elements = [[0, 0x41, 0, 0x0b, 0]] }),
        (.unknownIndex, Builder.with { ($0.table, $0.elements) = ([0x70, 0, 1], [[0, 0x41, 0, 0x0b, 1, 0]]) }),
        (.unknownIndex, Builder.with { ($0.memory, $0.data) = (nil, [[0, 0x41, 0, 0x0b, 0]]) }),
        (.unknownIndex, Builder.with { $0.data = [[2, 1, 0x41, 0, 0x0b, 0]] }),
        (.operandType, Builder.code([0x41, 0, 0x50, 0x1a])),
        (.operandType, Builder.code([0x41, 0, 0x42, 0, 0x41, 0, 0x1b, 0x1a])),
        (.operandType, Builder.code([0x42, 0, 0x04, 0x40, 0x0b])),
        (.operandType, Builder.code([0x02, 0x7f, 0x42, 0, 0x0b, 0x1a])),
        // Behind a jump types count all the same.
        (.operandType, Builder.code([0x00, 0x42, 0, 0x45, 0x1a])),
        (.operandMissing, Builder.code([0x1a])),
        (.operandMissing, Builder.code([0x41, 0, 0x6a, 0x1a])),
        // What stands outside a block is out of its reach.
        (.operandMissing, Builder.code([0x41, 0, 0x02, 0x40, 0x1a, 0x0b])),
        (.operandMissing, Builder.code([]) { ($0.types, $0.memory) = ([[0x60, 0, 1, 0x7f]], nil) }),
        (.operandsLeft, Builder.code([0x41, 0])),
        (.operandsLeft, Builder.code([0x02, 0x40, 0x41, 0, 0x0b])),
        (.ifWithoutElse, Builder.code([0x41, 0, 0x04, 0x7f, 0x41, 0, 0x0b, 0x1a])),
        (.strayElse, Builder.code([0x05])),
        (.strayElse, Builder.code([0x41, 0, 0x04, 0x40, 0x05, 0x05, 0x0b])),
        (.branchTypes, Builder.code([0x02, 0x7f, 0x41, 0, 0x41, 0, 0x0e, 1, 0, 1, 0x0b, 0x1a])),
        (.immutableGlobal, Builder.code([0x41, 0, 0x24, 0]) { $0.globals = [[0x7f, 0, 0x41, 0, 0x0b]] }),
        (.alignment, Builder.code([0x41, 0, 0x28, 3, 0, 0x1a])),
        (.alignment, Builder.code([0x41, 0, 0x41, 0, 0x3a, 1, 0])),
        (.constantExpression, Builder.with { $0.globals = [[0x7f, 0, 0x42, 0, 0x0b]] }),
        (.constantExpression, Builder.with { $0.globals = [[0x7f, 0, 0x41, 0, 0x41, 0, 0x0b]] }),
        (.constantExpression, Builder.with { $0.globals = [[0x7f, 0, 0x23, 0, 0x0b]] }),
        (.constantExpression, Builder.with { $0.data = [[0, 0x42, 0, 0x0b, 0]] }),
        (.duplicateExport, Builder.with { $0.exports = [export("memory", 2), export("memory", 2)] }),
        (.memoryLimits, Builder.with { $0.memory = [1, 2, 1] }),
        (.memoryLimits, Builder.with { $0.memory = [0] + leb(65_537) }),
        (.memoryLimits, Builder.with { $0.memory = [1, 1] + leb(65_537) }),
        (.memoryLimits, Builder.with { $0.table = [0x70, 1, 2, 1] }),
        (.dataCountMissing, Builder.code([0xfc, 9, 0]) { $0.data = [[1, 0]] }),
    ]

    /// WebAssembly, but not the subset.
    static let refused: [Case] = [
        (.floats, Builder.with { $0.types = [[0x60, 1, 0x7d, 0]] }),
        (.floats, Builder.with { $0.types = [[0x60, 0, 1, 0x7c]] }),
        (.floats, Builder.code([], locals: [[1, 0x7c]])),
        (.floats, Builder.code([0x43, 0, 0, 0, 0, 0x1a])),
        (.floats, Builder.code([0x41, 0, 0xb2, 0x1a])),
        (.floats, Builder.code([0x41, 0, 0x2b, 3, 0, 0x1a])),
        (.floats, Builder.code([0x00, 0xfc, 0, 0x1a])),
        (.floats, Builder.with { $0.globals = [[0x7d, 0, 0x43, 0, 0, 0, 0, 0x0b]] }),
        (.floats, Builder.code([0x02, 0x7d, 0x00, 0x0b, 0x1a])),
        (.vectors, Builder.code([0xfd, 0x0c] + repeated([0], 16) + [0x1a])),
        (.vectors, Builder.with { $0.types = [[0x60, 1, 0x7b, 0]] }),
        (.threads, Builder.code([0xfe, 3, 0])),
        (.threads, Builder.with { $0.memory = [3, 1, 1] }),
        (.references, Builder.with { $0.types = [[0x60, 1, 0x6f, 0]] }),
        (.references, Builder.with { $0.table = [0x6f, 0, 1] }),
        (.references, Builder.code([0xd0, 0x70, 0x1a])),
        (.references, Builder.code([0x41, 0, 0x25, 0, 0x1a])),
        (.references, Builder.code([0x1c, 1, 0x7f])),
        (.references, Builder.code([0xfc, 0x0e, 0, 0])),
        (.references, Builder.with { ($0.table, $0.elements) = ([0x70, 0, 1], [[1, 0, 0]]) }),
        (.severalResults, Builder.with { $0.types = [[0x60, 0, 2, 0x7f, 0x7f]] }),
        (.severalResults, Builder.code([0x02, 0, 0x0b])),
        (.laterProposal, Builder.code([0x12, 0])),
        (.laterProposal, Builder.code([0x06, 0x40, 0x0b])),
        (.laterProposal, Builder.code([0xfb, 0])),
        (.laterProposal, Builder.header + section(13, [0])),
        (.laterProposal, Builder.with { $0.types = [[0x5f, 0]] }),
        (.laterProposal, Builder.with { $0.memory = [4, 1] }),
        (.startFunction, Builder.code([]) { $0.start = section(8, [0]) }),
        (.importKind, Builder.with { $0.imports = [text("jd") + text("memory") + [2, 0, 1]] }),
        (.importKind, Builder.with { $0.imports = [text("jd") + text("g") + [3, 0x7e, 1]] }),
        (.importKind, Builder.with { $0.imports = [text("jd") + text("t") + [1, 0x70, 0, 1]] }),
        (.secondMemory, Builder.header + section(5, [2, 0, 1, 0, 1])),
        (.secondTable, Builder.header + section(4, [2, 0x70, 0, 1, 0x70, 0, 1])),
    ]

    @Test("what is no module is refused with a code of its own and an offset inside it (WASM-1, WASM-3, WASM-4)")
    func brokenModules() { hold(Self.broken) }

    @Test("what WebAssembly's validation refuses is refused (WASM-5)")
    func invalidModules() { hold(Self.invalid) }

    @Test("each part of WebAssembly that is left out is refused by name (WASM-2)")
    func refusedModules() { hold(Self.refused) }

    private func hold(_ cases: [Case]) {
        for (place, entry) in cases.enumerated() {
            let found = flaw(entry.bytes)
            #expect(found?.kind == entry.kind, "case \(place) of \(entry.kind)")
            if let found { #expect((0...entry.bytes.count).contains(found.offset)) }
        }
    }

    @Test("every flaw has its stable code in the register, an example in these tests, and tells where (WASM-3)")
    func codes() {
        let examples = Self.broken + Self.invalid + Self.refused + WasmLimitsTests.beyond + WasmInterfaceTests.refused
        for kind in WasmFlaw.Kind.allCases {
            #expect(StableCode.numbered(Int(kind.rawValue)) != nil, "JD-\(kind.rawValue) is not registered")
            #expect(examples.contains { $0.kind == kind }, "\(kind) has no example")
        }
        #expect(StableCode.wasm.map { UInt32($0.number) } == WasmFlaw.Kind.allCases.map(\.rawValue))
        let twice = flaw(ModuleBuilder.with { $0.exports = [export("memory", 2), export("memory", 2)] })
        #expect(twice?.code == 2_531 && twice?.description == "byte 31: memory")
    }
}
