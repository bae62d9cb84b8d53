// SPDX-License-Identifier: Apache-2.0

/// Which instruction of a module an instruction of its instrumented bytes stands for: what an engine says of a failure
/// is said of the latter, what debug information knows, of the former.
/// - Spec: WASM-17.
package struct WasmOffsetMap: Hashable, Sendable {
    /// Instrumented bytes from an offset on, up to the next place.
    package struct Place: Hashable, Sendable {
        package let offset: Int
        /// In the module as it was given: of the instruction, or of the first one that a charge is for.
        package let original: Int
        /// What the charge that begins here takes; 0 where none does.
        package let charge: Int64
    }

    /// By offset ascending.
    package let places: [Place]
    /// Where the module's own functions end; behind them stand helpers, which stand for no instruction.
    package let end: Int

    /// - Returns: nil outside the module's functions.
    package func place(at offset: Int) -> Place? { index(at: offset).map { places[$0] } }

    /// The instructions of a stretch: those from a charge on that run together, as offsets of the module given.
    package func stretch(at offset: Int) -> [Int] {
        guard let index = index(at: offset) else { return [] }
        let rest = places[(index + 1)...].prefix { $0.charge == 0 }
        var originals: [Int] = []
        for place in [places[index]] + rest where originals.last != place.original { originals.append(place.original) }
        return originals
    }

    private func index(at offset: Int) -> Int? {
        guard offset < end else { return nil }
        var (low, high) = (0, places.count)
        while low < high {
            let middle = (low + high) / 2
            if places[middle].offset <= offset { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? nil : low - 1
    }
}

extension WasmOffsetMap {
    /// Gathers places while a body or a section is written, by offsets within it.
    struct Draft {
        private(set) var places: [Place] = []
        var end = 0

        mutating func note(_ offset: Int, _ original: Int, charge: Int64 = 0) {
            places.append(Place(offset: offset, original: original, charge: charge))
        }

        mutating func clear() { places.removeAll(keepingCapacity: true) }

        /// Takes another's places, which begin at an offset of this one's.
        mutating func append(_ other: Draft, at base: Int) {
            for place in other.places { note(base + place.offset, place.original, charge: place.charge) }
            end = base + other.end
        }
    }
}

extension WasmModule {
    /// Where each instruction stands after instrumentation; of the bytes `instrumented` gives for the same prices and
    /// globals that begin with 0, as a chain's programs do.
    /// - Cost: as instrumentation, and 24 bytes an instruction.
    package func offsetMap(prices: WasmPrices = .standard) -> WasmOffsetMap {
        let draft = Instrumentation(self, prices).map()
        return WasmOffsetMap(places: draft.places, end: draft.end)
    }
}
