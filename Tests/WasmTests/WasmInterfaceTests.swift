// SPDX-License-Identifier: Apache-2.0
import Testing
import Wasm

@Suite struct WasmInterfaceTests {
    typealias Case = (kind: WasmFlaw.Kind, bytes: [UInt8])

    static let interface = WasmInterface(
        module: "jd",
        imports: ["get": WasmSignature([.i32, .i32, .i32, .i32], .i64), "trace": WasmSignature([.i32])],
        required: [("jd_call", WasmSignature([])), ("jd_init", WasmSignature([]))],
        optional: [("jd_migrate", WasmSignature([]))], memory: "memory")

    private static func with(_ change: (inout ModuleBuilder) -> Void) -> [UInt8] {
        var builder = sample()
        change(&builder)
        return builder.bytes
    }

    static let refused: [Case] = [
        (.importUnknown, with { $0.imports = [importing("clock", type: 2)] }),
        (.importUnknown, with { $0.imports = [importing("get", type: 2, from: "env")] }),
        (.importUnknown, with { $0.imports = [importing("get ", type: 2)] }),
        (
            .importType,
            with {
                $0.imports += [importing("trace", type: 0)]; $0.exports = []
            }
        ),
        (.exportMissing, with { $0.exports = [export("memory", 2), export("jd_call", 0, 2)] }),
        (.exportMissing, with { $0.exports = [export("jd_call", 0, 2), export("jd_init", 0, 2)] }),
        (.exportType, with { $0.exports[1] = export("jd_call", 0, 1) }),
        (.exportType, with { $0.exports[1] = export("jd_call", 2) }),
        (.exportType, with { $0.exports[0] = export("memory", 0, 2) }),
        (.exportUnknown, with { $0.exports += [export("_start", 0, 2)] }),
        (.exportUnknown, with { $0.exports += [export("__heap_base", 3)] }),
        (.exportUnknown, with { $0.exports += [export("table", 1)] }),
    ]

    @Test("another import, another type, a missing or an unknown export is refused by name (WASM-8, WASM-9)")
    func misfits() throws {
        for (place, entry) in Self.refused.enumerated() {
            let module = try WasmModule(decoding: entry.bytes)
            #expect(throws: WasmFlaw.self, "case \(place)") { try Self.interface.check(module) }
            do { _ = try Self.interface.check(module) } catch {
                #expect(error.kind == entry.kind && !error.subject.isEmpty, "case \(place)")
            }
        }
    }

    @Test("a module that fits says which imports and optional exports it has (WASM-8, WASM-9)")
    func fits() throws {
        let plain = try Self.interface.check(WasmModule(decoding: sample().bytes))
        #expect(plain == WasmInterface.Use(imports: ["get"], optionals: []))
        // The same import twice, and the optional export.
        let bytes = Self.with {
            $0.imports += [importing("get", type: 2)]
            $0.exports = ["jd_call", "jd_init", "jd_migrate"].map { export($0, 0, 3) } + [export("memory", 2)]
            // Behind one more import `f` is function 2.
            $0.elements = []
        }
        let module = try WasmModule(decoding: bytes)
        #expect(
            try Self.interface.check(module) == WasmInterface.Use(imports: ["get", "get"], optionals: ["jd_migrate"]))
    }

    @Test("a module tells its memory, and its custom sections with the bytes they hold (WASM-1)")
    func facts() throws {
        let description = section(0, text("jd.description") + [0x7b, 0x7d])
        let bytes = ModuleBuilder.header + description + sample().bytes.dropFirst(8) + section(0, text("jd.lines"))
        let module = try WasmModule(decoding: bytes + description)
        #expect(module.memory == WasmMemory(pagesMin: 1, pagesMax: 2))
        #expect(module.customSections("jd.description") == [[0x7b, 0x7d], [0x7b, 0x7d]])
        #expect(module.customSections("jd.lines") == [[]] && module.customSections("name") == [])
        #expect(module.exports.map(\.name) == ["memory", "jd_call", "jd_init"])
        #expect(module.instrumented() == (try WasmModule(decoding: sample().bytes)).instrumented())
    }
}
