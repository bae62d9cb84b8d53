// SPDX-License-Identifier: Apache-2.0
internal import CWasmtime
internal import Execution
internal import ShangMi

/// A program as machine code, bound to the host's functions and ready to be instantiated.
@safe
final class CompiledProgram: Sendable {
    let core: EngineCore
    // SAFETY: made here, never changed after; the library allows any thread to instantiate it.
    nonisolated(unsafe) let instantiation: OpaquePointer

    deinit { unsafe wasmtime_instance_pre_delete(instantiation) }

    /// Takes the module over.
    private init(_ core: EngineCore, module: OpaquePointer) throws(EngineTrouble) {
        var instantiation: OpaquePointer?
        // SAFETY: the instantiation keeps of the module what it needs.
        let error = unsafe wasmtime_linker_instantiate_pre(core.linker, module, &instantiation)
        unsafe wasmtime_module_delete(module)
        try unsafe Foreign.check(error, "a program asks for what no program may import", heals: false)
        guard let instantiation = unsafe instantiation else {
            throw EngineTrouble(what: "a program could not be bound", heals: false)
        }
        self.core = core
        unsafe self.instantiation = unsafe instantiation
    }

    /// Compiles a program.
    /// - Returns: it, and its machine code as a file may keep it.
    /// - Cost: up to about a second (ENG-11), and some hundred bytes of memory for each byte of the program meanwhile.
    static func compile(
        _ program: ContractProgram, _ core: EngineCore
    ) throws(EngineTrouble) -> (program: CompiledProgram, code: [UInt8]) {
        var module: OpaquePointer?
        // SAFETY: the bytes are read during the call only.
        let error = unsafe program.bytes.withUnsafeBufferPointer {
            unsafe wasmtime_module_new(core.engine, $0.baseAddress, $0.count, &module)
        }
        // Every program that is accepted compiles (ENG-11): what failed is this machine, with no memory for the code.
        try unsafe Foreign.check(error, "program \(program.digest.hex) does not compile", heals: true)
        guard let module = unsafe module else { throw EngineTrouble(what: "a program gave no module", heals: false) }
        var code = unsafe wasm_byte_vec_t()
        let failure = unsafe wasmtime_module_serialize(module, &code)
        // SAFETY: the vector is ours to read and delete, once.
        let bytes = unsafe [UInt8](UnsafeBufferPointer(start: code.data, count: code.size))
        unsafe wasm_byte_vec_delete(&code)
        do throws(EngineTrouble) {
            try unsafe Foreign.check(failure, "machine code cannot be kept", heals: true)
        } catch {
            unsafe wasmtime_module_delete(module)
            throw error
        }
        return (unsafe try CompiledProgram(core, module: module), bytes)
    }

    /// Takes machine code that an engine of the same settings made.
    /// - Returns: nil where the library does not want it: it was made for another processor, say.
    static func load(_ code: [UInt8], _ core: EngineCore) -> CompiledProgram? {
        var module: OpaquePointer?
        // SAFETY: the bytes become code of this process: `CodeCache` gives only what this user's engine wrote (ENG-9).
        let error = unsafe code.withUnsafeBufferPointer {
            unsafe wasmtime_module_deserialize(core.engine, $0.baseAddress, $0.count, &module)
        }
        if (try? unsafe Foreign.check(error, "", heals: true)) == nil { return nil }
        guard let module = unsafe module else { return nil }
        return unsafe try? CompiledProgram(core, module: module)
    }
}
