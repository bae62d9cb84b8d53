// SPDX-License-Identifier: Apache-2.0
internal import Bedrock
internal import CWasmtime

/// One thing the library is told before it makes an engine.
///
/// What is told and what names compiled code is one list (ENG-9): no setting is in one and forgotten in the other.
package struct LibrarySetting: Sendable {
    /// The library's own name of it.
    package let name: String
    package let value: Int
    private let tell: @Sendable (Ear, Int) -> Void

    /// A configuration, or a pool, that is being made.
    @safe
    struct Ear {
        // SAFETY: alive while the setting is told, and nobody else's then.
        let it: OpaquePointer
    }

    fileprivate static func number(
        _ name: String, _ value: Int, _ tell: @escaping @Sendable (Ear, Int) -> Void
    ) -> LibrarySetting {
        LibrarySetting(name: name, value: value, tell: tell)
    }

    fileprivate static func flag(
        _ name: String, _ value: Bool, _ tell: @escaping @Sendable (Ear, Bool) -> Void
    ) -> LibrarySetting {
        LibrarySetting(name: name, value: value ? 1 : 0) { tell($0, $1 != 0) }
    }

    /// The same setting with another value.
    package func with(_ value: Int) -> LibrarySetting { LibrarySetting(name: name, value: value, tell: tell) }

    func tell(_ ear: Ear) { tell(ear, value) }

    /// The settings in order, as what names compiled code holds them.
    static func encode(_ settings: [LibrarySetting], into encoder: inout Encoder) {
        encoder.count(settings.count)
        for setting in settings {
            encoder.bytes(Array(setting.name.utf8))
            encoder.number(UInt64(setting.value))
        }
    }
}

// SAFETY (both lists): each setter is called by `tell` alone, with what it is a setter of.
extension EngineSettings {
    /// One language on all machines: WebAssembly 1.0 with sign extension and bulk memory, and nothing that may differ.
    package static let configuration: [LibrarySetting] = [
        .number("strategy", Int(Code.cranelift)) {
            unsafe wasmtime_config_strategy_set($0.it, UInt8(truncatingIfNeeded: $1))
        },
        // No pass that keeps values alive longer than the program does: a frame stays bounded by what is counted of it
        // (ENG-5), and the compiler's time stays near linear.
        .number("cranelift_opt_level", Int(Code.optimiseNothing)) {
            unsafe wasmtime_config_cranelift_opt_level_set($0.it, UInt8(truncatingIfNeeded: $1))
        },
        .flag("parallel_compilation", false) { unsafe wasmtime_config_parallel_compilation_set($0.it, $1) },
        // The library wants a stack of its own to be no smaller, though no run of ours has one.
        .number("async_stack_size", 2 * stackBytes) { unsafe wasmtime_config_async_stack_size_set($0.it, $1) },
        .number("max_wasm_stack", stackBytes) { unsafe wasmtime_config_max_wasm_stack_set($0.it, $1) },
        .flag("memory_init_cow", true) { unsafe wasmtime_config_memory_init_cow_set($0.it, $1) },
        .number("memory_reservation", reservedBytes) { unsafe wasmtime_config_memory_reservation_set($0.it, $1) },
        .number("memory_guard_size", guardBytes) { unsafe wasmtime_config_memory_guard_size_set($0.it, $1) },
        .flag("native_unwind_info", false) { unsafe wasmtime_config_native_unwind_info_set($0.it, $1) },
        .flag("debug_info", false) { unsafe wasmtime_config_debug_info_set($0.it, $1) },
        // Gas is in the program itself (docs/spec/wasm.md); the library's own counters would cost twice.
        .flag("consume_fuel", false) { unsafe wasmtime_config_consume_fuel_set($0.it, $1) },
        .flag("epoch_interruption", false) { unsafe wasmtime_config_epoch_interruption_set($0.it, $1) },
        // No module with floats is accepted; should one come through, all machines agree on its NaNs.
        .flag("cranelift_nan_canonicalization", true) {
            unsafe wasmtime_config_cranelift_nan_canonicalization_set($0.it, $1)
        },
        .flag("wasm_bulk_memory", true) { unsafe wasmtime_config_wasm_bulk_memory_set($0.it, $1) },
        .flag("wasm_threads", false) { unsafe wasmtime_config_wasm_threads_set($0.it, $1) },
        .flag("shared_memory", false) { unsafe wasmtime_config_shared_memory_set($0.it, $1) },
        .flag("wasm_tail_call", false) { unsafe wasmtime_config_wasm_tail_call_set($0.it, $1) },
        .flag("wasm_function_references", false) { unsafe wasmtime_config_wasm_function_references_set($0.it, $1) },
        .flag("wasm_gc", false) { unsafe wasmtime_config_wasm_gc_set($0.it, $1) },
        .flag("wasm_reference_types", false) { unsafe wasmtime_config_wasm_reference_types_set($0.it, $1) },
        .flag("wasm_relaxed_simd", false) { unsafe wasmtime_config_wasm_relaxed_simd_set($0.it, $1) },
        .flag("wasm_simd", false) { unsafe wasmtime_config_wasm_simd_set($0.it, $1) },
        .flag("wasm_multi_value", false) { unsafe wasmtime_config_wasm_multi_value_set($0.it, $1) },
        .flag("wasm_multi_memory", false) { unsafe wasmtime_config_wasm_multi_memory_set($0.it, $1) },
        .flag("wasm_memory64", false) { unsafe wasmtime_config_wasm_memory64_set($0.it, $1) },
        .flag("wasm_wide_arithmetic", false) { unsafe wasmtime_config_wasm_wide_arithmetic_set($0.it, $1) },
        .flag("wasm_exceptions", false) { unsafe wasmtime_config_wasm_exceptions_set($0.it, $1) },
        .flag("wasm_custom_page_sizes", false) { unsafe wasmtime_config_wasm_custom_page_sizes_set($0.it, $1) },
        .flag("wasm_stack_switching", false) { unsafe wasmtime_config_wasm_stack_switching_set($0.it, $1) },
        .flag("wasm_component_model", false) { unsafe wasmtime_config_wasm_component_model_set($0.it, $1) },
        .flag("wasm_component_model_async", false) { unsafe wasmtime_config_wasm_component_model_async_set($0.it, $1) },
        .flag("concurrency_support", false) { unsafe wasmtime_config_concurrency_support_set($0.it, $1) },
    ]

    /// A slot for every run there can be at a time: none is refused for want of one.
    package var pool: [LibrarySetting] {
        [
            .number("total_core_instances", slots) {
                unsafe wasmtime_pooling_allocation_config_total_core_instances_set(
                    $0.it, UInt32(truncatingIfNeeded: $1))
            },
            .number("max_core_instance_size", EngineSettings.instanceBytesMax) {
                unsafe wasmtime_pooling_allocation_config_max_core_instance_size_set($0.it, $1)
            },
            .number("total_memories", slots) {
                unsafe wasmtime_pooling_allocation_config_total_memories_set($0.it, UInt32(truncatingIfNeeded: $1))
            },
            .number("max_memories_per_module", 1) {
                unsafe wasmtime_pooling_allocation_config_max_memories_per_module_set(
                    $0.it, UInt32(truncatingIfNeeded: $1))
            },
            .number("max_memory_size", EngineSettings.pagesMax << 16) {
                unsafe wasmtime_pooling_allocation_config_max_memory_size_set($0.it, $1)
            },
            .number("total_tables", slots) {
                unsafe wasmtime_pooling_allocation_config_total_tables_set($0.it, UInt32(truncatingIfNeeded: $1))
            },
            .number("max_tables_per_module", 1) {
                unsafe wasmtime_pooling_allocation_config_max_tables_per_module_set(
                    $0.it, UInt32(truncatingIfNeeded: $1))
            },
            .number("table_elements", EngineSettings.tableElementsMax) {
                unsafe wasmtime_pooling_allocation_config_table_elements_set($0.it, $1)
            },
            .number("total_stacks", 0) {
                unsafe wasmtime_pooling_allocation_config_total_stacks_set($0.it, UInt32(truncatingIfNeeded: $1))
            },
            .number("total_gc_heaps", 0) {
                unsafe wasmtime_pooling_allocation_config_total_gc_heaps_set($0.it, UInt32(truncatingIfNeeded: $1))
            },
            .number("max_unused_warm_slots", slots) {
                unsafe wasmtime_pooling_allocation_config_max_unused_warm_slots_set(
                    $0.it, UInt32(truncatingIfNeeded: $1))
            },
            .number("linear_memory_keep_resident", EngineSettings.residentBytes) {
                unsafe wasmtime_pooling_allocation_config_linear_memory_keep_resident_set($0.it, $1)
            },
            .number("table_keep_resident", EngineSettings.residentBytes) {
                unsafe wasmtime_pooling_allocation_config_table_keep_resident_set($0.it, $1)
            },
        ]
    }
}
