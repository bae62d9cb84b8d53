// SPDX-License-Identifier: Apache-2.0
internal import CWasmtime
internal import Execution
internal import Glibc

/// The library's engine and its linker with the host's functions, alive as long as a compiled program of theirs.
/// - Spec: ENG-3, ENG-4.
@safe
final class EngineCore: Sendable {
    // SAFETY: made here, never changed after, and the library allows any thread to use it.
    nonisolated(unsafe) let engine: OpaquePointer
    // SAFETY: the same; nothing is defined in it once it is made.
    nonisolated(unsafe) let linker: OpaquePointer
    let keepsFrames: Bool

    init(_ settings: EngineSettings) throws(EngineTrouble) {
        try EngineCore.probeAddresses(settings)
        try SystemRules.check()
        guard let configuration = unsafe wasm_config_new() else { throw EngineCore.refused }
        unsafe EngineCore.configure(configuration)
        try unsafe EngineCore.pool(configuration, settings)
        // SAFETY: the engine takes the configuration over.
        guard let engine = unsafe wasm_engine_new_with_config(configuration),
            let linker = unsafe wasmtime_linker_new(engine)
        else { throw EngineCore.refused }
        unsafe self.engine = unsafe engine
        unsafe self.linker = unsafe linker
        keepsFrames = settings.keepsFrames
        for function in HostFunction.allCases { try unsafe HostBinding.define(function, in: linker) }
    }

    deinit {
        unsafe wasmtime_linker_delete(linker)
        unsafe wasm_engine_delete(engine)
    }

    private static let refused = EngineTrouble(what: "the contract engine could not be made", heals: false)

    /// The library ends the process where it cannot have the addresses its pool needs; asked first, it is a sentence.
    private static func probeAddresses(_ settings: EngineSettings) throws(EngineTrouble) {
        let each = EngineSettings.reservedBytes + EngineSettings.guardBytes
        let bytes = (settings.slots + 1) * each
        // SAFETY: new addresses of nobody's, given back at once.
        let place = unsafe mmap(nil, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let place = unsafe place, unsafe place != MAP_FAILED else {
            throw EngineTrouble(
                what:
                    "the contract engine needs \(bytes >> 30) GiB of addresses (not memory); this process may not have "
                    + "them (ulimit -v, or vm.overcommit_memory)",
                heals: false)
        }
        unsafe munmap(place, bytes)
    }

    private static func configure(_ it: OpaquePointer) {
        // SAFETY: the configuration is alive and ours alone.
        let ear = unsafe LibrarySetting.Ear(it: it)
        for setting in EngineSettings.configuration { setting.tell(ear) }
    }

    private static func pool(_ configuration: OpaquePointer, _ settings: EngineSettings) throws(EngineTrouble) {
        // SAFETY (this function): the pool is ours until it is deleted; the configuration copies it.
        guard let it = unsafe wasmtime_pooling_allocation_config_new() else { throw refused }
        let ear = unsafe LibrarySetting.Ear(it: it)
        for setting in settings.pool { setting.tell(ear) }
        unsafe wasmtime_pooling_allocation_strategy_set(configuration, it)
        unsafe wasmtime_pooling_allocation_config_delete(it)
    }
}

/// Numbers of the library's interface that its description of itself leaves out.
enum Code {
    static let cranelift: UInt8 = 1
    static let optimiseNothing: UInt8 = 0
    static let i32: UInt8 = 0
    static let i64: UInt8 = 1
    static let externFunction: UInt8 = 0
    static let externGlobal: UInt8 = 1
    static let externMemory: UInt8 = 3
    /// The trap that ends a run the host stopped. No program traps so by itself, and the run has noted why.
    static let interrupted: UInt8 = 10
}
