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

    /// One language on all machines: WebAssembly 1.0 with sign extension and bulk memory, and nothing that may differ.
    private static func configure(_ it: OpaquePointer) {
        // SAFETY (this function): the configuration is alive and ours alone.
        unsafe wasmtime_config_strategy_set(it, Code.cranelift)
        // No pass that keeps values alive longer than the program does: a frame stays bounded by what is counted of it
        // (ENG-5), and the compiler's time stays near linear.
        unsafe wasmtime_config_cranelift_opt_level_set(it, Code.optimiseNothing)
        unsafe wasmtime_config_parallel_compilation_set(it, false)
        // The library wants a stack of its own to be no smaller, though no run of ours has one.
        unsafe wasmtime_config_async_stack_size_set(it, 2 * EngineSettings.stackBytes)
        unsafe wasmtime_config_max_wasm_stack_set(it, EngineSettings.stackBytes)
        unsafe wasmtime_config_memory_init_cow_set(it, true)
        unsafe wasmtime_config_memory_reservation_set(it, EngineSettings.reservedBytes)
        unsafe wasmtime_config_memory_guard_size_set(it, EngineSettings.guardBytes)
        unsafe wasmtime_config_native_unwind_info_set(it, false)
        unsafe wasmtime_config_debug_info_set(it, false)
        // Gas is in the program itself (docs/spec/wasm.md); the library's own counters would cost twice.
        unsafe wasmtime_config_consume_fuel_set(it, false)
        unsafe wasmtime_config_epoch_interruption_set(it, false)
        // No module with floats is accepted; should one come through, all machines agree on its NaNs.
        unsafe wasmtime_config_cranelift_nan_canonicalization_set(it, true)
        unsafe wasmtime_config_wasm_bulk_memory_set(it, true)
        unsafe wasmtime_config_wasm_threads_set(it, false)
        unsafe wasmtime_config_shared_memory_set(it, false)
        unsafe wasmtime_config_wasm_tail_call_set(it, false)
        unsafe wasmtime_config_wasm_function_references_set(it, false)
        unsafe wasmtime_config_wasm_gc_set(it, false)
        unsafe wasmtime_config_wasm_reference_types_set(it, false)
        unsafe wasmtime_config_wasm_relaxed_simd_set(it, false)
        unsafe wasmtime_config_wasm_simd_set(it, false)
        unsafe wasmtime_config_wasm_multi_value_set(it, false)
        unsafe wasmtime_config_wasm_multi_memory_set(it, false)
        unsafe wasmtime_config_wasm_memory64_set(it, false)
        unsafe wasmtime_config_wasm_wide_arithmetic_set(it, false)
        unsafe wasmtime_config_wasm_exceptions_set(it, false)
        unsafe wasmtime_config_wasm_custom_page_sizes_set(it, false)
        unsafe wasmtime_config_wasm_stack_switching_set(it, false)
        unsafe wasmtime_config_wasm_component_model_set(it, false)
        unsafe wasmtime_config_wasm_component_model_async_set(it, false)
        unsafe wasmtime_config_concurrency_support_set(it, false)
    }

    /// A slot for every run there can be at a time: none is refused for want of one.
    private static func pool(_ configuration: OpaquePointer, _ settings: EngineSettings) throws(EngineTrouble) {
        let slots = UInt32(settings.slots)
        // SAFETY (this function): the pool is ours until it is deleted; the configuration copies it.
        guard let it = unsafe wasmtime_pooling_allocation_config_new() else { throw refused }
        unsafe wasmtime_pooling_allocation_config_total_core_instances_set(it, slots)
        unsafe wasmtime_pooling_allocation_config_max_core_instance_size_set(it, EngineSettings.instanceBytesMax)
        unsafe wasmtime_pooling_allocation_config_total_memories_set(it, slots)
        unsafe wasmtime_pooling_allocation_config_max_memories_per_module_set(it, 1)
        unsafe wasmtime_pooling_allocation_config_max_memory_size_set(it, EngineSettings.pagesMax << 16)
        unsafe wasmtime_pooling_allocation_config_total_tables_set(it, slots)
        unsafe wasmtime_pooling_allocation_config_max_tables_per_module_set(it, 1)
        unsafe wasmtime_pooling_allocation_config_table_elements_set(it, EngineSettings.tableElementsMax)
        unsafe wasmtime_pooling_allocation_config_total_stacks_set(it, 0)
        unsafe wasmtime_pooling_allocation_config_total_gc_heaps_set(it, 0)
        unsafe wasmtime_pooling_allocation_config_max_unused_warm_slots_set(it, slots)
        unsafe wasmtime_pooling_allocation_config_linear_memory_keep_resident_set(it, EngineSettings.residentBytes)
        unsafe wasmtime_pooling_allocation_config_table_keep_resident_set(it, EngineSettings.residentBytes)
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
