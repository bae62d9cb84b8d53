// SPDX-License-Identifier: Apache-2.0
// Made by scripts/wasmtime-header from the interface of wasmtime 50.0.1 as its own wheel describes it.
// Not to be edited: a structure that differs from the library's is memory overwritten.
#ifndef CWASMTIME_GENERATED_H
#define CWASMTIME_GENERATED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JIUDING_WASMTIME_VERSION "50.0.1"
#define JIUDING_WASMTIME_INTERFACE "7c47679262b61d49275a88b43e502d61d4556a7a36110e656c8542cbe9923c7d"

struct wasm_config_t;
struct wasm_engine_t;
struct wasmtime_pooling_allocation_config_t;
struct wasmtime_module;
struct wasmtime_error;
struct wasm_byte_vec_t {
    size_t size;
    uint8_t *data;
};
_Static_assert(sizeof(struct wasm_byte_vec_t) == 16, "size");
_Static_assert(offsetof(struct wasm_byte_vec_t, data) == 8, "place");
struct wasmtime_linker;
struct wasm_functype_t;
struct wasmtime_caller;
union wasmtime_val_raw {
    int32_t i32;
    int64_t i64;
    float f32;
    double f64;
    uint8_t v128[16];
    uint32_t anyref;
    uint32_t externref;
    uint32_t exnref;
    void *funcref;
};
_Static_assert(sizeof(union wasmtime_val_raw) == 16, "size");
struct wasmtime_instance_pre;
struct wasmtime_context;
struct wasmtime_instance {
    size_t store_id;
    size_t __private;
};
_Static_assert(sizeof(struct wasmtime_instance) == 16, "size");
_Static_assert(offsetof(struct wasmtime_instance, __private) == 8, "place");
struct wasm_trap_t;
struct wasmtime_func {
    size_t store_id;
    void *__private;
};
_Static_assert(sizeof(struct wasmtime_func) == 16, "size");
_Static_assert(offsetof(struct wasmtime_func, __private) == 8, "place");
struct wasmtime_global {
    size_t store_id;
    uint32_t __private1;
    uint32_t __private2;
    uint32_t __private3;
};
_Static_assert(sizeof(struct wasmtime_global) == 24, "size");
_Static_assert(offsetof(struct wasmtime_global, __private1) == 8, "place");
_Static_assert(offsetof(struct wasmtime_global, __private2) == 12, "place");
_Static_assert(offsetof(struct wasmtime_global, __private3) == 16, "place");
struct wasmtime_table_anon_0 {
    size_t store_id;
    uint32_t __private1;
};
_Static_assert(sizeof(struct wasmtime_table_anon_0) == 16, "size");
_Static_assert(offsetof(struct wasmtime_table_anon_0, __private1) == 8, "place");
struct wasmtime_table {
    struct wasmtime_table_anon_0 _anon_1;
    uint32_t __private2;
};
_Static_assert(sizeof(struct wasmtime_table) == 24, "size");
_Static_assert(offsetof(struct wasmtime_table, __private2) == 16, "place");
struct wasmtime_memory_anon_0 {
    size_t store_id;
    uint32_t __private1;
};
_Static_assert(sizeof(struct wasmtime_memory_anon_0) == 16, "size");
_Static_assert(offsetof(struct wasmtime_memory_anon_0, __private1) == 8, "place");
struct wasmtime_memory {
    struct wasmtime_memory_anon_0 _anon_1;
    uint32_t __private2;
};
_Static_assert(sizeof(struct wasmtime_memory) == 24, "size");
_Static_assert(offsetof(struct wasmtime_memory, __private2) == 16, "place");
struct wasmtime_sharedmemory;
struct wasmtime_tag_anon_0 {
    size_t store_id;
    uint32_t __private1;
};
_Static_assert(sizeof(struct wasmtime_tag_anon_0) == 16, "size");
_Static_assert(offsetof(struct wasmtime_tag_anon_0, __private1) == 8, "place");
struct wasmtime_tag {
    struct wasmtime_tag_anon_0 _anon_1;
    uint32_t __private2;
};
_Static_assert(sizeof(struct wasmtime_tag) == 24, "size");
_Static_assert(offsetof(struct wasmtime_tag, __private2) == 16, "place");
union wasmtime_extern_union {
    struct wasmtime_func func;
    struct wasmtime_global global_;
    struct wasmtime_table table;
    struct wasmtime_memory memory;
    struct wasmtime_sharedmemory *sharedmemory;
    struct wasmtime_tag tag;
};
_Static_assert(sizeof(union wasmtime_extern_union) == 24, "size");
struct wasmtime_extern {
    uint8_t kind;
    union wasmtime_extern_union of;
};
_Static_assert(sizeof(struct wasmtime_extern) == 32, "size");
_Static_assert(offsetof(struct wasmtime_extern, of) == 8, "place");
struct wasmtime_store;
struct wasmtime_anyref {
    size_t store_id;
    uint32_t __private1;
    uint32_t __private2;
    void *__private3;
};
_Static_assert(sizeof(struct wasmtime_anyref) == 24, "size");
_Static_assert(offsetof(struct wasmtime_anyref, __private1) == 8, "place");
_Static_assert(offsetof(struct wasmtime_anyref, __private2) == 12, "place");
_Static_assert(offsetof(struct wasmtime_anyref, __private3) == 16, "place");
struct wasmtime_externref {
    size_t store_id;
    uint32_t __private1;
    uint32_t __private2;
    void *__private3;
};
_Static_assert(sizeof(struct wasmtime_externref) == 24, "size");
_Static_assert(offsetof(struct wasmtime_externref, __private1) == 8, "place");
_Static_assert(offsetof(struct wasmtime_externref, __private2) == 12, "place");
_Static_assert(offsetof(struct wasmtime_externref, __private3) == 16, "place");
struct wasmtime_exnref {
    size_t store_id;
    uint32_t __private1;
    uint32_t __private2;
    void *__private3;
};
_Static_assert(sizeof(struct wasmtime_exnref) == 24, "size");
_Static_assert(offsetof(struct wasmtime_exnref, __private1) == 8, "place");
_Static_assert(offsetof(struct wasmtime_exnref, __private2) == 12, "place");
_Static_assert(offsetof(struct wasmtime_exnref, __private3) == 16, "place");
union wasmtime_valunion {
    int32_t i32;
    int64_t i64;
    float f32;
    double f64;
    struct wasmtime_anyref anyref;
    struct wasmtime_externref externref;
    struct wasmtime_exnref exnref;
    struct wasmtime_func funcref;
    uint8_t v128[16];
};
_Static_assert(sizeof(union wasmtime_valunion) == 24, "size");
struct wasmtime_val {
    uint8_t kind;
    union wasmtime_valunion of;
};
_Static_assert(sizeof(struct wasmtime_val) == 32, "size");
_Static_assert(offsetof(struct wasmtime_val, of) == 8, "place");
struct wasm_frame_t;
struct wasm_frame_vec_t {
    size_t size;
    struct wasm_frame_t **data;
};
_Static_assert(sizeof(struct wasm_frame_vec_t) == 16, "size");
_Static_assert(offsetof(struct wasm_frame_vec_t, data) == 8, "place");
struct wasm_valtype_t;
struct wasm_valtype_vec_t {
    size_t size;
    struct wasm_valtype_t **data;
};
_Static_assert(sizeof(struct wasm_valtype_vec_t) == 16, "size");
_Static_assert(offsetof(struct wasm_valtype_vec_t, data) == 8, "place");

// The library's functions, found when it is loaded.
struct jiuding_wasmtime {
    struct wasm_config_t *(*wasm_config_new)(void);
    struct wasm_engine_t *(*wasm_engine_new_with_config)(struct wasm_config_t *a0);
    void (*wasm_engine_delete)(struct wasm_engine_t *a0);
    void (*wasmtime_config_strategy_set)(struct wasm_config_t *a0, uint8_t a1);
    void (*wasmtime_config_cranelift_opt_level_set)(struct wasm_config_t *a0, uint8_t a1);
    void (*wasmtime_config_parallel_compilation_set)(struct wasm_config_t *a0, bool a1);
    void (*wasmtime_config_max_wasm_stack_set)(struct wasm_config_t *a0, size_t a1);
    void (*wasmtime_config_async_stack_size_set)(struct wasm_config_t *a0, size_t a1);
    void (*wasmtime_config_memory_init_cow_set)(struct wasm_config_t *a0, bool a1);
    void (*wasmtime_config_native_unwind_info_set)(struct wasm_config_t *a0, bool a1);
    void (*wasmtime_config_wasm_component_model_async_set)(struct wasm_config_t *a0, bool a1);
    void (*wasmtime_config_concurrency_support_set)(struct wasm_config_t *a0, bool a1);
    void (*wasmtime_config_debug_info_set)(struct wasm_config_t *a0, bool a1);
    void (*wasmtime_config_consume_fuel_set)(struct wasm_config_t *a0, bool a1);
    void (*wasmtime_config_epoch_interruption_set)(struct wasm_config_t *a0, bool a1);
    void (*wasmtime_config_wasm_threads_set)(struct wasm_config_t *a0, bool a1);
    void (*wasmtime_config_shared_memory_set)(struct wasm_config_t *a0, bool a1);
    void (*wasmtime_config_wasm_tail_call_set)(struct wasm_config_t *a0, bool a1);
    void (*wasmtime_config_wasm_reference_types_set)(struct wasm_config_t *a0, bool a1);
    void (*wasmtime_config_wasm_function_references_set)(struct wasm_config_t *a0, bool a1);
    void (*wasmtime_config_wasm_gc_set)(struct wasm_config_t *a0, bool a1);
    void (*wasmtime_config_wasm_simd_set)(struct wasm_config_t *a0, bool a1);
    void (*wasmtime_config_wasm_relaxed_simd_set)(struct wasm_config_t *a0, bool a1);
    void (*wasmtime_config_wasm_bulk_memory_set)(struct wasm_config_t *a0, bool a1);
    void (*wasmtime_config_wasm_multi_value_set)(struct wasm_config_t *a0, bool a1);
    void (*wasmtime_config_wasm_multi_memory_set)(struct wasm_config_t *a0, bool a1);
    void (*wasmtime_config_wasm_memory64_set)(struct wasm_config_t *a0, bool a1);
    void (*wasmtime_config_wasm_wide_arithmetic_set)(struct wasm_config_t *a0, bool a1);
    void (*wasmtime_config_wasm_exceptions_set)(struct wasm_config_t *a0, bool a1);
    void (*wasmtime_config_wasm_custom_page_sizes_set)(struct wasm_config_t *a0, bool a1);
    void (*wasmtime_config_wasm_stack_switching_set)(struct wasm_config_t *a0, bool a1);
    void (*wasmtime_config_wasm_component_model_set)(struct wasm_config_t *a0, bool a1);
    void (*wasmtime_config_memory_reservation_set)(struct wasm_config_t *a0, size_t a1);
    void (*wasmtime_config_memory_guard_size_set)(struct wasm_config_t *a0, size_t a1);
    void (*wasmtime_config_cranelift_nan_canonicalization_set)(struct wasm_config_t *a0, bool a1);
    struct wasmtime_pooling_allocation_config_t *(*wasmtime_pooling_allocation_config_new)(void);
    void (*wasmtime_pooling_allocation_config_delete)(struct wasmtime_pooling_allocation_config_t *a0);
    void (
        *wasmtime_pooling_allocation_config_max_unused_warm_slots_set)(
        struct wasmtime_pooling_allocation_config_t *a0, uint32_t a1);
    void (
        *wasmtime_pooling_allocation_config_linear_memory_keep_resident_set)(
        struct wasmtime_pooling_allocation_config_t *a0, size_t a1);
    void (
        *wasmtime_pooling_allocation_config_table_keep_resident_set)(struct wasmtime_pooling_allocation_config_t *a0,
        size_t a1);
    void (
        *wasmtime_pooling_allocation_config_total_core_instances_set)(
        struct wasmtime_pooling_allocation_config_t *a0, uint32_t a1);
    void (
        *wasmtime_pooling_allocation_config_max_core_instance_size_set)(
        struct wasmtime_pooling_allocation_config_t *a0, size_t a1);
    void (*wasmtime_pooling_allocation_config_total_memories_set)(struct wasmtime_pooling_allocation_config_t *a0,
        uint32_t a1);
    void (
        *wasmtime_pooling_allocation_config_max_memories_per_module_set)(
        struct wasmtime_pooling_allocation_config_t *a0, uint32_t a1);
    void (*wasmtime_pooling_allocation_config_max_memory_size_set)(struct wasmtime_pooling_allocation_config_t *a0,
        size_t a1);
    void (*wasmtime_pooling_allocation_config_total_tables_set)(struct wasmtime_pooling_allocation_config_t *a0,
        uint32_t a1);
    void (
        *wasmtime_pooling_allocation_config_max_tables_per_module_set)(
        struct wasmtime_pooling_allocation_config_t *a0, uint32_t a1);
    void (*wasmtime_pooling_allocation_config_table_elements_set)(struct wasmtime_pooling_allocation_config_t *a0,
        size_t a1);
    void (*wasmtime_pooling_allocation_config_total_stacks_set)(struct wasmtime_pooling_allocation_config_t *a0,
        uint32_t a1);
    void (*wasmtime_pooling_allocation_config_total_gc_heaps_set)(struct wasmtime_pooling_allocation_config_t *a0,
        uint32_t a1);
    void (*wasmtime_pooling_allocation_strategy_set)(struct wasm_config_t *a0,
        struct wasmtime_pooling_allocation_config_t *a1);
    struct wasmtime_error *(*wasmtime_module_new)(struct wasm_engine_t *a0, const uint8_t *a1, size_t a2,
        struct wasmtime_module **a3);
    void (*wasmtime_module_delete)(struct wasmtime_module *a0);
    struct wasmtime_error *(*wasmtime_module_serialize)(struct wasmtime_module *a0, struct wasm_byte_vec_t *a1);
    struct wasmtime_error *(*wasmtime_module_deserialize)(struct wasm_engine_t *a0, const uint8_t *a1, size_t a2,
        struct wasmtime_module **a3);
    struct wasmtime_linker *(*wasmtime_linker_new)(struct wasm_engine_t *a0);
    void (*wasmtime_linker_delete)(struct wasmtime_linker *a0);
    struct wasmtime_error *(*wasmtime_linker_define_func_unchecked)(struct wasmtime_linker *a0, const char *a1,
        size_t a2, const char *a3, size_t a4, struct wasm_functype_t *a5, struct wasm_trap_t * (*a6)(void *,
        struct wasmtime_caller *, union wasmtime_val_raw *, size_t), void *a7, void (*a8)(void *));
    struct wasmtime_error *(*wasmtime_linker_instantiate_pre)(struct wasmtime_linker *a0, struct wasmtime_module *a1,
        struct wasmtime_instance_pre **a2);
    struct wasmtime_error *(*wasmtime_instance_pre_instantiate)(struct wasmtime_instance_pre *a0,
        struct wasmtime_context *a1, struct wasmtime_instance *a2, struct wasm_trap_t **a3);
    void (*wasmtime_instance_pre_delete)(struct wasmtime_instance_pre *a0);
    bool (*wasmtime_instance_export_get)(struct wasmtime_context *a0, struct wasmtime_instance *a1, const char *a2,
        size_t a3, struct wasmtime_extern *a4);
    struct wasmtime_store *(*wasmtime_store_new)(struct wasm_engine_t *a0, void *a1, void (*a2)(void *));
    void (*wasmtime_store_delete)(struct wasmtime_store *a0);
    struct wasmtime_context *(*wasmtime_store_context)(struct wasmtime_store *a0);
    void *(*wasmtime_context_get_data)(struct wasmtime_context *a0);
    struct wasmtime_context *(*wasmtime_caller_context)(struct wasmtime_caller *a0);
    struct wasmtime_error *(*wasmtime_func_call_unchecked)(struct wasmtime_context *a0, struct wasmtime_func *a1,
        union wasmtime_val_raw *a2, size_t a3, struct wasm_trap_t **a4);
    void (*wasmtime_global_get)(struct wasmtime_context *a0, struct wasmtime_global *a1, struct wasmtime_val *a2);
    struct wasmtime_error *(*wasmtime_global_set)(struct wasmtime_context *a0, struct wasmtime_global *a1,
        struct wasmtime_val *a2);
    uint8_t *(*wasmtime_memory_data)(struct wasmtime_context *a0, struct wasmtime_memory *a1);
    size_t (*wasmtime_memory_data_size)(struct wasmtime_context *a0, struct wasmtime_memory *a1);
    struct wasm_trap_t *(*wasmtime_trap_new_code)(uint8_t a0);
    bool (*wasmtime_trap_code)(struct wasm_trap_t *a0, uint8_t *a1);
    void (*wasm_trap_delete)(struct wasm_trap_t *a0);
    void (*wasm_trap_trace)(struct wasm_trap_t *a0, struct wasm_frame_vec_t *a1);
    void (*wasm_frame_vec_delete)(struct wasm_frame_vec_t *a0);
    size_t (*wasm_frame_module_offset)(struct wasm_frame_t *a0);
    void (*wasmtime_error_message)(struct wasmtime_error *a0, struct wasm_byte_vec_t *a1);
    void (*wasmtime_error_delete)(struct wasmtime_error *a0);
    void (*wasm_byte_vec_delete)(struct wasm_byte_vec_t *a0);
    struct wasm_valtype_t *(*wasm_valtype_new)(uint8_t a0);
    void (*wasm_valtype_vec_new)(struct wasm_valtype_vec_t *a0, size_t a1, struct wasm_valtype_t **a2);
    struct wasm_functype_t *(*wasm_functype_new)(struct wasm_valtype_vec_t *a0, struct wasm_valtype_vec_t *a1);
    void (*wasm_functype_delete)(struct wasm_functype_t *a0);
    struct wasmtime_error *(*wasmtime_wat2wasm)(const char *a0, size_t a1, struct wasm_byte_vec_t *a2);
};
extern struct jiuding_wasmtime jiuding_wasmtime;

// Their names, in the same order.
#define JIUDING_WASMTIME_NAMES \
    "wasm_config_new", \
    "wasm_engine_new_with_config", \
    "wasm_engine_delete", \
    "wasmtime_config_strategy_set", \
    "wasmtime_config_cranelift_opt_level_set", \
    "wasmtime_config_parallel_compilation_set", \
    "wasmtime_config_max_wasm_stack_set", \
    "wasmtime_config_async_stack_size_set", \
    "wasmtime_config_memory_init_cow_set", \
    "wasmtime_config_native_unwind_info_set", \
    "wasmtime_config_wasm_component_model_async_set", \
    "wasmtime_config_concurrency_support_set", \
    "wasmtime_config_debug_info_set", \
    "wasmtime_config_consume_fuel_set", \
    "wasmtime_config_epoch_interruption_set", \
    "wasmtime_config_wasm_threads_set", \
    "wasmtime_config_shared_memory_set", \
    "wasmtime_config_wasm_tail_call_set", \
    "wasmtime_config_wasm_reference_types_set", \
    "wasmtime_config_wasm_function_references_set", \
    "wasmtime_config_wasm_gc_set", \
    "wasmtime_config_wasm_simd_set", \
    "wasmtime_config_wasm_relaxed_simd_set", \
    "wasmtime_config_wasm_bulk_memory_set", \
    "wasmtime_config_wasm_multi_value_set", \
    "wasmtime_config_wasm_multi_memory_set", \
    "wasmtime_config_wasm_memory64_set", \
    "wasmtime_config_wasm_wide_arithmetic_set", \
    "wasmtime_config_wasm_exceptions_set", \
    "wasmtime_config_wasm_custom_page_sizes_set", \
    "wasmtime_config_wasm_stack_switching_set", \
    "wasmtime_config_wasm_component_model_set", \
    "wasmtime_config_memory_reservation_set", \
    "wasmtime_config_memory_guard_size_set", \
    "wasmtime_config_cranelift_nan_canonicalization_set", \
    "wasmtime_pooling_allocation_config_new", \
    "wasmtime_pooling_allocation_config_delete", \
    "wasmtime_pooling_allocation_config_max_unused_warm_slots_set", \
    "wasmtime_pooling_allocation_config_linear_memory_keep_resident_set", \
    "wasmtime_pooling_allocation_config_table_keep_resident_set", \
    "wasmtime_pooling_allocation_config_total_core_instances_set", \
    "wasmtime_pooling_allocation_config_max_core_instance_size_set", \
    "wasmtime_pooling_allocation_config_total_memories_set", \
    "wasmtime_pooling_allocation_config_max_memories_per_module_set", \
    "wasmtime_pooling_allocation_config_max_memory_size_set", \
    "wasmtime_pooling_allocation_config_total_tables_set", \
    "wasmtime_pooling_allocation_config_max_tables_per_module_set", \
    "wasmtime_pooling_allocation_config_table_elements_set", \
    "wasmtime_pooling_allocation_config_total_stacks_set", \
    "wasmtime_pooling_allocation_config_total_gc_heaps_set", \
    "wasmtime_pooling_allocation_strategy_set", \
    "wasmtime_module_new", \
    "wasmtime_module_delete", \
    "wasmtime_module_serialize", \
    "wasmtime_module_deserialize", \
    "wasmtime_linker_new", \
    "wasmtime_linker_delete", \
    "wasmtime_linker_define_func_unchecked", \
    "wasmtime_linker_instantiate_pre", \
    "wasmtime_instance_pre_instantiate", \
    "wasmtime_instance_pre_delete", \
    "wasmtime_instance_export_get", \
    "wasmtime_store_new", \
    "wasmtime_store_delete", \
    "wasmtime_store_context", \
    "wasmtime_context_get_data", \
    "wasmtime_caller_context", \
    "wasmtime_func_call_unchecked", \
    "wasmtime_global_get", \
    "wasmtime_global_set", \
    "wasmtime_memory_data", \
    "wasmtime_memory_data_size", \
    "wasmtime_trap_new_code", \
    "wasmtime_trap_code", \
    "wasm_trap_delete", \
    "wasm_trap_trace", \
    "wasm_frame_vec_delete", \
    "wasm_frame_module_offset", \
    "wasmtime_error_message", \
    "wasmtime_error_delete", \
    "wasm_byte_vec_delete", \
    "wasm_valtype_new", \
    "wasm_valtype_vec_new", \
    "wasm_functype_new", \
    "wasm_functype_delete", \
    "wasmtime_wat2wasm", \
    0

static inline struct wasm_config_t *wasm_config_new(void) {
    return jiuding_wasmtime.wasm_config_new();
}
static inline struct wasm_engine_t *wasm_engine_new_with_config(struct wasm_config_t *a0) {
    return jiuding_wasmtime.wasm_engine_new_with_config(a0);
}
static inline void wasm_engine_delete(struct wasm_engine_t *a0) {
    jiuding_wasmtime.wasm_engine_delete(a0);
}
static inline void wasmtime_config_strategy_set(struct wasm_config_t *a0, uint8_t a1) {
    jiuding_wasmtime.wasmtime_config_strategy_set(a0, a1);
}
static inline void wasmtime_config_cranelift_opt_level_set(struct wasm_config_t *a0, uint8_t a1) {
    jiuding_wasmtime.wasmtime_config_cranelift_opt_level_set(a0, a1);
}
static inline void wasmtime_config_parallel_compilation_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_parallel_compilation_set(a0, a1);
}
static inline void wasmtime_config_max_wasm_stack_set(struct wasm_config_t *a0, size_t a1) {
    jiuding_wasmtime.wasmtime_config_max_wasm_stack_set(a0, a1);
}
static inline void wasmtime_config_async_stack_size_set(struct wasm_config_t *a0, size_t a1) {
    jiuding_wasmtime.wasmtime_config_async_stack_size_set(a0, a1);
}
static inline void wasmtime_config_memory_init_cow_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_memory_init_cow_set(a0, a1);
}
static inline void wasmtime_config_native_unwind_info_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_native_unwind_info_set(a0, a1);
}
static inline void wasmtime_config_wasm_component_model_async_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_wasm_component_model_async_set(a0, a1);
}
static inline void wasmtime_config_concurrency_support_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_concurrency_support_set(a0, a1);
}
static inline void wasmtime_config_debug_info_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_debug_info_set(a0, a1);
}
static inline void wasmtime_config_consume_fuel_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_consume_fuel_set(a0, a1);
}
static inline void wasmtime_config_epoch_interruption_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_epoch_interruption_set(a0, a1);
}
static inline void wasmtime_config_wasm_threads_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_wasm_threads_set(a0, a1);
}
static inline void wasmtime_config_shared_memory_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_shared_memory_set(a0, a1);
}
static inline void wasmtime_config_wasm_tail_call_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_wasm_tail_call_set(a0, a1);
}
static inline void wasmtime_config_wasm_reference_types_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_wasm_reference_types_set(a0, a1);
}
static inline void wasmtime_config_wasm_function_references_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_wasm_function_references_set(a0, a1);
}
static inline void wasmtime_config_wasm_gc_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_wasm_gc_set(a0, a1);
}
static inline void wasmtime_config_wasm_simd_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_wasm_simd_set(a0, a1);
}
static inline void wasmtime_config_wasm_relaxed_simd_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_wasm_relaxed_simd_set(a0, a1);
}
static inline void wasmtime_config_wasm_bulk_memory_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_wasm_bulk_memory_set(a0, a1);
}
static inline void wasmtime_config_wasm_multi_value_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_wasm_multi_value_set(a0, a1);
}
static inline void wasmtime_config_wasm_multi_memory_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_wasm_multi_memory_set(a0, a1);
}
static inline void wasmtime_config_wasm_memory64_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_wasm_memory64_set(a0, a1);
}
static inline void wasmtime_config_wasm_wide_arithmetic_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_wasm_wide_arithmetic_set(a0, a1);
}
static inline void wasmtime_config_wasm_exceptions_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_wasm_exceptions_set(a0, a1);
}
static inline void wasmtime_config_wasm_custom_page_sizes_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_wasm_custom_page_sizes_set(a0, a1);
}
static inline void wasmtime_config_wasm_stack_switching_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_wasm_stack_switching_set(a0, a1);
}
static inline void wasmtime_config_wasm_component_model_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_wasm_component_model_set(a0, a1);
}
static inline void wasmtime_config_memory_reservation_set(struct wasm_config_t *a0, size_t a1) {
    jiuding_wasmtime.wasmtime_config_memory_reservation_set(a0, a1);
}
static inline void wasmtime_config_memory_guard_size_set(struct wasm_config_t *a0, size_t a1) {
    jiuding_wasmtime.wasmtime_config_memory_guard_size_set(a0, a1);
}
static inline void wasmtime_config_cranelift_nan_canonicalization_set(struct wasm_config_t *a0, bool a1) {
    jiuding_wasmtime.wasmtime_config_cranelift_nan_canonicalization_set(a0, a1);
}
static inline struct wasmtime_pooling_allocation_config_t *wasmtime_pooling_allocation_config_new(void) {
    return jiuding_wasmtime.wasmtime_pooling_allocation_config_new();
}
static inline void wasmtime_pooling_allocation_config_delete(struct wasmtime_pooling_allocation_config_t *a0) {
    jiuding_wasmtime.wasmtime_pooling_allocation_config_delete(a0);
}
static inline void wasmtime_pooling_allocation_config_max_unused_warm_slots_set(
        struct wasmtime_pooling_allocation_config_t *a0, uint32_t a1) {
    jiuding_wasmtime.wasmtime_pooling_allocation_config_max_unused_warm_slots_set(a0, a1);
}
static inline void wasmtime_pooling_allocation_config_linear_memory_keep_resident_set(
        struct wasmtime_pooling_allocation_config_t *a0, size_t a1) {
    jiuding_wasmtime.wasmtime_pooling_allocation_config_linear_memory_keep_resident_set(a0, a1);
}
static inline void wasmtime_pooling_allocation_config_table_keep_resident_set(
        struct wasmtime_pooling_allocation_config_t *a0, size_t a1) {
    jiuding_wasmtime.wasmtime_pooling_allocation_config_table_keep_resident_set(a0, a1);
}
static inline void wasmtime_pooling_allocation_config_total_core_instances_set(
        struct wasmtime_pooling_allocation_config_t *a0, uint32_t a1) {
    jiuding_wasmtime.wasmtime_pooling_allocation_config_total_core_instances_set(a0, a1);
}
static inline void wasmtime_pooling_allocation_config_max_core_instance_size_set(
        struct wasmtime_pooling_allocation_config_t *a0, size_t a1) {
    jiuding_wasmtime.wasmtime_pooling_allocation_config_max_core_instance_size_set(a0, a1);
}
static inline void wasmtime_pooling_allocation_config_total_memories_set(
        struct wasmtime_pooling_allocation_config_t *a0, uint32_t a1) {
    jiuding_wasmtime.wasmtime_pooling_allocation_config_total_memories_set(a0, a1);
}
static inline void wasmtime_pooling_allocation_config_max_memories_per_module_set(
        struct wasmtime_pooling_allocation_config_t *a0, uint32_t a1) {
    jiuding_wasmtime.wasmtime_pooling_allocation_config_max_memories_per_module_set(a0, a1);
}
static inline void wasmtime_pooling_allocation_config_max_memory_size_set(
        struct wasmtime_pooling_allocation_config_t *a0, size_t a1) {
    jiuding_wasmtime.wasmtime_pooling_allocation_config_max_memory_size_set(a0, a1);
}
static inline void wasmtime_pooling_allocation_config_total_tables_set(
        struct wasmtime_pooling_allocation_config_t *a0, uint32_t a1) {
    jiuding_wasmtime.wasmtime_pooling_allocation_config_total_tables_set(a0, a1);
}
static inline void wasmtime_pooling_allocation_config_max_tables_per_module_set(
        struct wasmtime_pooling_allocation_config_t *a0, uint32_t a1) {
    jiuding_wasmtime.wasmtime_pooling_allocation_config_max_tables_per_module_set(a0, a1);
}
static inline void wasmtime_pooling_allocation_config_table_elements_set(
        struct wasmtime_pooling_allocation_config_t *a0, size_t a1) {
    jiuding_wasmtime.wasmtime_pooling_allocation_config_table_elements_set(a0, a1);
}
static inline void wasmtime_pooling_allocation_config_total_stacks_set(
        struct wasmtime_pooling_allocation_config_t *a0, uint32_t a1) {
    jiuding_wasmtime.wasmtime_pooling_allocation_config_total_stacks_set(a0, a1);
}
static inline void wasmtime_pooling_allocation_config_total_gc_heaps_set(
        struct wasmtime_pooling_allocation_config_t *a0, uint32_t a1) {
    jiuding_wasmtime.wasmtime_pooling_allocation_config_total_gc_heaps_set(a0, a1);
}
static inline void wasmtime_pooling_allocation_strategy_set(struct wasm_config_t *a0,
        struct wasmtime_pooling_allocation_config_t *a1) {
    jiuding_wasmtime.wasmtime_pooling_allocation_strategy_set(a0, a1);
}
static inline struct wasmtime_error *wasmtime_module_new(struct wasm_engine_t *a0, const uint8_t *a1, size_t a2,
        struct wasmtime_module **a3) {
    return jiuding_wasmtime.wasmtime_module_new(a0, a1, a2, a3);
}
static inline void wasmtime_module_delete(struct wasmtime_module *a0) {
    jiuding_wasmtime.wasmtime_module_delete(a0);
}
static inline struct wasmtime_error *wasmtime_module_serialize(struct wasmtime_module *a0, struct wasm_byte_vec_t *a1) {
    return jiuding_wasmtime.wasmtime_module_serialize(a0, a1);
}
static inline struct wasmtime_error *wasmtime_module_deserialize(struct wasm_engine_t *a0, const uint8_t *a1,
        size_t a2, struct wasmtime_module **a3) {
    return jiuding_wasmtime.wasmtime_module_deserialize(a0, a1, a2, a3);
}
static inline struct wasmtime_linker *wasmtime_linker_new(struct wasm_engine_t *a0) {
    return jiuding_wasmtime.wasmtime_linker_new(a0);
}
static inline void wasmtime_linker_delete(struct wasmtime_linker *a0) {
    jiuding_wasmtime.wasmtime_linker_delete(a0);
}
static inline struct wasmtime_error *wasmtime_linker_define_func_unchecked(struct wasmtime_linker *a0,
        const char *a1, size_t a2, const char *a3, size_t a4, struct wasm_functype_t *a5, struct wasm_trap_t * (
        *a6)(void *, struct wasmtime_caller *, union wasmtime_val_raw *, size_t), void *a7, void (*a8)(void *)) {
    return jiuding_wasmtime.wasmtime_linker_define_func_unchecked(a0, a1, a2, a3, a4, a5, a6, a7, a8);
}
static inline struct wasmtime_error *wasmtime_linker_instantiate_pre(struct wasmtime_linker *a0,
        struct wasmtime_module *a1, struct wasmtime_instance_pre **a2) {
    return jiuding_wasmtime.wasmtime_linker_instantiate_pre(a0, a1, a2);
}
static inline struct wasmtime_error *wasmtime_instance_pre_instantiate(struct wasmtime_instance_pre *a0,
        struct wasmtime_context *a1, struct wasmtime_instance *a2, struct wasm_trap_t **a3) {
    return jiuding_wasmtime.wasmtime_instance_pre_instantiate(a0, a1, a2, a3);
}
static inline void wasmtime_instance_pre_delete(struct wasmtime_instance_pre *a0) {
    jiuding_wasmtime.wasmtime_instance_pre_delete(a0);
}
static inline bool wasmtime_instance_export_get(struct wasmtime_context *a0, struct wasmtime_instance *a1,
        const char *a2, size_t a3, struct wasmtime_extern *a4) {
    return jiuding_wasmtime.wasmtime_instance_export_get(a0, a1, a2, a3, a4);
}
static inline struct wasmtime_store *wasmtime_store_new(struct wasm_engine_t *a0, void *a1, void (*a2)(void *)) {
    return jiuding_wasmtime.wasmtime_store_new(a0, a1, a2);
}
static inline void wasmtime_store_delete(struct wasmtime_store *a0) {
    jiuding_wasmtime.wasmtime_store_delete(a0);
}
static inline struct wasmtime_context *wasmtime_store_context(struct wasmtime_store *a0) {
    return jiuding_wasmtime.wasmtime_store_context(a0);
}
static inline void *wasmtime_context_get_data(struct wasmtime_context *a0) {
    return jiuding_wasmtime.wasmtime_context_get_data(a0);
}
static inline struct wasmtime_context *wasmtime_caller_context(struct wasmtime_caller *a0) {
    return jiuding_wasmtime.wasmtime_caller_context(a0);
}
static inline struct wasmtime_error *wasmtime_func_call_unchecked(struct wasmtime_context *a0,
        struct wasmtime_func *a1, union wasmtime_val_raw *a2, size_t a3, struct wasm_trap_t **a4) {
    return jiuding_wasmtime.wasmtime_func_call_unchecked(a0, a1, a2, a3, a4);
}
static inline void wasmtime_global_get(struct wasmtime_context *a0, struct wasmtime_global *a1,
        struct wasmtime_val *a2) {
    jiuding_wasmtime.wasmtime_global_get(a0, a1, a2);
}
static inline struct wasmtime_error *wasmtime_global_set(struct wasmtime_context *a0, struct wasmtime_global *a1,
        struct wasmtime_val *a2) {
    return jiuding_wasmtime.wasmtime_global_set(a0, a1, a2);
}
static inline uint8_t *wasmtime_memory_data(struct wasmtime_context *a0, struct wasmtime_memory *a1) {
    return jiuding_wasmtime.wasmtime_memory_data(a0, a1);
}
static inline size_t wasmtime_memory_data_size(struct wasmtime_context *a0, struct wasmtime_memory *a1) {
    return jiuding_wasmtime.wasmtime_memory_data_size(a0, a1);
}
static inline struct wasm_trap_t *wasmtime_trap_new_code(uint8_t a0) {
    return jiuding_wasmtime.wasmtime_trap_new_code(a0);
}
static inline bool wasmtime_trap_code(struct wasm_trap_t *a0, uint8_t *a1) {
    return jiuding_wasmtime.wasmtime_trap_code(a0, a1);
}
static inline void wasm_trap_delete(struct wasm_trap_t *a0) {
    jiuding_wasmtime.wasm_trap_delete(a0);
}
static inline void wasm_trap_trace(struct wasm_trap_t *a0, struct wasm_frame_vec_t *a1) {
    jiuding_wasmtime.wasm_trap_trace(a0, a1);
}
static inline void wasm_frame_vec_delete(struct wasm_frame_vec_t *a0) {
    jiuding_wasmtime.wasm_frame_vec_delete(a0);
}
static inline size_t wasm_frame_module_offset(struct wasm_frame_t *a0) {
    return jiuding_wasmtime.wasm_frame_module_offset(a0);
}
static inline void wasmtime_error_message(struct wasmtime_error *a0, struct wasm_byte_vec_t *a1) {
    jiuding_wasmtime.wasmtime_error_message(a0, a1);
}
static inline void wasmtime_error_delete(struct wasmtime_error *a0) {
    jiuding_wasmtime.wasmtime_error_delete(a0);
}
static inline void wasm_byte_vec_delete(struct wasm_byte_vec_t *a0) {
    jiuding_wasmtime.wasm_byte_vec_delete(a0);
}
static inline struct wasm_valtype_t *wasm_valtype_new(uint8_t a0) {
    return jiuding_wasmtime.wasm_valtype_new(a0);
}
static inline void wasm_valtype_vec_new(struct wasm_valtype_vec_t *a0, size_t a1, struct wasm_valtype_t **a2) {
    jiuding_wasmtime.wasm_valtype_vec_new(a0, a1, a2);
}
static inline struct wasm_functype_t *wasm_functype_new(struct wasm_valtype_vec_t *a0, struct wasm_valtype_vec_t *a1) {
    return jiuding_wasmtime.wasm_functype_new(a0, a1);
}
static inline void wasm_functype_delete(struct wasm_functype_t *a0) {
    jiuding_wasmtime.wasm_functype_delete(a0);
}
static inline struct wasmtime_error *wasmtime_wat2wasm(const char *a0, size_t a1, struct wasm_byte_vec_t *a2) {
    return jiuding_wasmtime.wasmtime_wat2wasm(a0, a1, a2);
}

#endif
