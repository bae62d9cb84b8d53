// SPDX-License-Identifier: Apache-2.0

/// Rewrites a checked module so that it counts its own gas and depth, the same under every engine.
///
/// Two globals are added behind the module's own, and at most two functions behind its own, so no index changes:
/// ```
/// function:   depth -= D; depth < 0 → unreachable       D: what the frame takes of the depth
///             block                                      of the function's result type
///               stretch:  gas -= G; gas < 0 → unreachable    G: the sum of the stretch's prices
///               …         the stretch's own instructions; `return` became a branch to this block
///             end
///             depth += D
/// ```
/// A stretch is what runs as a whole once its first instruction runs, traps and calls aside: it begins at the entry of
/// a function or loop or branch of an `if`, behind the `end` of a block that can be branched to, and behind `br_if`.
/// - Cost: linear in the module's bytes; a stretch grows by at most 27 bytes, a function by 40.
/// - Spec: WASM-10 to WASM-16.
struct Instrumentation {
    let module: WasmModule
    let prices: WasmPrices
    /// The indices of what is added. Helpers are nil where no instruction needs them.
    let gas: Int
    let depth: Int
    let pagesHelper: Int?
    let bytesHelper: Int?

    init(_ module: WasmModule, _ prices: WasmPrices) {
        self.module = module
        self.prices = prices
        let anatomy = module.anatomy
        gas = anatomy.globalCount
        depth = gas + 1
        let functions = anatomy.importCount + anatomy.functionTypes.count
        let grows = anatomy.bodies.contains(where: \.growsMemory)
        let moves = anatomy.bodies.contains(where: \.movesBytes)
        pagesHelper = grows ? functions : nil
        bytesHelper = moves ? functions + (grows ? 1 : 0) : nil
    }

    private var helperCount: Int { (pagesHelper == nil ? 0 : 1) + (bytesHelper == nil ? 0 : 1) }

    /// The type of the helpers: the amount in, the same amount out.
    private static let helperType = WasmSignature([.i32], .i32)

    func run(gasAtStart: Int64, depthAtStart: Int32) -> [UInt8] {
        var draft: WasmOffsetMap.Draft?
        return run(gasAtStart, depthAtStart, &draft)
    }

    /// What stands where in the bytes that `run` makes of globals that begin with 0.
    func map() -> WasmOffsetMap.Draft {
        var draft: WasmOffsetMap.Draft? = WasmOffsetMap.Draft()
        _ = run(0, 0, &draft)
        return draft ?? WasmOffsetMap.Draft()
    }

    private func run(
        _ gasAtStart: Int64, _ depthAtStart: Int32, _ draft: inout WasmOffsetMap.Draft?
    ) -> [UInt8] {
        var out = WasmWriter()
        out.raw([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00])
        let types = types()
        if !types.isEmpty { out.section(WasmSection.type, list(types)) }
        copy(WasmSection.imports, to: &out)
        let functions = functions(types)
        if !functions.isEmpty { out.section(WasmSection.function, list(functions)) }
        copy(WasmSection.table, to: &out)
        if let memory = module.memory { out.section(WasmSection.memory, self.memory(memory)) }
        out.section(WasmSection.global, globals(gasAtStart, depthAtStart))
        out.section(WasmSection.export, exports())
        copy(WasmSection.element, to: &out)
        copy(WasmSection.dataCount, to: &out)
        if !functions.isEmpty {
            let code = code(&draft)
            out.section(WasmSection.code, code)
            if let found = draft {
                draft = WasmOffsetMap.Draft()
                draft?.append(found, at: out.bytes.count - code.bytes.count)
            }
        }
        copy(WasmSection.data, to: &out)
        return out.bytes
    }

    private func copy(_ section: UInt8, to out: inout WasmWriter) {
        guard let range = module.anatomy.sections[Int(section)] else { return }
        out.byte(section)
        out.u32(range.count)
        out.raw(module.bytes[range])
    }

    // MARK: Sections that change

    private func types() -> [WasmSignature] {
        let types = module.anatomy.types
        return helperCount == 0 || types.contains(Self.helperType) ? types : types + [Self.helperType]
    }

    private func list(_ types: [WasmSignature]) -> WasmWriter {
        var out = WasmWriter()
        out.u32(types.count)
        for type in types {
            out.byte(0x60)
            out.u32(type.parameters.count)
            out.raw(type.parameters.map(\.rawValue))
            out.u32(type.result == nil ? 0 : 1)
            if let result = type.result { out.byte(result.rawValue) }
        }
        return out
    }

    private func functions(_ types: [WasmSignature]) -> [UInt32] {
        let helperType = UInt32(types.firstIndex(of: Self.helperType) ?? 0)
        return module.anatomy.functionTypes + Array(repeating: helperType, count: helperCount)
    }

    private func list(_ functions: [UInt32]) -> WasmWriter {
        var out = WasmWriter()
        out.u32(functions.count)
        for type in functions { out.u32(Int(type)) }
        return out
    }

    private func memory(_ memory: WasmMemory) -> WasmWriter {
        var out = WasmWriter()
        out.u32(1)
        out.byte(1)
        out.u32(memory.pagesMin)
        out.u32(min(memory.pagesMax ?? prices.pagesMax, prices.pagesMax))
        return out
    }

    /// A section's list with items added behind those it has.
    private func extended(_ section: UInt8, by added: Int, _ items: WasmWriter) -> WasmWriter {
        var out = WasmWriter()
        guard let range = module.anatomy.sections[Int(section)] else {
            out.u32(added)
            out.raw(items.bytes)
            return out
        }
        var reader = WasmReader(module.bytes, from: range.lowerBound, to: range.upperBound)
        out.u32(checked { () throws(WasmFlaw) in Int(try reader.u32()) } + added)
        out.raw(module.bytes[reader.offset..<range.upperBound])
        out.raw(items.bytes)
        return out
    }

    private func globals(_ gasAtStart: Int64, _ depthAtStart: Int32) -> WasmWriter {
        var items = WasmWriter()
        items.raw([WasmType.i64.rawValue, 1])
        items.i64(gasAtStart)
        items.op(.end)
        items.raw([WasmType.i32.rawValue, 1])
        items.i32(depthAtStart)
        items.op(.end)
        return extended(WasmSection.global, by: 2, items)
    }

    private func exports() -> WasmWriter {
        var items = WasmWriter()
        for (name, index) in [(WasmModule.gasExport, gas), (WasmModule.depthExport, depth)] {
            items.text(name)
            items.byte(3)
            items.u32(index)
        }
        return extended(WasmSection.export, by: 2, items)
    }

    private func code(_ draft: inout WasmOffsetMap.Draft?) -> WasmWriter {
        var out = WasmWriter()
        let anatomy = module.anatomy
        out.u32(anatomy.bodies.count + helperCount)
        for (index, facts) in anatomy.bodies.enumerated() {
            let signature = anatomy.types[Int(anatomy.functionTypes[index])]
            var body = BodyRewriting(self, facts, signature, notes: draft != nil)
            let bytes = body.run()
            out.sized(bytes)
            if let notes = body.notes { draft?.append(notes, at: out.bytes.count - bytes.bytes.count) }
        }
        if pagesHelper != nil { out.sized(helper(pages: true)) }
        if bytesHelper != nil { out.sized(helper(pages: false)) }
        return out
    }

    // MARK: Helpers

    /// A function that takes the price of an amount and gives the amount back.
    private func helper(pages: Bool) -> WasmWriter {
        var out = WasmWriter()
        out.u32(0)
        out.op(.globalGet, gas)
        out.op(.localGet, 0)
        if pages {
            // What is above the maximum is refused without any work.
            out.i32(Int32(prices.pagesMax))
            out.op(.localGet, 0)
            out.i32(Int32(prices.pagesMax))
            out.byte(0x49)
            out.op(.select)
        } else {
            out.i32(3)
            out.byte(0x76)
        }
        out.byte(0xad)
        out.i64(pages ? prices.page : prices.eightBytes)
        out.byte(0x7e)
        out.byte(0x7d)
        out.op(.globalSet, gas)
        out.op(.globalGet, gas)
        out.stopBelowZero(.i64)
        out.op(.localGet, 0)
        out.op(.end)
        return out
    }
}

extension WasmModule {
    /// The module with gas and depth counted inside (WASM-10 to WASM-16), and without its custom sections.
    ///
    /// A host sets both exported globals before each call, and reads them after: gas below zero means out of gas, depth
    /// below zero too deep.
    /// - Parameters:
    ///   - gasAtStart: what the gas global holds in a fresh instance; only programs without a host to set it give one.
    ///   - depthAtStart: the same of the depth.
    /// - Returns: a valid module of the same subset; the same bytes for the same module and prices, everywhere.
    /// - Cost: linear in the module's bytes.
    package func instrumented(
        prices: WasmPrices = .standard, gasAtStart: Int64 = 0, depthAtStart: Int32 = 0
    ) -> [UInt8] {
        Instrumentation(self, prices).run(gasAtStart: gasAtStart, depthAtStart: depthAtStart)
    }
}

/// What was read once from bytes that do not change reads again.
func checked<Value>(_ read: () throws(WasmFlaw) -> Value) -> Value {
    do { return try read() } catch {
        preconditionFailure("a checked module reads the second time as the first: \(error)")
    }
}
