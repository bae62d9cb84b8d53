// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Testing
import Wasm

/// Whatever the bytes, decoding ends with a module or a flaw; what is accepted can be instrumented and is valid after.
@Suite struct WasmModuleTests {
    private func judge(_ bytes: [UInt8]) -> Bool {
        do {
            let module = try WasmModule(decoding: bytes)
            let out = module.instrumented()
            if let flaw = flaw(out, InstrumentationTests.loose) {
                Issue.record("instrumented: \(flaw.kind) at \(flaw)")
            }
            return true
        } catch {
            #expect((0...bytes.count).contains(error.offset))
            return false
        }
    }

    @Test("no beginning of a module is taken for one, save at the end of a section (WASM-1, WASM-3)")
    func prefixes() {
        let bytes = sample().bytes
        #expect(judge(bytes))
        let accepted = bytes.indices.filter { judge([UInt8](bytes[..<$0])) }
        // Behind the magic, the types and the imports; then a function section wants its code, and code its data.
        #expect(accepted == [8, 27, 39])
    }

    @Test("any byte may be any other without a trap (WASM-3)")
    func flips() {
        let bytes = sample().bytes
        var accepted = 0
        for place in bytes.indices {
            for value in UInt8.min...UInt8.max where value != bytes[place] {
                var changed = bytes
                changed[place] = value
                if judge(changed) { accepted += 1 }
            }
        }
        // Constants and names may change; most else may not.
        #expect(accepted > 500 && accepted < bytes.count * 128)
    }

    @Test("random bytes, random bodies and random sections never trap (WASM-3)")
    func random() {
        var random = SeededRandom(seed: 6)
        for _ in 0..<20_000 {
            _ = judge(ModuleBuilder.header + random.bytes(count: random.below(60)))
            _ = judge(ModuleBuilder.code(random.bytes(count: random.below(24)), locals: [[3, 0x7f]]))
            let number = UInt8(random.below(13))
            _ = judge(ModuleBuilder.header + section(number, random.bytes(count: random.below(24))))
        }
    }

    @Test("bodies put together from whole instructions at random are judged without a trap (WASM-5, WASM-16)")
    func instructions() {
        let pieces: [[UInt8]] = [
            [0x00], [0x01], [0x02, 0x40], [0x02, 0x7f], [0x03, 0x40], [0x04, 0x40], [0x04, 0x7f], [0x05], [0x0b],
            [0x0c, 0], [0x0c, 1], [0x0d, 0], [0x0e, 1, 0, 0], [0x0f], [0x10, 0], [0x1a], [0x1b], [0x20, 0], [0x20, 1],
            [0x21, 0], [0x22, 0], [0x28, 2, 0], [0x36, 2, 0], [0x3f, 0], [0x40, 0], [0x41, 1], [0x42, 1], [0x45],
            [0x50],
            [0x6a], [0x7c], [0xa7], [0xac], [0xfc, 10, 0, 0], [0x41, 0], [0x41, 2],
        ]
        var random = SeededRandom(seed: 7)
        var accepted = 0
        for _ in 0..<50_000 {
            let code = (0..<random.below(8)).flatMap { _ in pieces[random.below(pieces.count)] }
            if judge(ModuleBuilder.code(code, locals: [[1, 0x7f], [1, 0x7e]])) { accepted += 1 }
        }
        #expect(accepted > 5_000)
    }
}
