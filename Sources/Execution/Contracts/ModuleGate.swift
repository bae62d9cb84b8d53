// SPDX-License-Identifier: Apache-2.0
import Ledger
import ShangMi
package import Wasm

/// What a module must be to run on a chain, by the rules it is judged by.
///
/// A function of bytes and rules: what passed once passes for ever, and is instrumented to the same bytes.
/// - Spec: CTR-2, CTR-4.
package enum ModuleGate {
    /// What a module that passed is.
    package struct Passed: Sendable {
        package let program: ContractProgram
        package let module: WasmModule
        package let calls: Bool
        package let migrates: Bool
        package let pages: Int
        /// What it says of itself, where it does.
        package let description: [UInt8]?
    }

    /// Why a module does not pass.
    package enum Refusal: Error, Hashable {
        case flaw(WasmFlaw)
        case descriptionTooLong(bytes: Int)
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

    /// Judges a module as publishing it does, for whoever wants to know before.
    /// - Throws: the first flaw with its place.
    /// - Cost: linear in the bytes; some 100 ns a byte.
    package static func examine(_ bytes: [UInt8]) throws(Refusal) -> Passed {
        let module: WasmModule
        let use: WasmInterface.Use
        do throws(WasmFlaw) {
            module = try WasmModule(decoding: bytes)
            use = try interface.check(module)
        } catch {
            throw .flaw(error)
        }
        let about = module.customSections(description).first
        if let about, about.count > ContractLimits.descriptionBytesMax {
            throw .descriptionTooLong(bytes: about.count)
        }
        return Passed(
            program: program(of: module), module: module, calls: use.imports.contains(HostFunction.call.name),
            migrates: use.optionals.contains(ContractEntry.migrate.rawValue), pages: module.memory?.pagesMin ?? 0,
            description: about)
    }

    /// As `examine`, in a call.
    /// - Throws: the flaw's code (JD-25nn), or 2607.
    static func pass(_ bytes: [UInt8]) throws(CallFailure) -> Passed {
        do throws(Refusal) {
            return try examine(bytes)
        } catch {
            switch error {
            case .flaw(let flaw): throw .result(ResultCode(UInt16(truncatingIfNeeded: flaw.code)))
            case .descriptionTooLong: throw .result(.descriptionTooLong)
            }
        }
    }

    /// What a module that passed once says of itself; nil where it says nothing.
    package static func description(in bytes: [UInt8]) -> [UInt8]? {
        (try? WasmModule(decoding: bytes))?.customSections(description).first
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
