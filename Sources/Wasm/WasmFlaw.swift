// SPDX-License-Identifier: Apache-2.0

/// Why a module is not accepted. Always final: the same bytes fail the same way on every machine.
///
/// The first flaw met counts; sections are read in their order, and a body from its first instruction to its last.
/// - Spec: WASM-3; docs/spec/wasm.md lists the codes, the register of stable codes has their sentences.
package struct WasmFlaw: Error, Hashable, Sendable, CustomStringConvertible {
    package let kind: Kind
    /// Where in the module, in bytes from its start. The module's length where something is missing from it.
    package let offset: Int
    /// The import or export that is meant; empty where none is.
    package let subject: String

    init(_ kind: Kind, at offset: Int, _ subject: String = "") {
        self.kind = kind
        self.offset = offset
        self.subject = subject
    }

    /// The stable code's number: 2541 is shown as JD-2541.
    package var code: UInt32 { kind.rawValue }

    /// `byte 37` or `byte 37: jd.get`: what is said after the code's sentence.
    package var description: String { subject.isEmpty ? "byte \(offset)" : "byte \(offset): \(subject)" }

    /// The raw value is the stable code. 2501 on: bytes that are no module. 2521 on: a module that WebAssembly's own
    /// rules refuse. 2541 on: parts of WebAssembly that are left out here. 2551 on: limits. 2564 on: the interface.
    package enum Kind: UInt32, CaseIterable, Sendable {
        case notWasm = 2501
        case truncated, badNumber, unknownSection, sectionOrder, sectionLength, badText, badForm, unknownInstruction
        case countMismatch, bodyLength

        case unknownIndex = 2521
        case operandType, operandMissing, operandsLeft, ifWithoutElse, strayElse, branchTypes, immutableGlobal
        case alignment, constantExpression, duplicateExport, memoryLimits, dataCountMissing

        case floats = 2541
        case vectors, threads, references, severalResults, laterProposal, startFunction, importKind
        case secondMemory, secondTable

        case size = 2551
        case functions, locals, nesting, operands, branchTable, tableSize, memoryPages, tooMany, compileWork
        case dataOutside, elementOutside, unusableName

        case importUnknown = 2564
        case importType, exportMissing, exportType, exportUnknown
    }
}
