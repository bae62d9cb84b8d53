// SPDX-License-Identifier: Apache-2.0

/// What a body may refer to: all that stands in the sections before the code.
struct WasmContext {
    var types: [WasmSignature] = []
    /// The type of each function, imported ones first.
    var functions: [WasmSignature] = []
    var globals: [(type: WasmType, isMutable: Bool)] = []
    var hasTable = false
    var memory: WasmMemory?
    /// Data segments, as the data count section says; nil without one.
    var dataCount: Int?
}

/// What is known of a checked body; instrumentation and the limits of the whole module need it.
struct BodyFacts {
    /// The body without its size, from its first group of locals to its last `end`.
    let range: Range<Int>
    /// Where the instructions begin.
    let code: Int
    let localCount: Int
    let operandsMax: Int
    let instructionCount: Int
    /// Blocks, loops, ifs, and branches that may go either way.
    let branchCount: Int
    /// What a compiler has to do for it (WASM-7).
    let work: Int
    let growsMemory: Bool
    let movesBytes: Bool

    /// What bounds the size of a frame (WASM-14).
    var slots: Int { localCount + operandsMax + instructionCount }
    /// What bounds a compiler's work on locals (WASM-7).
    var joins: Int { branchCount * localCount }
}

/// Checks the types of one body after another, by the algorithm of the WebAssembly specification's appendix.
///
/// One value serves all bodies of a module, so that its arrays are allocated once.
/// - Cost: linear in the body's bytes.
/// - Spec: WASM-5.
struct BodyCheck {
    private enum Opener { case function, block, loop, when, otherwise }

    /// An open block.
    private struct Frame {
        let opener: Opener
        let result: WasmType?
        /// Operands that stood when the block was opened; they are out of its reach.
        let height: Int
        /// Behind a jump: whatever is taken from the operands is there, of the type wanted.
        var isUnreachable = false

        /// What a branch to this block's label carries.
        var label: WasmType? { opener == .loop ? nil : result }
    }

    private let context: WasmContext
    private let limits: WasmLimits
    private var locals: [WasmType] = []
    /// nil is a value of a type that nobody decided: only behind a jump.
    private var operands: [WasmType?] = []
    private var frames: [Frame] = []
    private var operandsMax = 0
    private var instructionCount = 0
    private var branchCount = 0
    private var work = 0
    private var growsMemory = false
    private var movesBytes = false
    private var start = 0

    init(context: WasmContext, limits: WasmLimits) {
        self.context = context
        self.limits = limits
    }

    /// Checks the body that `reader` holds, whole.
    mutating func check(_ reader: inout WasmReader, of signature: WasmSignature) throws(WasmFlaw) -> BodyFacts {
        let first = reader.offset
        locals = signature.parameters
        try readLocals(&reader)
        let code = reader.offset
        operands.removeAll(keepingCapacity: true)
        frames.removeAll(keepingCapacity: true)
        (operandsMax, instructionCount, branchCount, work) = (0, 0, 0, CompileWork.function)
        (growsMemory, movesBytes) = (false, false)
        start = code
        try open(.function, signature.result)
        while !frames.isEmpty {
            let instruction = try reader.instruction(branchTableMax: limits.branchTableMax)
            start = instruction.range.lowerBound
            instructionCount += 1
            work += CompileWork.of(instruction)
            if instructionCount > limits.instructionsMax { throw flaw(.compileWork) }
            try step(instruction, signature)
        }
        guard reader.isAtEnd else { throw WasmFlaw(.bodyLength, at: reader.offset) }
        let facts = BodyFacts(
            range: first..<reader.offset, code: code, localCount: locals.count, operandsMax: operandsMax,
            instructionCount: instructionCount, branchCount: branchCount, work: work,
            growsMemory: growsMemory, movesBytes: movesBytes)
        if facts.joins > limits.functionJoinsMax { throw WasmFlaw(.compileWork, at: first) }
        return facts
    }

    /// Reads the groups of locals. A group of a billion is refused before anything is allocated for it.
    private mutating func readLocals(_ reader: inout WasmReader) throws(WasmFlaw) {
        // Groups of no locals are allowed, so it is their bytes that bound them.
        for _ in 0..<(try reader.count(max: .max, else: .locals)) {
            let start = reader.offset
            let count = Int(try reader.u32())
            let type = try reader.valueType()
            if count > limits.localsMax - locals.count { throw WasmFlaw(.locals, at: start) }
            locals += repeatElement(type, count: count)
        }
        if locals.count > limits.localsMax { throw WasmFlaw(.locals, at: reader.offset) }
    }

    private func flaw(_ kind: WasmFlaw.Kind) -> WasmFlaw { WasmFlaw(kind, at: start) }

    // MARK: Operands and blocks

    private mutating func push(_ type: WasmType?) throws(WasmFlaw) {
        operands.append(type)
        if operands.count > operandsMax {
            operandsMax = operands.count
            if operandsMax > limits.operandsMax { throw flaw(.operands) }
        }
    }

    private mutating func pop() throws(WasmFlaw) -> WasmType? {
        let frame = frames[frames.count - 1]
        if operands.count > frame.height { return operands.removeLast() }
        if frame.isUnreachable { return nil }
        throw flaw(.operandMissing)
    }

    private mutating func pop(_ wanted: WasmType) throws(WasmFlaw) {
        if let found = try pop(), found != wanted { throw flaw(.operandType) }
    }

    private mutating func open(_ opener: Opener, _ result: WasmType?) throws(WasmFlaw) {
        if frames.count > limits.nestingMax { throw flaw(.nesting) }
        frames.append(Frame(opener: opener, result: result, height: operands.count))
    }

    private mutating func close() throws(WasmFlaw) -> Frame {
        let frame = frames[frames.count - 1]
        if let result = frame.result { try pop(result) }
        if operands.count != frame.height { throw flaw(.operandsLeft) }
        frames.removeLast()
        return frame
    }

    private mutating func leave() {
        let last = frames.count - 1
        operands.removeSubrange(frames[last].height...)
        frames[last].isUnreachable = true
    }

    private func frame(_ label: UInt32) throws(WasmFlaw) -> Frame {
        guard label < frames.count else { throw flaw(.unknownIndex) }
        return frames[frames.count - 1 - Int(label)]
    }

    // MARK: Instructions

    private mutating func step(_ instruction: WasmInstruction, _ signature: WasmSignature) throws(WasmFlaw) {
        switch instruction.opcode.shape {
        case .refused(let kind): throw flaw(kind)
        case .unary(let from, let to):
            try pop(from)
            try push(to)
        case .binary(let from, let to):
            try pop(from)
            try pop(from)
            try push(to)
        case .load(let type, let log2):
            try needMemory(alignment: instruction.index, log2)
            try pop(.i32)
            try push(type)
        case .store(let type, let log2):
            try needMemory(alignment: instruction.index, log2)
            try pop(type)
            try pop(.i32)
        case .own: try stepOwn(instruction, signature)
        }
    }

    private func needMemory(alignment: UInt32 = 0, _ log2: UInt32 = 0) throws(WasmFlaw) {
        if context.memory == nil { throw flaw(.unknownIndex) }
        if alignment > log2 { throw flaw(.alignment) }
    }

    private mutating func stepOwn(_ instruction: WasmInstruction, _ signature: WasmSignature) throws(WasmFlaw) {
        let index = instruction.index
        switch instruction.opcode {
        case .block, .loop, .when, .otherwise, .end, .unreachable, .br, .brIf, .brTable, .return_:
            try stepControl(instruction, signature)
        case .localGet, .localSet, .localTee, .globalGet, .globalSet: try stepVariable(instruction)
        case .memorySize, .memoryGrow, .memoryCopy, .memoryFill, .memoryInit, .dataDrop: try stepMemory(instruction)
        case .call:
            guard index < context.functions.count else { throw flaw(.unknownIndex) }
            try call(context.functions[Int(index)])
        case .callIndirect:
            guard context.hasTable, index < context.types.count else { throw flaw(.unknownIndex) }
            try pop(.i32)
            try call(context.types[Int(index)])
        case .drop: _ = try pop()
        case .select:
            try pop(.i32)
            let (second, first) = (try pop(), try pop())
            if let first, let second, first != second { throw flaw(.operandType) }
            try push(first ?? second)
        case .i32Const: try push(.i32)
        case .i64Const: try push(.i64)
        default: break
        }
    }

    private mutating func call(_ signature: WasmSignature) throws(WasmFlaw) {
        for parameter in signature.parameters.reversed() { try pop(parameter) }
        if let result = signature.result { try push(result) }
    }

    private mutating func stepControl(_ instruction: WasmInstruction, _ signature: WasmSignature) throws(WasmFlaw) {
        // A block's type was read as a value type's byte, or 0.
        let result = WasmType(rawValue: UInt8(truncatingIfNeeded: instruction.index))
        switch instruction.opcode {
        case .block, .loop:
            branchCount += 1
            try open(instruction.opcode == .loop ? .loop : .block, result)
        case .when:
            branchCount += 1
            try pop(.i32)
            try open(.when, result)
        case .otherwise:
            let frame = try close()
            if frame.opener != .when { throw flaw(.strayElse) }
            try open(.otherwise, frame.result)
        case .end:
            let frame = try close()
            if frame.opener == .when, frame.result != nil { throw flaw(.ifWithoutElse) }
            if let result = frame.result, !frames.isEmpty { try push(result) }
        case .unreachable: leave()
        case .br:
            if let label = try frame(instruction.index).label { try pop(label) }
            leave()
        case .brIf:
            branchCount += 1
            try pop(.i32)
            if let label = try frame(instruction.index).label {
                try pop(label)
                try push(label)
            }
        case .brTable: try branch(instruction.labels)
        default:
            if let result = signature.result { try pop(result) }
            leave()
        }
    }

    private mutating func branch(_ labels: [UInt32]) throws(WasmFlaw) {
        branchCount += 1
        try pop(.i32)
        let carried = try frame(labels[labels.count - 1]).label
        for label in labels where try frame(label).label != carried { throw flaw(.branchTypes) }
        if let carried { try pop(carried) }
        leave()
    }

    private mutating func stepVariable(_ instruction: WasmInstruction) throws(WasmFlaw) {
        let index = Int(instruction.index)
        switch instruction.opcode {
        case .localGet, .localSet, .localTee:
            guard index < locals.count else { throw flaw(.unknownIndex) }
            if instruction.opcode != .localGet { try pop(locals[index]) }
            if instruction.opcode != .localSet { try push(locals[index]) }
        case .globalGet:
            guard index < context.globals.count else { throw flaw(.unknownIndex) }
            try push(context.globals[index].type)
        default:
            guard index < context.globals.count else { throw flaw(.unknownIndex) }
            if !context.globals[index].isMutable { throw flaw(.immutableGlobal) }
            try pop(context.globals[index].type)
        }
    }

    private mutating func stepMemory(_ instruction: WasmInstruction) throws(WasmFlaw) {
        let opcode = instruction.opcode
        if opcode == .memoryInit || opcode == .dataDrop {
            guard let dataCount = context.dataCount else { throw flaw(.dataCountMissing) }
            guard instruction.index < dataCount else { throw flaw(.unknownIndex) }
        }
        if opcode == .dataDrop { return }
        try needMemory()
        switch opcode {
        case .memorySize: try push(.i32)
        case .memoryGrow:
            growsMemory = true
            try pop(.i32)
            try push(.i32)
        default:
            movesBytes = true
            for _ in 0..<3 { try pop(.i32) }
        }
    }
}
