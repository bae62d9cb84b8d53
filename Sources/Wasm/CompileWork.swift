// SPDX-License-Identifier: Apache-2.0

/// What an engine's compiler has to do for a thing, in units of about what plain arithmetic takes it.
///
/// The weights were measured with Wasmtime's optimising compiler on instrumented modules, each made of one kind of
/// instruction.
/// - Spec: WASM-7.
enum CompileWork {
    /// Of a function, however small.
    static let function = 16

    static func of(_ instruction: WasmInstruction) -> Int {
        switch instruction.opcode {
        // Each begins a stretch of its own, which gets a charge and a way out.
        case .block, .loop, .when, .brIf: 8
        case .brTable: 8 + instruction.labels.count / 4
        case .callIndirect: 16
        case .memoryCopy, .memoryFill, .memoryInit, .memoryGrow, .dataDrop: 4
        default: 1
        }
    }
}
