// SPDX-License-Identifier: Apache-2.0

/// A WebAssembly module that was decoded and found valid, of the subset and within limits.
///
/// It can be had in no other way than by that check, and keeps the bytes it was checked from.
/// - Spec: WASM-1 to WASM-7.
package struct WasmModule: Sendable {
    /// What instrumentation exports beside the module's own (WASM-10).
    package static let gasExport = "jd_gas"
    package static let depthExport = "jd_depth"

    /// As given to `init`.
    package let bytes: [UInt8]
    /// In the module's order.
    package let imports: [WasmImport]
    /// In the module's order; no name stands twice.
    package let exports: [WasmExport]
    /// nil where the module has no memory.
    package let memory: WasmMemory?
    /// In the module's order; a name may stand more than once.
    package let customSections: [WasmCustomSection]

    /// What instrumentation needs.
    let anatomy: WasmAnatomy

    /// Decodes and checks a whole module.
    /// - Throws: the first flaw; final.
    /// - Cost: linear in the bytes; about 20 ns a byte of code.
    package init(decoding bytes: [UInt8], limits: WasmLimits = .standard) throws(WasmFlaw) {
        if bytes.count > limits.bytesMax { throw WasmFlaw(.size, at: limits.bytesMax) }
        var decoding = ModuleDecoding(bytes, limits)
        try decoding.run()
        self.bytes = bytes
        imports = decoding.imports
        exports = decoding.exports
        memory = decoding.context.memory
        customSections = decoding.customSections
        anatomy = decoding.anatomy
    }

    /// What compiling it takes, in the units of which a module may have `WasmLimits.workMax` (WASM-7).
    package var compileWork: Int { anatomy.bodies.reduce(0) { $0 + $1.work } }

    /// The contents of the custom sections of this name, in the module's order.
    package func customSections(_ name: String) -> [[UInt8]] {
        customSections.lazy.filter { $0.name.utf8.elementsEqual(name.utf8) }.map { [UInt8](bytes[$0.range]) }
    }
}

/// Where the parts of a checked module stand in its bytes.
struct WasmAnatomy: Sendable {
    /// The contents of the sections, by their number; nil where the section is missing.
    var sections: [Range<Int>?] = Array(repeating: nil, count: Int(WasmSection.count))
    var types: [WasmSignature] = []
    /// Functions of the module's own: the number of each one's type.
    var functionTypes: [UInt32] = []
    var importCount = 0
    var globalCount = 0
    var bodies: [BodyFacts] = []
}

/// The numbers of sections.
enum WasmSection {
    static let custom: UInt8 = 0
    static let type: UInt8 = 1
    static let imports: UInt8 = 2
    static let function: UInt8 = 3
    static let table: UInt8 = 4
    static let memory: UInt8 = 5
    static let global: UInt8 = 6
    static let export: UInt8 = 7
    static let start: UInt8 = 8
    static let element: UInt8 = 9
    static let code: UInt8 = 10
    static let data: UInt8 = 11
    static let dataCount: UInt8 = 12
    static let count: UInt8 = 13

    /// Where a section stands among the others: the data count comes before the code.
    static func place(of section: UInt8) -> Int {
        switch section {
        case dataCount: Int(code)
        case code, data: Int(section) + 1
        default: Int(section)
        }
    }
}
