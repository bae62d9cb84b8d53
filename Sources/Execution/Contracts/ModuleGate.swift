// SPDX-License-Identifier: Apache-2.0
import Ledger
import ShangMi
import Wasm

/// What a module must be to run on a chain, by the rules it is judged by.
///
/// A function of bytes and rules: what passed once passes for ever, and is instrumented to the same bytes.
/// - Spec: CTR-2, CTR-4.
enum ModuleGate {
    /// What a module that passed is.
    struct Passed {
        let program: ContractProgram
        let calls: Bool
        let migrates: Bool
        let pages: Int
        let description: Digest?
    }

    private static let description = "jd.description"

    private static let interface: WasmInterface = {
        var imports: [String: WasmSignature] = [:]
        for function in HostFunction.allCases {
            imports[function.name] = WasmSignature(
                function.parameters.map(\.wasm), function.result.map(\.wasm))
        }
        let entry = WasmSignature([])
        return WasmInterface(
            module: HostFunction.module, imports: imports,
            required: [(ContractEntry.call.rawValue, entry), (ContractEntry.initialise.rawValue, entry)],
            optional: [(ContractEntry.migrate.rawValue, entry)], memory: "memory")
    }()

    /// - Throws: the flaw's code (JD-25nn), or 2607.
    /// - Cost: linear in the bytes; some 100 ns a byte.
    static func pass(_ bytes: [UInt8]) throws(CallFailure) -> Passed {
        let module: WasmModule
        let use: WasmInterface.Use
        do throws(WasmFlaw) {
            module = try WasmModule(decoding: bytes)
            use = try interface.check(module)
        } catch {
            throw .result(ResultCode(UInt16(truncatingIfNeeded: error.code)))
        }
        let about = module.customSections(description).first
        guard (about?.count ?? 0) <= ContractLimits.descriptionBytesMax else { throw .result(.descriptionTooLong) }
        return Passed(
            program: program(of: module), calls: use.imports.contains(HostFunction.call.name),
            migrates: use.optionals.contains(ContractEntry.migrate.rawValue), pages: module.memory?.pagesMin ?? 0,
            description: about.map { SM3.hash($0) })
    }

    /// The program of a module that passed before; nil where the bytes are not those.
    static func program(of bytes: [UInt8]) -> ContractProgram? {
        (try? WasmModule(decoding: bytes)).map { program(of: $0) }
    }

    private static func program(of module: WasmModule) -> ContractProgram {
        let bytes = module.instrumented()
        return ContractProgram(digest: SM3.hash(bytes), bytes: bytes)
    }
}

extension HostValue {
    fileprivate var wasm: WasmType { self == .i32 ? .i32 : .i64 }
}
