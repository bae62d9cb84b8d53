// SPDX-License-Identifier: Apache-2.0

/// An engine whose contracts are functions of this program: what simulations and tests of the rules run.
///
/// A `PaperModule` names its function in its data, where instrumentation leaves it. It counts no instructions; a
/// function spends gas by saying so.
package final class PaperEngine: ContractEngine {
    package typealias Function = @Sendable (PaperRun) throws(PaperEnd) -> Void

    private let functions: [String: Function]

    package init(_ functions: [String: Function]) { self.functions = functions }

    package func prepare(_ program: ContractProgram) throws(EngineTrouble) { _ = try function(of: program) }

    package func run(
        _ program: ContractProgram, entry: ContractEntry, gas: Int64, depth: Int32, host: any ContractHost
    ) throws(EngineTrouble) -> ContractRun {
        let function = try function(of: program)
        let run = PaperRun(entry: entry, gas: gas, host: host)
        do throws(PaperEnd) {
            try function(run)
            return ContractRun(end: .returned, gasLeft: run.gas)
        } catch {
            return ContractRun(end: error.end, gasLeft: run.gas)
        }
    }

    private func function(of program: ContractProgram) throws(EngineTrouble) -> Function {
        let mark = Array(PaperModule.mark.utf8)
        let bytes = program.bytes
        guard let start = bytes.indices.first(where: { bytes[$0...].starts(with: mark) }),
            let end = bytes[start...].firstIndex(of: 0x3b),
            let function = functions[String(decoding: bytes[(start + mark.count)..<end], as: UTF8.self)]
        else { throw EngineTrouble(what: "that is no contract on paper", heals: false) }
        return function
    }
}

/// Why a function on paper ends before its end.
package enum PaperEnd: Error {
    case stopped, outOfGas, tooDeep
    case trapped(TrapKind)

    fileprivate var end: ContractEnd {
        switch self {
        case .stopped: .stopped
        case .outOfGas: .outOfGas
        case .tooDeep: .tooDeep
        case .trapped(let kind): .trapped(kind)
        }
    }
}

/// One run of a function on paper: its memory, its gas, and the imports in words.
package final class PaperRun {
    package let entry: ContractEntry
    package private(set) var gas: Int64
    private let host: any ContractHost
    private var memory = [UInt8](repeating: 0, count: 5 << 16)

    /// Where answers are written.
    private static var out: UInt64 { 3 << 16 }

    fileprivate init(entry: ContractEntry, gas: Int64, host: any ContractHost) {
        self.entry = entry
        self.gas = gas
        self.host = host
    }

    /// Calls an import with plain numbers: what a contract written by hand could do.
    @discardableResult
    package func ask(_ function: HostFunction, _ numbers: [UInt64]) throws(PaperEnd) -> UInt64 {
        var arguments = HostArguments(repeating: 0)
        for (place, number) in numbers.enumerated() { arguments[place] = number }
        var left = gas
        // SAFETY: the memory stays where it is while the host answers, and a nested run has one of its own.
        let answer = unsafe memory.withUnsafeMutableBytes {
            unsafe host.answer(function, arguments, memory: ContractMemory($0), gas: &left)
        }
        gas = left
        if gas < 0 { throw .outOfGas }
        switch answer {
        case .stop: throw .stopped
        case .nothing: return 0
        case .value(let value): return value
        }
    }

    /// Puts bytes into the memory, one after the other.
    /// - Returns: start and length of each, in order.
    package func place(_ values: [UInt8]...) -> [UInt64] {
        var (start, places): (Int, [UInt64]) = (0, [])
        for value in values {
            memory.replaceSubrange(start..<(start + value.count), with: value)
            places += [UInt64(start), UInt64(value.count)]
            start += value.count
        }
        return places
    }

    private func answer(of count: UInt64) -> [UInt8] {
        Array(memory[Int(PaperRun.out)..<(Int(PaperRun.out) + Int(count))])
    }

    package func spend(_ amount: Int64) throws(PaperEnd) {
        gas -= amount
        if gas < 0 { throw .outOfGas }
    }

    package func get(_ key: String) throws(PaperEnd) -> [UInt8]? {
        let length = try ask(.get, place(Array(key.utf8)) + [PaperRun.out, 1 << 16])
        return Int64(bitPattern: length) < 0 ? nil : answer(of: length)
    }

    package func put(_ key: String, _ value: [UInt8]) throws(PaperEnd) {
        try ask(.put, place(Array(key.utf8), value))
    }

    package func remove(_ key: String) throws(PaperEnd) { try ask(.remove, place(Array(key.utf8))) }

    package func argument() throws(PaperEnd) -> [UInt8] {
        answer(of: try ask(.argument, [PaperRun.out, 1 << 16]))
    }

    package func answer(_ bytes: [UInt8]) throws(PaperEnd) { try ask(.answer, place(bytes)) }

    package func emit(_ name: String, _ body: [UInt8]) throws(PaperEnd) {
        try ask(.emit, place(Array(name.utf8), body))
    }

    package func text(_ which: UInt64) throws(PaperEnd) -> String {
        String(decoding: answer(of: try ask(.text, [which, PaperRun.out, 1 << 16])), as: UTF8.self)
    }

    package func number(_ which: UInt64) throws(PaperEnd) -> UInt64 { try ask(.number, [which]) }

    package func holds(_ role: String) throws(PaperEnd) -> Bool { try ask(.holds, place(Array(role.utf8))) == 1 }

    /// - Returns: the answer, or the code of the callee's failure.
    package func call(
        _ contract: String, _ method: String, _ argument: [UInt8] = []
    ) throws(PaperEnd) -> (answer: [UInt8], code: Int64) {
        let places = place(Array(contract.utf8), Array(method.utf8), argument)
        let length = Int64(bitPattern: try ask(.call, places + [PaperRun.out, 1 << 16]))
        return length < 0 ? ([], -length) : (answer(of: UInt64(length)), 0)
    }

    package func fail(_ code: UInt64, _ text: String = "") throws(PaperEnd) {
        try ask(.fail, [code] + place(Array(text.utf8)))
    }
}

/// A module of WebAssembly that does nothing but name a function of a `PaperEngine`.
package enum PaperModule {
    fileprivate static let mark = "paper:"

    /// - Parameters:
    ///   - function: its name in the engine; no semicolon.
    ///   - padding: so many bytes more of data.
    package static func bytes(
        _ function: String, imports: [HostFunction] = [], migrates: Bool = false, pages: Int = 1, padding: Int = 0,
        description: String? = nil
    ) -> [UInt8] {
        let entries = [ContractEntry.call, .initialise] + (migrates ? [.migrate] : [])
        var bytes: [UInt8] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
        bytes += section(
            1,
            vector(
                [[0x60, 0, 0]]
                    + imports.map {
                        [0x60] + vector($0.parameters.map { [$0.byte] }) + vector($0.result.map { [[$0.byte]] } ?? [])
                    }))
        if !imports.isEmpty {
            bytes += section(
                2,
                vector(
                    imports.enumerated().map { place, function in
                        text(HostFunction.module) + text(function.name) + [0] + number(place + 1)
                    }))
        }
        bytes += section(3, vector(entries.map { _ in [0] }))
        bytes += section(5, [1, 0] + number(pages))
        bytes += section(
            7,
            vector(
                [text("memory") + [2, 0]]
                    + entries.enumerated().map { place, entry in
                        text(entry.rawValue) + [0] + number(imports.count + place)
                    }))
        bytes += section(10, vector(entries.map { _ in [2, 0, 0x0b] }))
        let content = Array("\(mark)\(function);".utf8) + [UInt8](repeating: 0x2e, count: padding)
        bytes += section(11, [1, 0, 0x41, 0, 0x0b] + number(content.count) + content)
        if let description { bytes += section(0, text("jd.description") + Array(description.utf8)) }
        return bytes
    }

    private static func section(_ id: UInt8, _ content: [UInt8]) -> [UInt8] { [id] + number(content.count) + content }

    private static func vector(_ items: [[UInt8]]) -> [UInt8] { number(items.count) + items.joined() }

    private static func text(_ text: String) -> [UInt8] { number(text.utf8.count) + Array(text.utf8) }

    private static func number(_ value: Int) -> [UInt8] {
        var (rest, bytes): (Int, [UInt8]) = (value, [])
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}

extension HostValue {
    fileprivate var byte: UInt8 { self == .i32 ? 0x7f : 0x7e }
}
