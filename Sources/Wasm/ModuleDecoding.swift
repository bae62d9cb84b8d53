// SPDX-License-Identifier: Apache-2.0

/// Reads a module's sections in their order and gathers what they say.
/// - Spec: WASM-1 to WASM-7.
struct ModuleDecoding {
    let limits: WasmLimits
    var reader: WasmReader
    var context = WasmContext()
    var anatomy = WasmAnatomy()
    var imports: [WasmImport] = []
    var exports: [WasmExport] = []
    var customSections: [WasmCustomSection] = []
    /// Elements of the table at first.
    var tableSize = 0
    private var place = 0

    init(_ bytes: [UInt8], _ limits: WasmLimits) {
        self.limits = limits
        reader = WasmReader(bytes)
    }

    mutating func run() throws(WasmFlaw) {
        // "\0asm" and version 1.
        for byte: UInt8 in [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00] {
            let start = reader.offset
            guard !reader.isAtEnd, try reader.byte() == byte else { throw WasmFlaw(.notWasm, at: start) }
        }
        while !reader.isAtEnd { try section() }
        let end = reader.end
        if anatomy.functionTypes.count != anatomy.bodies.count { throw WasmFlaw(.countMismatch, at: end) }
        if let dataCount = context.dataCount, dataCount > 0, anatomy.sections[Int(WasmSection.data)] == nil {
            throw WasmFlaw(.countMismatch, at: end)
        }
    }

    private mutating func section() throws(WasmFlaw) {
        let start = reader.offset
        let number = try reader.byte()
        let size = Int(try reader.u32())
        var content = try reader.part(size, else: .sectionLength)
        let range = content.offset..<content.end
        if number == WasmSection.custom {
            try custom(&content)
            return
        }
        if number >= WasmSection.count {
            // 13 declares exceptions.
            throw WasmFlaw(number == WasmSection.count ? .laterProposal : .unknownSection, at: start)
        }
        let place = WasmSection.place(of: number)
        if place <= self.place { throw WasmFlaw(.sectionOrder, at: start) }
        self.place = place
        try read(number, &content)
        if !content.isAtEnd { throw WasmFlaw(.sectionLength, at: content.offset) }
        anatomy.sections[Int(number)] = range
    }

    private mutating func read(_ number: UInt8, _ content: inout WasmReader) throws(WasmFlaw) {
        switch number {
        case WasmSection.type: try types(&content)
        case WasmSection.imports: try readImports(&content)
        case WasmSection.function: try functions(&content)
        case WasmSection.table: try table(&content)
        case WasmSection.memory: try memory(&content)
        case WasmSection.global: try globals(&content)
        case WasmSection.export: try readExports(&content)
        case WasmSection.start: throw WasmFlaw(.startFunction, at: content.offset)
        case WasmSection.element: try elements(&content)
        case WasmSection.dataCount:
            context.dataCount = Int(try content.u32())
        case WasmSection.code: try code(&content)
        default: try data(&content)
        }
    }

    private mutating func custom(_ content: inout WasmReader) throws(WasmFlaw) {
        let start = content.offset
        if customSections.count == limits.segmentsMax { throw WasmFlaw(.tooMany, at: start) }
        let name = try content.text()
        customSections.append(WasmCustomSection(name: name, range: content.offset..<content.end))
    }

    private mutating func types(_ content: inout WasmReader) throws(WasmFlaw) {
        for _ in 0..<(try content.count(max: limits.typesMax, else: .tooMany)) {
            let start = content.offset
            // 0x4e to 0x5f: recursive groups, structures, arrays, subtypes.
            let form = try content.byte()
            if form != 0x60 { throw WasmFlaw((0x4e...0x5f).contains(form) ? .laterProposal : .badForm, at: start) }
            var parameters: [WasmType] = []
            let count = try content.count(max: limits.parametersMax, else: .locals)
            for _ in 0..<count { parameters.append(try content.valueType()) }
            let results = content.offset
            switch try content.u32() {
            case 0: context.types.append(WasmSignature(parameters))
            case 1: context.types.append(WasmSignature(parameters, try content.valueType()))
            default: throw WasmFlaw(.severalResults, at: results)
            }
        }
        anatomy.types = context.types
    }

    private mutating func readImports(_ content: inout WasmReader) throws(WasmFlaw) {
        for _ in 0..<(try content.count(max: limits.importsMax, else: .tooMany)) {
            let start = content.offset
            let module = try content.name(max: limits.nameBytesMax)
            let name = try content.name(max: limits.nameBytesMax)
            let kind = content.offset
            switch try content.byte() {
            case 0: break
            case 1...4: throw WasmFlaw(.importKind, at: kind, "\(module).\(name)")
            default: throw WasmFlaw(.badForm, at: kind)
            }
            let (_, signature) = try signature(&content)
            context.functions.append(signature)
            imports.append(WasmImport(module: module, name: name, signature: signature, offset: start))
        }
        anatomy.importCount = imports.count
    }

    private func signature(_ content: inout WasmReader) throws(WasmFlaw) -> (UInt32, WasmSignature) {
        let start = content.offset
        let index = try content.u32()
        guard index < context.types.count else { throw WasmFlaw(.unknownIndex, at: start) }
        return (index, context.types[Int(index)])
    }

    private mutating func functions(_ content: inout WasmReader) throws(WasmFlaw) {
        let max = limits.functionsMax - imports.count
        for _ in 0..<(try content.count(max: max, else: .functions)) {
            let (index, signature) = try signature(&content)
            anatomy.functionTypes.append(index)
            context.functions.append(signature)
        }
    }

    private mutating func table(_ content: inout WasmReader) throws(WasmFlaw) {
        guard try content.count(max: 1, else: .secondTable) == 1 else { return }
        let start = content.offset
        switch try content.byte() {
        case 0x70: break
        case 0x40, 0x62...0x6f: throw WasmFlaw(.references, at: start)
        default: throw WasmFlaw(.badForm, at: start)
        }
        let (min, max) = try bounds(&content)
        if let max, max < min { throw WasmFlaw(.memoryLimits, at: start) }
        if min > limits.tableElementsMax { throw WasmFlaw(.tableSize, at: start) }
        tableSize = min
        context.hasTable = true
    }

    private mutating func memory(_ content: inout WasmReader) throws(WasmFlaw) {
        guard try content.count(max: 1, else: .secondMemory) == 1 else { return }
        let start = content.offset
        let (min, max) = try bounds(&content)
        // 65,536 pages are all that an address of 32 bits reaches.
        if min > 65_536 || max.map({ $0 < min || $0 > 65_536 }) == true { throw WasmFlaw(.memoryLimits, at: start) }
        if min > limits.memoryPagesMin { throw WasmFlaw(.memoryPages, at: start) }
        context.memory = WasmMemory(pagesMin: min, pagesMax: max)
    }

    /// Reads the bounds of a table or memory.
    private func bounds(_ content: inout WasmReader) throws(WasmFlaw) -> (min: Int, max: Int?) {
        let start = content.offset
        switch try content.byte() {
        case 0: return (Int(try content.u32()), nil)
        case 1: return (Int(try content.u32()), Int(try content.u32()))
        case 2, 3: throw WasmFlaw(.threads, at: start)
        // Addresses of 64 bits, and pages of another size.
        case 4...15: throw WasmFlaw(.laterProposal, at: start)
        default: throw WasmFlaw(.badForm, at: start)
        }
    }
}
