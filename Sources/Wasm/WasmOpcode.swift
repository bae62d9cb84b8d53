// SPDX-License-Identifier: Apache-2.0

/// What an instruction does, without its immediates: its byte, or 0xfc00 plus the number behind the prefix 0xfc.
struct WasmOpcode: Hashable, Sendable {
    let rawValue: UInt16

    static let unreachable = WasmOpcode(rawValue: 0x00)
    static let nop = WasmOpcode(rawValue: 0x01)
    static let block = WasmOpcode(rawValue: 0x02)
    static let loop = WasmOpcode(rawValue: 0x03)
    static let when = WasmOpcode(rawValue: 0x04)
    static let otherwise = WasmOpcode(rawValue: 0x05)
    static let end = WasmOpcode(rawValue: 0x0b)
    static let br = WasmOpcode(rawValue: 0x0c)
    static let brIf = WasmOpcode(rawValue: 0x0d)
    static let brTable = WasmOpcode(rawValue: 0x0e)
    static let return_ = WasmOpcode(rawValue: 0x0f)
    static let call = WasmOpcode(rawValue: 0x10)
    static let callIndirect = WasmOpcode(rawValue: 0x11)
    static let drop = WasmOpcode(rawValue: 0x1a)
    static let select = WasmOpcode(rawValue: 0x1b)
    static let localGet = WasmOpcode(rawValue: 0x20)
    static let localSet = WasmOpcode(rawValue: 0x21)
    static let localTee = WasmOpcode(rawValue: 0x22)
    static let globalGet = WasmOpcode(rawValue: 0x23)
    static let globalSet = WasmOpcode(rawValue: 0x24)
    static let memorySize = WasmOpcode(rawValue: 0x3f)
    static let memoryGrow = WasmOpcode(rawValue: 0x40)
    static let i32Const = WasmOpcode(rawValue: 0x41)
    static let i64Const = WasmOpcode(rawValue: 0x42)
    static let memoryInit = WasmOpcode(rawValue: 0xfc08)
    static let dataDrop = WasmOpcode(rawValue: 0xfc09)
    static let memoryCopy = WasmOpcode(rawValue: 0xfc0a)
    static let memoryFill = WasmOpcode(rawValue: 0xfc0b)

    /// Division and remainder of both widths, signed or not.
    var isDivision: Bool { (0x6d...0x70).contains(rawValue) || (0x7f...0x82).contains(rawValue) }
    var isMultiplication: Bool { rawValue == 0x6c || rawValue == 0x7e }

    /// What the instruction takes from the operands and puts there, and how its immediates read.
    enum Shape: Hashable {
        /// Instructions with rules of their own.
        case own
        /// Takes an address, gives a value; `log2` of the bytes read bounds the alignment.
        case load(WasmType, log2: UInt32)
        /// Takes an address and a value.
        case store(WasmType, log2: UInt32)
        /// Takes one value, gives another.
        case unary(WasmType, WasmType)
        /// Takes two values of one type, gives one.
        case binary(WasmType, WasmType)
        /// Left out of the subset, or unknown.
        case refused(WasmFlaw.Kind)
    }

    var shape: Shape {
        switch rawValue {
        case 0x00...0x05, 0x0b...0x11, 0x1a, 0x1b, 0x20...0x24, 0x3f...0x42, 0xfc08...0xfc0b: .own
        case 0x28...0x3e: accessShape
        case 0x45, 0x67...0x69, 0xc0, 0xc1: .unary(.i32, .i32)
        case 0x46...0x4f, 0x6a...0x78: .binary(.i32, .i32)
        case 0x50, 0xa7: .unary(.i64, .i32)
        case 0x51...0x5a: .binary(.i64, .i32)
        case 0x79...0x7b, 0xc2...0xc4: .unary(.i64, .i64)
        case 0x7c...0x8a: .binary(.i64, .i64)
        case 0xac, 0xad: .unary(.i32, .i64)
        default: .refused(refusal)
        }
    }

    private var accessShape: Shape {
        switch rawValue {
        case 0x28: .load(.i32, log2: 2)
        case 0x29: .load(.i64, log2: 3)
        case 0x2c, 0x2d: .load(.i32, log2: 0)
        case 0x2e, 0x2f: .load(.i32, log2: 1)
        case 0x30, 0x31: .load(.i64, log2: 0)
        case 0x32, 0x33: .load(.i64, log2: 1)
        case 0x34, 0x35: .load(.i64, log2: 2)
        case 0x36: .store(.i32, log2: 2)
        case 0x37: .store(.i64, log2: 3)
        case 0x3a: .store(.i32, log2: 0)
        case 0x3b: .store(.i32, log2: 1)
        case 0x3c: .store(.i64, log2: 0)
        case 0x3d: .store(.i64, log2: 1)
        case 0x3e: .store(.i64, log2: 2)
        default: .refused(.floats)
        }
    }

    /// Which part of WebAssembly an instruction belongs to that is not accepted (WASM-2).
    private var refusal: WasmFlaw.Kind {
        switch rawValue {
        // Exceptions, tail calls, calls and branches by reference, garbage collection.
        case 0x06...0x0a, 0x12...0x15, 0x18, 0x19, 0x1f, 0xd3...0xd6, 0xfb: .laterProposal
        case 0x1c, 0x25, 0x26, 0xd0...0xd2, 0xfc0c...0xfc11: .references
        case 0x43, 0x44, 0x5b...0x66, 0x8b...0xa6, 0xa8...0xab, 0xae...0xbf, 0xfc00...0xfc07: .floats
        case 0xfd: .vectors
        case 0xfe: .threads
        default: .unknownInstruction
        }
    }
}

/// One instruction with its immediates, as it stands in a body.
struct WasmInstruction {
    let opcode: WasmOpcode
    /// Where it stands in the module's bytes.
    let range: Range<Int>
    /// The one index it has: of a local, global, function, type, label or data segment; the alignment of an access;
    /// for blocks, 0 or the number of the type of their result.
    let index: UInt32
    /// The labels of `br_table`, its default the last.
    let labels: [UInt32]
}

extension WasmReader {
    /// Reads one instruction. It is complete and of the subset; what it means for types is not asked here.
    mutating func instruction(branchTableMax: Int) throws(WasmFlaw) -> WasmInstruction {
        let start = offset
        let opcode = try opcode()
        var index: UInt32 = 0
        var labels: [UInt32] = []
        switch opcode.shape {
        case .refused(let kind): throw WasmFlaw(kind, at: start)
        case .unary, .binary: break
        case .load, .store:
            index = try u32()
            _ = try u32()
        case .own:
            switch opcode {
            case .block, .loop, .when: index = UInt32(try blockType()?.rawValue ?? 0)
            case .br, .brIf, .call, .localGet, .localSet, .localTee, .globalGet, .globalSet, .dataDrop:
                index = try u32()
            case .brTable: labels = try self.labels(max: branchTableMax)
            case .callIndirect:
                index = try u32()
                // Compilers write the one table's number in its longest form, for the linker to fill in.
                let start = offset
                if try u32() != 0 { throw WasmFlaw(.unknownIndex, at: start) }
            case .memorySize, .memoryGrow, .memoryFill: try expect(0)
            case .memoryInit:
                index = try u32()
                try expect(0)
            case .memoryCopy:
                try expect(0)
                try expect(0)
            case .i32Const: index = UInt32(truncatingIfNeeded: try signed(width: 32))
            case .i64Const: _ = try signed(width: 64)
            default: break
            }
        }
        return WasmInstruction(opcode: opcode, range: start..<offset, index: index, labels: labels)
    }

    private mutating func opcode() throws(WasmFlaw) -> WasmOpcode {
        let start = offset
        let first = try byte()
        guard first == 0xfc else { return WasmOpcode(rawValue: UInt16(first)) }
        let second = try u32()
        if second > 0xff { throw WasmFlaw(.unknownInstruction, at: start) }
        return WasmOpcode(rawValue: 0xfc00 | UInt16(second))
    }

    /// Reads a block's type: nothing, or the one value it gives.
    private mutating func blockType() throws(WasmFlaw) -> WasmType? {
        let start = offset
        if offset < end, bytes[offset] == 0x40 {
            try skip(1)
            return nil
        }
        if offset < end, bytes[offset] & 0xc0 == 0x40 { return try valueType() }
        // A number of a type: a block that takes values or gives several.
        _ = try signed(width: 33)
        throw WasmFlaw(.severalResults, at: start)
    }

    mutating func valueType() throws(WasmFlaw) -> WasmType {
        let start = offset
        switch try byte() {
        case 0x7f: return .i32
        case 0x7e: return .i64
        case 0x7c, 0x7d: throw WasmFlaw(.floats, at: start)
        case 0x7b: throw WasmFlaw(.vectors, at: start)
        case 0x6f, 0x70: throw WasmFlaw(.references, at: start)
        case 0x62...0x7a: throw WasmFlaw(.laterProposal, at: start)
        default: throw WasmFlaw(.badForm, at: start)
        }
    }

    private mutating func labels(max: Int) throws(WasmFlaw) -> [UInt32] {
        let count = try count(max: max, else: .branchTable)
        var labels: [UInt32] = []
        labels.reserveCapacity(count + 1)
        for _ in 0...count { labels.append(try u32()) }
        return labels
    }
}
