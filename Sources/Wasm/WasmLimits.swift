// SPDX-License-Identifier: Apache-2.0

/// What a module may have of each thing, with the reason beside each. Part of the chain's rules: changing one changes
/// which modules are accepted.
///
/// Together they bound what any engine does with an accepted module before it runs: time and memory of its
/// compiler, and of one instance.
/// - Spec: WASM-6, WASM-7.
package struct WasmLimits: Hashable, Sendable {
    /// The module's bytes. A contract in Embedded Swift with strings and dictionaries has 130 KB.
    package var bytesMax = 512 << 10
    package var typesMax = 1_024
    /// Imports: a small multiple of the functions there are to import.
    package var importsMax = 64
    /// Functions, imported ones included.
    package var functionsMax = 8_192
    package var globalsMax = 256
    package var exportsMax = 64
    /// Data segments, element segments and custom sections, each.
    package var segmentsMax = 1_024
    /// Bytes of a name of an import or export.
    package var nameBytesMax = 128
    /// Parameters of a function type: what passes beyond the registers costs stack.
    package var parametersMax = 64
    /// Parameters and locals of one function.
    package var localsMax = 512
    /// Blocks inside each other in one function.
    package var nestingMax = 256
    /// Operands that stand on the stack of one function at a time.
    package var operandsMax = 128
    /// Labels of one `br_table`, its default left out.
    package var branchTableMax = 1_024
    package var tableElementsMax = 4_096
    /// Pages of 64 KiB that the memory has at first.
    package var memoryPagesMin = 64
    /// Instructions of one function: a contract of 130 KB has functions of up to 1,350.
    package var instructionsMax = 32 << 10
    /// Of one function: branch points times parameters and locals. A compiler may join each local at each such place.
    package var functionJoinsMax = 32 << 10
    /// The sum of the squares of the joins of all functions. A compiler that gives out registers joins the lives of
    /// values one by one: its time grows with the square. One function with all of it takes a third of a second; a
    /// contract of 130 KB has a twentieth of it.
    package var joinSquaresMax = 1 << 30
    /// Of all functions together, what a compiler has to do (WASM-7): a unit takes an optimising one about 5 µs. A
    /// contract of 130 KB has 80,000 of them.
    package var workMax = 192 << 10
    /// Exports that only instrumentation may add (WASM-10).
    package var reservedNames: Set<String> = [WasmModule.gasExport, WasmModule.depthExport]

    package init() {}

    /// The limits of rule version 2.
    package static let standard = WasmLimits()
}
