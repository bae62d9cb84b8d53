// SPDX-License-Identifier: Apache-2.0
internal import CWasmtime
internal import Execution

/// The host's functions as the library calls them: raw values in, raw values out.
/// - Spec: ENG-3, ENG-8.
enum HostBinding {
    /// What a call needs to know of its function; looked up, not computed, at every call. Numbers only: nothing that is
    /// counted when it is copied.
    private struct Shape {
        let function: HostFunction
        let parameters: Int
        /// A bit for each parameter of 64 bits, the first the lowest.
        let longs: UInt8
        let result: HostValue?

        init(_ function: HostFunction) {
            self.function = function
            parameters = function.parameters.count
            longs = function.parameters.enumerated().reduce(0) { $1.element == .i64 ? $0 | 1 << $1.offset : $0 }
            result = function.result
        }
    }

    private static let shapes = HostFunction.allCases.map(Shape.init)

    /// Lets programs import `function` of module `jd`.
    static func define(_ function: HostFunction, in linker: OpaquePointer) throws(EngineTrouble) {
        let type = unsafe signature(function)
        // SAFETY: the callback takes no environment but its function's number, which is no address.
        let error = unsafe Foreign.with(HostFunction.module) { module, moduleCount in
            unsafe Foreign.with(function.name) { name, nameCount in
                unsafe wasmtime_linker_define_func_unchecked(
                    linker, module, moduleCount, name, nameCount, type, called,
                    UnsafeMutableRawPointer(bitPattern: Int(function.rawValue) + 1), nil)
            }
        }
        unsafe wasm_functype_delete(type)
        try unsafe Foreign.check(error, "the import \(function.name)", heals: false)
    }

    private static func signature(_ function: HostFunction) -> OpaquePointer? {
        var parameters = unsafe vector(function.parameters)
        var results = unsafe vector(function.result.map { [$0] } ?? [])
        // SAFETY: the type takes both vectors over.
        return unsafe wasm_functype_new(&parameters, &results)
    }

    private static func vector(_ values: [HostValue]) -> wasm_valtype_vec_t {
        var vector = unsafe wasm_valtype_vec_t()
        // SAFETY: the vector copies the pointers and takes over what they point to.
        var kinds = unsafe values.map { unsafe wasm_valtype_new($0 == .i64 ? Code.i64 : Code.i32) }
        unsafe wasm_valtype_vec_new(&vector, kinds.count, &kinds)
        return unsafe vector
    }

    /// Every import comes here. A trap that is returned ends the run; nothing is thrown through the library's frames.
    private static let called:
        @convention(c) (
            UnsafeMutableRawPointer?, OpaquePointer?, UnsafeMutablePointer<wasmtime_val_raw>?, Int
        ) -> OpaquePointer? = { number, caller, values, _ in
            // SAFETY: the library gives the caller and as many cells as the signature has parameters or results, and
            // at least one; the store's data is the run, which `execute` keeps alive until the store is gone.
            guard let caller = unsafe caller, let context = unsafe wasmtime_caller_context(caller),
                let data = unsafe wasmtime_context_get_data(context)
            else { preconditionFailure("a host call has a caller, and its store has a run") }
            let run = unsafe Unmanaged<RunInProgress>.fromOpaque(data)
            let shape = shapes[Int(bitPattern: number) - 1]
            var arguments = HostArguments(repeating: 0)
            for index in 0..<shape.parameters {
                guard let cell = unsafe values?[index] else { break }
                let isLong = shape.longs >> index & 1 == 1
                arguments[index] = unsafe isLong ? UInt64(bitPattern: cell.i64) : UInt64(UInt32(bitPattern: cell.i32))
            }
            let answer = unsafe run._withUnsafeGuaranteedRef { unsafe $0.answer(shape.function, arguments, context) }
            switch (answer, shape.result) {
            case (.value(let value), .i64): unsafe values?[0].i64 = Int64(bitPattern: value)
            case (.value(let value), .i32): unsafe values?[0].i32 = Int32(truncatingIfNeeded: value)
            case (.nothing, nil): break
            case (.stop, _): return unsafe wasmtime_trap_new_code(Code.interrupted)
            default: preconditionFailure("the host answers \(shape.function) with a value of its type")
            }
            return nil
        }
}
