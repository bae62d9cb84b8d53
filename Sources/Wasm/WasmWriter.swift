// SPDX-License-Identifier: Apache-2.0

/// Writes parts of a module; numbers in their shortest form, so that instrumentation has one result.
struct WasmWriter {
    private(set) var bytes: [UInt8] = []

    mutating func clear() { bytes.removeAll(keepingCapacity: true) }

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func raw(_ values: some Sequence<UInt8>) { bytes.append(contentsOf: values) }

    mutating func u32(_ value: Int) {
        var rest = UInt32(value)
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func signed(_ value: Int64) {
        var rest = value
        while rest < -64 || rest > 63 {
            bytes.append(UInt8(truncatingIfNeeded: rest) & 0x7f | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest) & 0x7f)
    }

    mutating func text(_ value: String) {
        u32(value.utf8.count)
        raw(value.utf8)
    }

    /// Writes a number of bytes, and the bytes.
    mutating func sized(_ content: WasmWriter) {
        u32(content.bytes.count)
        bytes += content.bytes
    }

    mutating func section(_ number: UInt8, _ content: WasmWriter) {
        byte(number)
        sized(content)
    }
}

extension WasmWriter {
    mutating func op(_ opcode: WasmOpcode) { byte(UInt8(truncatingIfNeeded: opcode.rawValue)) }

    mutating func op(_ opcode: WasmOpcode, _ index: Int) {
        op(opcode)
        u32(index)
    }

    mutating func i32(_ value: Int32) {
        op(.i32Const)
        signed(Int64(value))
    }

    mutating func i64(_ value: Int64) {
        op(.i64Const)
        signed(value)
    }

    /// Stops the run where the number of `type` on the stack is below zero.
    mutating func stopBelowZero(_ type: WasmType) {
        if type == .i64 { i64(0) } else { i32(0) }
        byte(type == .i64 ? 0x53 : 0x48)
        op(.when)
        byte(0x40)
        op(.unreachable)
        op(.end)
    }
}
