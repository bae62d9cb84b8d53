// SPDX-License-Identifier: Apache-2.0

/// The sections that speak of functions, memory and table: globals, exports, elements, code, data.
extension ModuleDecoding {
    mutating func globals(_ content: inout WasmReader) throws(WasmFlaw) {
        for _ in 0..<(try content.count(max: limits.globalsMax, else: .tooMany)) {
            let type = try content.valueType()
            let start = content.offset
            let mutability = try content.byte()
            if mutability > 1 { throw WasmFlaw(mutability < 4 ? .threads : .badForm, at: start) }
            _ = try constant(&content, type)
            context.globals.append((type, mutability == 1))
        }
        anatomy.globalCount = context.globals.count
    }

    /// Reads an expression that is one constant of type `type`. There are no imported globals to take one from.
    func constant(_ content: inout WasmReader, _ type: WasmType) throws(WasmFlaw) -> UInt32 {
        let first = try content.instruction(branchTableMax: 0)
        switch first.opcode {
        case .i32Const where type == .i32, .i64Const where type == .i64: break
        default: throw WasmFlaw(.constantExpression, at: first.range.lowerBound)
        }
        let start = content.offset
        if try content.byte() != 0x0b { throw WasmFlaw(.constantExpression, at: start) }
        return first.index
    }

    mutating func readExports(_ content: inout WasmReader) throws(WasmFlaw) {
        // Names are ASCII, so that Swift's equality of texts is that of their bytes.
        var names: Set<String> = []
        for _ in 0..<(try content.count(max: limits.exportsMax, else: .tooMany)) {
            let start = content.offset
            let name = try content.name(max: limits.nameBytesMax)
            if !names.insert(name).inserted { throw WasmFlaw(.duplicateExport, at: start, name) }
            if limits.reservedNames.contains(name) { throw WasmFlaw(.unusableName, at: start, name) }
            let subject = try exported(&content, name)
            exports.append(WasmExport(name: name, subject: subject, offset: start))
        }
    }

    private func exported(_ content: inout WasmReader, _ name: String) throws(WasmFlaw) -> WasmExport.Subject {
        let start = content.offset
        let kind = try content.byte()
        let at = content.offset
        let index = Int(try content.u32())
        let (count, subject): (Int, WasmExport.Subject)
        switch kind {
        case 0:
            count = context.functions.count
            subject = .function(index < count ? context.functions[index] : WasmSignature([]))
        case 1: (count, subject) = (context.hasTable ? 1 : 0, .table)
        case 2: (count, subject) = (context.memory == nil ? 0 : 1, .memory)
        case 3: (count, subject) = (context.globals.count, .global)
        case 4: throw WasmFlaw(.laterProposal, at: start)
        default: throw WasmFlaw(.badForm, at: start)
        }
        if index >= count { throw WasmFlaw(.unknownIndex, at: at, name) }
        return subject
    }

    mutating func elements(_ content: inout WasmReader) throws(WasmFlaw) {
        for _ in 0..<(try content.count(max: limits.segmentsMax, else: .tooMany)) {
            let start = content.offset
            // 1 to 7: passive, declared, or of a table that is named: reference types.
            let form = try content.u32()
            if form != 0 { throw WasmFlaw(form < 8 ? .references : .badForm, at: start) }
            if !context.hasTable { throw WasmFlaw(.unknownIndex, at: start) }
            let first = Int(try constant(&content, .i32))
            let count = try content.count(max: .max, else: .tooMany)
            for _ in 0..<count {
                let start = content.offset
                guard try content.u32() < context.functions.count else { throw WasmFlaw(.unknownIndex, at: start) }
            }
            if first + count > tableSize { throw WasmFlaw(.elementOutside, at: start) }
        }
    }

    mutating func code(_ content: inout WasmReader) throws(WasmFlaw) {
        let start = content.offset
        let count = try content.count(max: .max, else: .functions)
        if count != anatomy.functionTypes.count { throw WasmFlaw(.countMismatch, at: start) }
        anatomy.bodies.reserveCapacity(count)
        var check = BodyCheck(context: context, limits: limits)
        var joinSquares = 0
        var work = 0
        for index in 0..<count {
            let start = content.offset
            let size = Int(try content.u32())
            var body = try content.part(size, else: .bodyLength)
            let facts = try check.check(&body, of: context.types[Int(anatomy.functionTypes[index])])
            // Neither sum can overflow: each part is bounded for one function, and there are few functions.
            joinSquares += facts.joins * facts.joins
            work += facts.work
            if joinSquares > limits.joinSquaresMax || work > limits.workMax {
                throw WasmFlaw(.compileWork, at: start)
            }
            anatomy.bodies.append(facts)
        }
    }

    mutating func data(_ content: inout WasmReader) throws(WasmFlaw) {
        let start = content.offset
        let count = try content.count(max: limits.segmentsMax, else: .tooMany)
        if let dataCount = context.dataCount, dataCount != count { throw WasmFlaw(.countMismatch, at: start) }
        for _ in 0..<count {
            let start = content.offset
            let form = try content.u32()
            switch form {
            case 0, 2:
                // 2 names its memory, which can only be the first.
                if form == 2, try content.u32() != 0 { throw WasmFlaw(.unknownIndex, at: start) }
                guard let memory = context.memory else { throw WasmFlaw(.unknownIndex, at: start) }
                let first = Int(try constant(&content, .i32))
                let range = try content.range()
                if first + range.count > memory.pagesMin << 16 { throw WasmFlaw(.dataOutside, at: start) }
            case 1: _ = try content.range()
            default: throw WasmFlaw(.badForm, at: start)
            }
        }
    }
}
