// SPDX-License-Identifier: Apache-2.0
import Testing
import Wasm

@Suite struct WasmOffsetMapTests {
    /// Two functions with a loop, an if, a branch, a `return` and a growth of memory.
    private static let bytes = ModuleBuilder.code([
        0x41, 1, 0x1a, 0x03, 0x40, 0x41, 0, 0x0d, 0, 0x0b, 0x41, 1, 0x04, 0x40, 0x41, 2, 0x1a, 0x05, 0x0f, 0x0b, 0x41,
        0,
        0x40, 0, 0x1a,
    ]) { $0.functions.append((0, [[2, 0x7f]], [0x20, 0, 0x21, 1])) }

    @Test("every place outside a charge is the instruction of the module that stands there (WASM-17)")
    func places() throws {
        let module = try WasmModule(decoding: Self.bytes)
        let (out, map) = (module.instrumented(), module.offsetMap())
        var seen: Set<Int> = []
        #expect(zip(map.places, map.places.dropFirst()).allSatisfy { $0.offset <= $1.offset })
        for place in map.places where place.charge == 0 {
            // What begins a function, `return`, which became a branch, and what stands behind a helper's call.
            let (here, there) = (out[place.offset], module.bytes[place.original])
            let isOther = here == 0x23 || there == 0x0f && here == 0x0c || there == 0x40 && here == 0x10
            #expect(here == there || isOther, "\(place)")
            seen.insert(place.original)
        }
        // Constants, drops, jumps, blocks, ends: as many instructions as the bodies have.
        #expect(seen.count == 17 + 3)
    }

    @Test("a charge says what it takes, and for which stretch (WASM-11, WASM-17)")
    func charges() throws {
        let module = try WasmModule(decoding: Self.bytes)
        let (out, map) = (module.instrumented(), module.offsetMap())
        let charges = map.places.filter { $0.charge > 0 }
        #expect(charges.map(\.charge) == [2, 9, 17, 2, 2, 802, 14])
        for place in charges {
            #expect(
                Array(out[place.offset..<(place.offset + 4)]) == [
                    0x23, 0, 0x42, UInt8(place.charge & 0x7f | (place.charge > 63 ? 0x80 : 0)),
                ])
            // Wherever within the charge a run stops, it is of that stretch.
            #expect(map.place(at: place.offset + 9) == place)
            #expect(map.stretch(at: place.offset + 9).first == place.original)
        }
        // The loop's own stretch: a constant and the branch back.
        let turn = map.stretch(at: charges[1].offset)
        #expect(turn.map { module.bytes[$0] } == [0x41, 0x0d])
        #expect(map.place(at: 0) == nil)
        // Behind the functions stands the helper that takes the price of growth; it is no instruction's.
        #expect(map.place(at: map.end) == nil && map.end < out.count)
    }
}
