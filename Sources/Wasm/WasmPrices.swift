// SPDX-License-Identifier: Apache-2.0

/// What instructions cost, in gas, and what a frame takes of the depth. Part of the chain's rules.
///
/// Prices follow time: under Wasmtime on a machine of 2025 a unit takes a tenth of a nanosecond where all goes well and
/// one at most, as with loads that miss every cache. What is free (`block`, `loop`, `end`,
/// `else`, `nop`) becomes no machine instruction; a turn of a loop always has a branch, which is not free.
/// - Spec: WASM-12, WASM-13, WASM-14.
package struct WasmPrices: Hashable, Sendable {
    /// Arithmetic, comparisons, constants, locals, `drop`, `select`, branches, `return`, `memory.size`.
    package var plain: Int64 = 1
    /// Reading and writing globals, loads and stores.
    package var memory: Int64 = 2
    /// `br_table`: bounds and an indirect jump.
    package var branchTable: Int64 = 4
    /// Divisions and remainders.
    package var division: Int64 = 8
    /// `call`; the callee's own depth accounting is in it.
    package var call: Int64 = 5
    /// `call_indirect`: bounds, the type's check and an indirect jump.
    package var callIndirect: Int64 = 10
    /// `memory.copy`, `memory.fill`, `memory.init`, `data.drop`: a call into the engine.
    package var bulk: Int64 = 30
    /// `memory.grow`: a call into the engine that asks its host.
    package var grow: Int64 = 80
    /// For each whole 8 bytes that are copied or filled, besides.
    package var eightBytes: Int64 = 1
    /// For each page that `memory.grow` asks for, besides: 64 KiB are mapped and zeroed.
    package var page: Int64 = 32_768
    /// What the memory's maximum is lowered to: 16 MiB (WASM-15).
    package var pagesMax = 256
    /// On entry of a function, for each four parameters and locals, rounded up: they are zeroed or moved.
    package var fourLocals: Int64 = 1
    /// On entry of a function, taken from the depth besides the slots of its frame.
    package var frame: Int32 = 1
    /// Slots of a frame (parameters, locals, operands and instructions) that one unit of depth stands for.
    package var slotsPerDepth: Int32 = 16

    package init() {}

    /// The prices of rule version 1.
    package static let standard = WasmPrices()

    /// The static price of one instruction, dynamic parts left out.
    func price(of opcode: WasmOpcode) -> Int64 {
        switch opcode {
        case .nop, .block, .loop, .end, .otherwise: 0
        case .brTable: branchTable
        case .call: call
        case .callIndirect: callIndirect
        case .globalGet, .globalSet: memory
        case .memoryGrow: grow
        case .memoryCopy, .memoryFill, .memoryInit, .dataDrop: bulk
        default:
            switch opcode.shape {
            case .load, .store: memory
            default: opcode.isDivision ? division : plain
            }
        }
    }

    /// What entry of a function costs before its first instruction.
    func entry(locals: Int) -> Int64 { fourLocals * Int64((locals + 3) / 4) }

    /// What a frame takes of the depth. An engine keeps of a frame at most its locals and operands and one value for
    /// each instruction, each in 8 bytes, so a unit stands for a bounded piece of native stack.
    func depth(slots: Int) -> Int32 { frame + Int32(slots) / slotsPerDepth }
}
