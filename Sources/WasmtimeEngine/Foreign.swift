// SPDX-License-Identifier: Apache-2.0
internal import CWasmtime
internal import Execution

/// What the library says in its own way, as values of ours.
enum Foreign {
    /// Takes over an error and throws it.
    /// - Parameter heals: where the error is of the moment.
    static func check(_ error: OpaquePointer?, _ what: String, heals: Bool) throws(EngineTrouble) {
        guard let error = unsafe error else { return }
        var text = unsafe wasm_byte_vec_t()
        // SAFETY: the error is ours to read and delete, once; the text is copied before it is deleted.
        unsafe wasmtime_error_message(error, &text)
        let message = unsafe String(decoding: UnsafeBufferPointer(start: text.data, count: text.size), as: UTF8.self)
        unsafe wasm_byte_vec_delete(&text)
        unsafe wasmtime_error_delete(error)
        throw EngineTrouble(what: "\(what): \(message)", heals: heals)
    }

    /// Where a run stood when it trapped: offsets in the program's bytes, innermost function first. The trap stays.
    static func frames(of trap: OpaquePointer) -> [Int] {
        var vector = unsafe wasm_frame_vec_t()
        // SAFETY: the library fills the vector, which is ours to read and delete, once.
        unsafe wasm_trap_trace(trap, &vector)
        defer { unsafe wasm_frame_vec_delete(&vector) }
        return unsafe UnsafeBufferPointer(start: vector.data, count: vector.size).map {
            unsafe Int(wasm_frame_module_offset($0))
        }
    }

    /// Takes over a trap.
    /// - Returns: its code; nil where it has none, which no trap of a program is.
    static func code(of trap: OpaquePointer) -> UInt8? {
        var code: UInt8 = 0
        // SAFETY: the trap is ours to read and delete, once.
        let hasCode = unsafe wasmtime_trap_code(trap, &code)
        unsafe wasm_trap_delete(trap)
        return hasCode ? code : nil
    }

    /// Runs `body` with a text as the library takes it: bytes and their count, no zero at the end.
    static func with<Answer>(_ text: String, _ body: (UnsafePointer<CChar>?, Int) -> Answer) -> Answer {
        let characters = text.utf8.map { CChar(bitPattern: $0) }
        // SAFETY: the array outlives the call.
        return unsafe characters.withUnsafeBufferPointer { unsafe body($0.baseAddress, $0.count) }
    }
}
