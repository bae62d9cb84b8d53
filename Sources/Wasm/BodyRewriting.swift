// SPDX-License-Identifier: Apache-2.0

/// Rewrites one checked body (WASM-11 to WASM-15): copies its instructions and puts a charge before each stretch.
///
/// Instructions of a stretch are gathered first, and its sum with them; where the stretch ends, charge and instructions
/// are written out.
struct BodyRewriting {
    private let work: Instrumentation
    private let facts: BodyFacts
    private let signature: WasmSignature
    private var reader: WasmReader
    private var out = WasmWriter()
    /// The stretch that is gathered, and what it costs so far.
    private var stretch = WasmWriter()
    private var sum: Int64
    /// Where instructions stand in what is written, and in the stretch that is gathered; nil where nobody asks.
    private(set) var notes: WasmOffsetMap.Draft?
    private var gathered = WasmOffsetMap.Draft()
    /// The blocks that are open: whether each is a loop.
    private var loops: [Bool] = []

    init(_ work: Instrumentation, _ facts: BodyFacts, _ signature: WasmSignature, notes: Bool) {
        self.work = work
        self.notes = notes ? WasmOffsetMap.Draft() : nil
        self.facts = facts
        self.signature = signature
        reader = WasmReader(work.module.bytes, from: facts.code, to: facts.range.upperBound)
        sum = work.prices.entry(locals: facts.localCount)
    }

    mutating func run() -> WasmWriter {
        out.raw(work.module.bytes[facts.range.lowerBound..<facts.code])
        let frame = work.prices.depth(slots: facts.slots)
        notes?.note(out.bytes.count, facts.code)
        out.op(.globalGet, work.depth)
        out.i32(frame)
        out.byte(0x6b)
        out.op(.globalSet, work.depth)
        out.op(.globalGet, work.depth)
        out.stopBelowZero(.i32)
        out.op(.block)
        out.byte(signature.result?.rawValue ?? 0x40)
        while !reader.isAtEnd {
            let instruction = checked { () throws(WasmFlaw) in try reader.instruction(branchTableMax: .max) }
            sum += work.prices.price(of: instruction.opcode)
            write(instruction)
        }
        flush()
        // The last `end` that was copied closes the block around the body.
        out.op(.globalGet, work.depth)
        out.i32(frame)
        out.byte(0x6a)
        out.op(.globalSet, work.depth)
        out.op(.end)
        notes?.end = out.bytes.count
        return out
    }

    /// Ends the stretch: writes its charge, then its instructions.
    private mutating func flush() {
        let first = gathered.places.first?.original ?? reader.offset
        if sum > 0 {
            notes?.note(out.bytes.count, first, charge: sum)
            out.op(.globalGet, work.gas)
            out.i64(sum)
            out.byte(0x7d)
            out.op(.globalSet, work.gas)
            out.op(.globalGet, work.gas)
            out.stopBelowZero(.i64)
        }
        notes?.append(gathered, at: out.bytes.count)
        gathered.clear()
        out.raw(stretch.bytes)
        stretch.clear()
        sum = 0
    }

    private mutating func write(_ instruction: WasmInstruction) {
        if notes != nil { gathered.note(stretch.bytes.count, instruction.range.lowerBound) }
        switch instruction.opcode {
        case .return_: stretch.op(.br, loops.count)
        case .callIndirect:
            // The table's number in its shortest form, which is the only one of WebAssembly 1.0.
            stretch.op(.callIndirect, Int(instruction.index))
            stretch.byte(0)
        case .memoryGrow: write(instruction, behind: work.pagesHelper)
        case .memoryCopy, .memoryFill, .memoryInit: write(instruction, behind: work.bytesHelper)
        default: stretch.raw(work.module.bytes[instruction.range])
        }
        switch instruction.opcode {
        case .block: loops.append(false)
        case .loop, .when:
            loops.append(instruction.opcode == .loop)
            flush()
        // Nothing branches to the end of a loop: who gets there came through the stretch before it.
        case .end: if loops.popLast() == false { flush() }
        case .otherwise, .brIf: flush()
        // Behind a jump nothing runs before the next `end` or `else`; it has a stretch to itself, which never runs.
        case .br, .brTable, .return_, .unreachable: flush()
        default: break
        }
    }

    /// Writes an instruction whose price depends on the amount on top of the stack.
    private mutating func write(_ instruction: WasmInstruction, behind helper: Int?) {
        if let helper { stretch.op(.call, helper) }
        stretch.raw(work.module.bytes[instruction.range])
    }
}
