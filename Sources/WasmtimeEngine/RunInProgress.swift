// SPDX-License-Identifier: Apache-2.0
internal import CWasmtime
internal import Execution

/// One run of one program on a fresh instance, from its first instruction to its end.
///
/// Alive on the stack of `execute`; the library knows it as its store's data.
/// - Spec: ENG-6, ENG-7, ENG-8.
@safe
final class RunInProgress {
    private let host: any ContractHost
    private var memory = wasmtime_memory()
    private var gas = wasmtime_global()
    private var depth = wasmtime_global()
    /// The host ended the run.
    private var isStopped = false

    private init(host: any ContractHost) { self.host = host }

    /// - Parameters:
    ///   - gas: the value of `jd_gas` when the entry begins.
    ///   - depth: the value of `jd_depth` when the entry begins.
    static func execute(
        _ program: CompiledProgram, entry: ContractEntry, gas: Int64, depth: Int32, host: any ContractHost
    ) throws(EngineTrouble) -> ContractRun {
        let run = RunInProgress(host: host)
        // SAFETY (this function): the store is deleted before `run` ends, and everything of the library's that is used
        // here belongs to this store, which no other thread knows.
        let data = unsafe Unmanaged.passUnretained(run).toOpaque()
        guard let store = unsafe wasmtime_store_new(program.core.engine, data, nil),
            let context = unsafe wasmtime_store_context(store)
        else { throw EngineTrouble(what: "no store for a run", heals: true) }
        defer {
            unsafe wasmtime_store_delete(store)
            withExtendedLifetime(run) {}
        }
        var instance = wasmtime_instance()
        var trap: OpaquePointer?
        try unsafe Foreign.check(
            wasmtime_instance_pre_instantiate(program.instantiation, context, &instance, &trap),
            "a run could not begin", heals: true)
        if let trap = unsafe trap { return try run.end(unsafe Foreign.code(of: trap), gas: gas, depth: depth, []) }
        var function = unsafe try run.find(entry, in: &instance, context)
        unsafe run.set(&run.gas, to: gas, context)
        unsafe run.set(&run.depth, to: depth, context)
        var cell = unsafe wasmtime_val_raw()
        let error = unsafe wasmtime_func_call_unchecked(context, &function, &cell, 1, &trap)
        try unsafe Foreign.check(error, "a run broke off", heals: true)
        let (gasLeft, depthLeft) = unsafe (run.value(&run.gas, context), run.value(&run.depth, context))
        guard let trap = unsafe trap else { return ContractRun(end: .returned, gasLeft: gasLeft) }
        let frames = program.core.keepsFrames ? unsafe Foreign.frames(of: trap) : []
        return try run.end(
            unsafe Foreign.code(of: trap), gas: gasLeft, depth: Int32(truncatingIfNeeded: depthLeft), frames)
    }

    /// Asks the host; the gas goes there and back.
    func answer(_ function: HostFunction, _ arguments: HostArguments, _ context: OpaquePointer) -> HostAnswer {
        // SAFETY (this function): the context is of this run's store, and memory and globals are its instance's.
        // Copies, for the library wants them where they may change: a field of an object is watched while it may.
        var (memory, gas) = (memory, gas)
        var left = unsafe value(&gas, context)
        let view = unsafe UnsafeMutableRawBufferPointer(
            start: wasmtime_memory_data(context, &memory), count: wasmtime_memory_data_size(context, &memory))
        let answer = host.answer(function, arguments, memory: unsafe ContractMemory(view), gas: &left)
        unsafe set(&gas, to: left, context)
        // Whatever the host says, a run without gas has ended: it must not depend on what comes next in the program.
        if left < 0 || answer == .stop {
            isStopped = true
            return .stop
        }
        return answer
    }

    /// What a trap means. Only the program's own globals and the kind of the trap decide.
    private func end(
        _ code: UInt8?, gas: Int64, depth: Int32, _ frames: [Int]
    ) throws(EngineTrouble) -> ContractRun {
        let end: ContractEnd
        switch code {
        case _ where isStopped: end = gas < 0 ? .outOfGas : .stopped
        case 9 where gas < 0: end = .outOfGas
        case 9 where depth < 0: end = .tooDeep
        case 0:
            // Where the native stack ends depends on the machine, so no outcome may come of it. ENG-5 says why no
            // program gets here; should one, this node stops rather than disagree.
            throw EngineTrouble(what: "a contract used more of the native stack than its depth allows", heals: false)
        default:
            guard let kind = code.flatMap(TrapKind.init(trapCode:)) else {
                throw EngineTrouble(
                    what: "a run ended in a way no program has: trap \(code.map(Int.init) ?? -1)", heals: false)
            }
            end = .trapped(kind)
        }
        return ContractRun(end: end, gasLeft: gas, frames: frames)
    }

    /// Looks up the entry, and the memory and globals every program has.
    private func find(
        _ entry: ContractEntry, in instance: inout wasmtime_instance, _ context: OpaquePointer
    ) throws(EngineTrouble) -> wasmtime_func {
        // SAFETY (this function): the kind says which member of the union holds.
        memory = unsafe try export("memory", Code.externMemory, of: &instance, context).of.memory
        gas = unsafe try export("jd_gas", Code.externGlobal, of: &instance, context).of.global_
        depth = unsafe try export("jd_depth", Code.externGlobal, of: &instance, context).of.global_
        return unsafe try export(entry.rawValue, Code.externFunction, of: &instance, context).of.func
    }

    private func export(
        _ name: String, _ kind: UInt8, of instance: inout wasmtime_instance, _ context: OpaquePointer
    ) throws(EngineTrouble) -> wasmtime_extern {
        var found = unsafe wasmtime_extern()
        var name = name
        // SAFETY: the name's bytes are used during the call only.
        let isThere = name.withUTF8 { text in
            unsafe text.withMemoryRebound(to: CChar.self) {
                unsafe wasmtime_instance_export_get(context, &instance, $0.baseAddress, $0.count, &found)
            }
        }
        guard isThere, unsafe found.kind == kind else {
            throw EngineTrouble(what: "a program has no \(name)", heals: false)
        }
        return unsafe found
    }

    private func value(_ global: inout wasmtime_global, _ context: OpaquePointer) -> Int64 {
        var value = unsafe wasmtime_val()
        // SAFETY: the global is of the context's store; both are numbers, which own nothing.
        unsafe wasmtime_global_get(context, &global, &value)
        return unsafe value.kind == Code.i64 ? value.of.i64 : Int64(value.of.i32)
    }

    private func set(_ global: inout wasmtime_global, to number: Int64, _ context: OpaquePointer) {
        var value = unsafe wasmtime_val()
        unsafe value.kind = Code.i64
        unsafe value.of.i64 = number
        // SAFETY: as above. A global of another type refuses the value, which the error says.
        let error = unsafe wasmtime_global_set(context, &global, &value)
        precondition(unsafe error == nil, "jd_gas is an i64 that may change")
    }

    private func set(_ global: inout wasmtime_global, to number: Int32, _ context: OpaquePointer) {
        var value = unsafe wasmtime_val()
        unsafe value.kind = Code.i32
        unsafe value.of.i32 = number
        // SAFETY: as above.
        let error = unsafe wasmtime_global_set(context, &global, &value)
        precondition(unsafe error == nil, "jd_depth is an i32 that may change")
    }
}

extension TrapKind {
    /// - Returns: nil for what no accepted program can do, and for the end of the native stack.
    init?(trapCode: UInt8) {
        switch trapCode {
        case 1: self = .memory
        case 3: self = .table
        case 4, 5: self = .indirect
        case 6: self = .overflow
        case 7: self = .division
        case 9: self = .unreachable
        default: return nil
        }
    }
}
