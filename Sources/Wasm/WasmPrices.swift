// SPDX-License-Identifier: Apache-2.0

/// What instructions cost, in gas, and what a frame takes of the depth. Part of the chain's rules.
///
/// Prices follow time (`jiuding bench contract` prints how well): under Wasmtime on a machine of 2025 a unit takes some
/// twentieth of a nanosecond, a tenth at most where all goes badly, and half a one with loads that miss every cache.
/// What is free (`loop`, `end`, `else`, `nop`) becomes no machine instruction; a turn of a loop always has a branch,
/// which is not free.
/// - Spec: WASM-12, WASM-13, WASM-14.
package struct WasmPrices: Hashable, Sendable {
    /// Constants, locals and `drop`: operands of other instructions, seldom one of their own.
    package var operand: Int64 = 1
    /// Arithmetic, comparisons, `select`, `br`, `return`, `memory.size`.
    package var plain: Int64 = 2
    /// Multiplications: three turns of the clock, where one waits for the other.
    package var multiplication: Int64 = 8
    /// Loads and stores: they wait for each other four turns and more.
    package var memory: Int64 = 10
    /// Reading and writing globals.
    package var global: Int64 = 4
    /// `block`: what comes behind its end is charged anew.
    package var block: Int64 = 6
    /// `br_if`: a branch that may be guessed wrong, and what comes behind is charged anew.
    package var branchIf: Int64 = 8
    /// `if`: the same, and once more behind its end.
    package var when: Int64 = 16
    /// `br_table`: bounds and an indirect jump that may be guessed wrong.
    package var branchTable: Int64 = 30
    /// Divisions and remainders.
    package var division: Int64 = 60
    /// `call`; the callee's own depth accounting is in it.
    package var call: Int64 = 36
    /// `call_indirect`: bounds, the type's check and an indirect jump besides.
    package var callIndirect: Int64 = 76
    /// `memory.copy`, `memory.fill`, `memory.init`, `data.drop`: a call into the engine.
    package var bulk: Int64 = 120
    /// `memory.grow`: a call into the engine that asks its host.
    package var grow: Int64 = 800
    /// For each whole 8 bytes that are copied or filled, besides.
    package var eightBytes: Int64 = 2
    /// For each page that `memory.grow` asks for, besides: 64 KiB are mapped, and zeroed when they are touched.
    package var page: Int64 = 393_216
    /// What the memory's maximum is lowered to: 16 MiB (WASM-15).
    package var pagesMax = 256
    /// On entry of a function, for each four parameters and locals, rounded up: they are zeroed or moved.
    package var fourLocals: Int64 = 12
    /// On entry of a function, taken from the depth besides the slots of its frame.
    package var frame: Int32 = 1
    /// Slots of a frame (parameters, locals, operands and instructions) that one unit of depth stands for.
    package var slotsPerDepth: Int32 = 16

    package init() {}

    /// The prices of rule version 2.
    package static let standard = WasmPrices()

    /// The static price of one instruction, dynamic parts left out.
    func price(of opcode: WasmOpcode) -> Int64 {
        switch opcode {
        case .nop, .loop, .end, .otherwise: 0
        case .block: block
        case .when: when
        case .brIf: branchIf
        case .brTable: branchTable
        case .call: call
        case .callIndirect: callIndirect
        case .globalGet, .globalSet: global
        case .localGet, .localSet, .localTee, .i32Const, .i64Const, .drop: operand
        case .memoryGrow: grow
        case .memoryCopy, .memoryFill, .memoryInit, .dataDrop: bulk
        default:
            switch opcode.shape {
            case .load, .store: memory
            default: opcode.isDivision ? division : opcode.isMultiplication ? multiplication : plain
            }
        }
    }

    /// What entry of a function costs before its first instruction.
    func entry(locals: Int) -> Int64 { fourLocals * Int64((locals + 3) / 4) }

    /// What a frame takes of the depth. An engine keeps of a frame at most its locals and operands and one value for
    /// each instruction, each in 8 bytes, so a unit stands for a bounded piece of native stack.
    func depth(slots: Int) -> Int32 { frame + Int32(slots) / slotsPerDepth }
}
