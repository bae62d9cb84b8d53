// SPDX-License-Identifier: Apache-2.0
import Testing
import Wasm

/// What is at a limit is accepted, one more is refused.
@Suite struct WasmLimitsTests {
    typealias Case = (kind: WasmFlaw.Kind, bytes: [UInt8])

    /// Pairs of a module at a limit and one beyond it.
    struct Edge: Sendable {
        let kind: WasmFlaw.Kind
        let most: Int
        let module: @Sendable (Int) -> [UInt8]
    }

    private static let none: (type: Int, locals: [[UInt8]], code: [UInt8]) = (0, [], [])

    /// A function of `count` blocks, one behind the other, with `locals` locals.
    private static func blocks(_ count: Int, locals: Int) -> (type: Int, locals: [[UInt8]], code: [UInt8]) {
        (0, [leb(locals) + [0x7f]], repeated([0x02, 0x40, 0x0b], count))
    }

    static let edges: [Edge] = [
        Edge(kind: .size, most: 512 << 10) { count in
            let empty = ModuleBuilder.header.count + 1 + 3 + 1
            return ModuleBuilder.header + section(0, [0] + repeated([7], count - empty))
        },
        Edge(kind: .tooMany, most: 1_024) { count in
            ModuleBuilder.with { $0.types = Array(repeating: [0x60, 0, 0], count: count) }
        },
        Edge(kind: .tooMany, most: 64) { count in
            ModuleBuilder.with { $0.imports = Array(repeating: importing("trace"), count: count) }
        },
        Edge(kind: .tooMany, most: 64) { count in
            ModuleBuilder.with { $0.exports = (0..<count).map { export("m\($0)", 2) } }
        },
        Edge(kind: .tooMany, most: 256) { count in
            ModuleBuilder.with { $0.globals = Array(repeating: [0x7f, 0, 0x41, 0, 0x0b], count: count) }
        },
        Edge(kind: .tooMany, most: 1_024) { count in
            ModuleBuilder.with { $0.data = Array(repeating: [1, 0], count: count) }
        },
        Edge(kind: .tooMany, most: 1_024) { count in
            ModuleBuilder.with {
                ($0.table, $0.elements) = ([0x70, 0, 1], Array(repeating: [0, 0x41, 0, 0x0b, 0], count: count))
            }
        },
        Edge(kind: .tooMany, most: 1_024) { count in ModuleBuilder.header + repeated(section(0, [0]), count) },
        Edge(kind: .functions, most: 8_192) { count in
            ModuleBuilder.with { $0.functions = Array(repeating: none, count: count) }
        },
        Edge(kind: .functions, most: 8_191) { count in
            ModuleBuilder.with {
                ($0.imports, $0.functions) = ([importing("trace")], Array(repeating: none, count: count))
            }
        },
        Edge(kind: .locals, most: 64) { count in
            ModuleBuilder.with { $0.types = [[0x60] + sized(repeated([0x7e], count)) + [0]] }
        },
        Edge(kind: .locals, most: 512) { count in ModuleBuilder.code([], locals: [leb(count) + [0x7e]]) },
        Edge(kind: .locals, most: 500) { count in
            ModuleBuilder.code([], locals: [leb(count - 250) + [0x7e], leb(250) + [0x7f]]) {
                $0.types = [[0x60] + sized(repeated([0x7e], 12)) + [0]]
            }
        },
        Edge(kind: .nesting, most: 256) { count in
            ModuleBuilder.code(repeated([0x02, 0x40], count) + repeated([0x0b], count))
        },
        Edge(kind: .operands, most: 128) { count in
            ModuleBuilder.code(repeated([0x41, 0], count) + repeated([0x1a], count))
        },
        Edge(kind: .branchTable, most: 1_024) { count in
            ModuleBuilder.code([0x41, 0, 0x0e] + leb(count) + repeated([0], count + 1))
        },
        Edge(kind: .tableSize, most: 4_096) { count in ModuleBuilder.with { $0.table = [0x70, 0] + leb(count) } },
        Edge(kind: .memoryPages, most: 64) { count in ModuleBuilder.with { $0.memory = [0] + leb(count) } },
        Edge(kind: .compileWork, most: 32_767) { count in ModuleBuilder.code(repeated([0x01], count)) },
        Edge(kind: .compileWork, most: 64) { count in
            ModuleBuilder.with { $0.functions = [blocks(count, locals: 512)] }
        },
        // 16 times the square of 16 × 512 is 2^30.
        Edge(kind: .compileWork, most: 16) { count in
            ModuleBuilder.with { $0.functions = Array(repeating: blocks(16, locals: 512), count: count) }
        },
        // 16 + 17 × 11,563 + 1 is at most 196,608.
        Edge(kind: .compileWork, most: 2_890) { count in
            ModuleBuilder.with {
                $0.table = [0x70, 0, 1]
                $0.functions = Array(repeating: (0, [], repeated([0x41, 0, 0x11, 0, 0], count)), count: 4)
            }
        },
        Edge(kind: .dataOutside, most: 65_536) { count in
            ModuleBuilder.with { $0.data = [[0, 0x41] + [UInt8(0)] + [0x0b] + sized(repeated([1], count))] }
        },
        Edge(kind: .elementOutside, most: 4) { count in
            ModuleBuilder.code([]) {
                ($0.table, $0.elements) = ([0x70, 0, 5], [[0, 0x41, 1, 0x0b] + leb(count) + repeated([0], count)])
            }
        },
        Edge(kind: .unusableName, most: 128) { count in
            ModuleBuilder.with { $0.exports = [export(String(repeating: "x", count: count), 2)] }
        },
    ]

    /// Modules beyond a limit that have no neighbour at it.
    static let others: [Case] = [
        (.size, ModuleBuilder.code(repeated([0x01], 10_000_000))),
        (.compileWork, ModuleBuilder.code(repeated([0x01], 500_000))),
        (.functions, ModuleBuilder.with { $0.functions = Array(repeating: none, count: 50_000) }),
        // A billion locals in five bytes, and four billion in many groups.
        (.locals, ModuleBuilder.code([], locals: [[0x80, 0x94, 0xeb, 0xdc, 0x03, 0x7f]])),
        (.locals, ModuleBuilder.code([], locals: Array(repeating: [0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f], count: 9))),
        (.tableSize, ModuleBuilder.with { $0.table = [0x70, 0, 0xff, 0xff, 0xff, 0xff, 0x0f] }),
        (.branchTable, ModuleBuilder.code([0x41, 0, 0x0e, 0xff, 0xff, 0xff, 0xff, 0x0f, 0])),
        (.nesting, ModuleBuilder.code(repeated([0x03, 0x40], 10_000) + repeated([0x0b], 10_000))),
        // An offset of -1 is the last byte of four gibibytes.
        (.dataOutside, ModuleBuilder.with { $0.data = [[0, 0x41, 0x7f, 0x0b, 1, 0]] }),
        (.dataOutside, ModuleBuilder.with { $0.data = [[2, 0, 0x41, 0x7f, 0x0b, 1, 0]] }),
        (.elementOutside, ModuleBuilder.with { ($0.table, $0.elements) = ([0x70, 0, 1], [[0, 0x41, 2, 0x0b, 0]]) }),
        (.unusableName, ModuleBuilder.with { $0.exports = [export("jd_gas", 2)] }),
        (.unusableName, ModuleBuilder.with { $0.exports = [export("jd_depth", 2)] }),
        // The Kelvin sign, which Swift's texts take for the letter K.
        (.unusableName, ModuleBuilder.with { $0.exports = [export("\u{212a}", 2)] }),
        (.unusableName, ModuleBuilder.with { $0.imports = [importing("ge\nt")] }),
    ]

    static var beyond: [Case] { edges.map { ($0.kind, $0.module($0.most + 1)) } + others }

    @Test("what is at a limit is accepted and one more is refused (WASM-6, WASM-7)")
    func limits() {
        for (place, edge) in Self.edges.enumerated() {
            #expect(flaw(edge.module(edge.most)) == nil, "edge \(place) of \(edge.kind)")
            #expect(flaw(edge.module(edge.most + 1))?.kind == edge.kind, "edge \(place) of \(edge.kind)")
        }
        for (place, entry) in Self.others.enumerated() {
            #expect(flaw(entry.bytes)?.kind == entry.kind, "case \(place) of \(entry.kind)")
        }
    }

    @Test("time and room grow with the bytes alone, whatever stands in them (WASM-3, WASM-10)")
    func linear() throws {
        // Each is as much of one thing as its limit allows; all together take well under a second.
        let bombs: [[UInt8]] = [
            ModuleBuilder.with { $0.functions = Array(repeating: Self.none, count: 8_192) },
            ModuleBuilder.with { $0.functions = Array(repeating: Self.blocks(16, locals: 512), count: 16) },
            ModuleBuilder.with {
                $0.types = (0..<1_024).map { [0x60, 0, UInt8($0 & 1)] + ($0 & 1 == 1 ? [0x7f] : []) }
            },
            ModuleBuilder.code(repeated([0x41, 0, 0x0e] + leb(1_024) + repeated([0], 1_025), 400)),
            ModuleBuilder.code(repeated([0x41, 0, 0x0d, 0], 16_000)),
            ModuleBuilder.code([], locals: Array(repeating: [0, 0x7f], count: 200_000)),
        ]
        let taken = try ContinuousClock().measure {
            for bytes in bombs {
                let module = try WasmModule(decoding: bytes)
                #expect(module.instrumented().count < 16 * bytes.count + 1_000)
            }
        }
        #expect(taken < .seconds(3))
    }
}
