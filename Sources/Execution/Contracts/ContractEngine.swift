// SPDX-License-Identifier: Apache-2.0
package import ShangMi

/// Runs the code of contracts. Execution knows engines by this protocol only, and an engine never sees the state.
///
/// Guarantees an engine gives: for the same program, entry, gas, depth and answers of the host it asks the host for the
/// same things in the same order and ends in the same way with the same gas left, on every machine. A run begins with
/// fresh memory and globals. What is of this machine and not of the contract is an `EngineTrouble` and nothing else.
/// - Spec: CTR-20, CTR-21.
package protocol ContractEngine: AnyObject, Sendable {
    /// Compiles a program and keeps it, so that no block waits for the compiler. Blocks; from any thread; a second time
    /// it does nothing.
    func prepare(_ program: ContractProgram) throws(EngineTrouble)

    /// Runs one exported function from its beginning to its end. A host may ask for another run while it answers.
    /// - Parameters:
    ///   - gas: what the run may use: the value its global `jd_gas` begins with.
    ///   - depth: the value its global `jd_depth` begins with.
    func run(
        _ program: ContractProgram, entry: ContractEntry, gas: Int64, depth: Int32, host: any ContractHost
    ) throws(EngineTrouble) -> ContractRun
}

/// What a contract can ask for while it runs.
package protocol ContractHost: AnyObject {
    /// Answers one call of an import.
    /// - Parameters:
    ///   - arguments: in order, 32-bit ones with zeros above; the rest are 0.
    ///   - memory: the caller's, valid until this returns.
    ///   - gas: what the caller has left, lowered by what the answer costs. Below 0 the run is out of gas, and the
    ///     answer is `stop`.
    func answer(
        _ function: HostFunction, _ arguments: HostArguments, memory: ContractMemory, gas: inout Int64
    ) -> HostAnswer
}

package typealias HostArguments = InlineArray<8, UInt64>

/// What the host says; of the type the function is declared with.
package enum HostAnswer: Hashable, Sendable {
    /// For a function with a result; of a 32-bit one the low half.
    case value(UInt64)
    /// For a function without one.
    case nothing
    /// The run ends here; the host knows why.
    case stop
}

/// A contract's code as engines run it.
package struct ContractProgram: Hashable, Sendable {
    /// Of the bytes: a name for what is compiled.
    package let digest: Digest
    /// A module that was checked and instrumented (docs/spec/wasm.md).
    package let bytes: [UInt8]

    package init(digest: Digest, bytes: [UInt8]) {
        self.digest = digest
        self.bytes = bytes
    }
}

/// A function of a contract that the platform runs; all are `() -> ()`.
package enum ContractEntry: String, CaseIterable, Hashable, Sendable {
    case call = "jd_call"
    case initialise = "jd_init"
    case migrate = "jd_migrate"
}

/// A type of WebAssembly that imports use.
package enum HostValue: Hashable, Sendable { case i32, i64 }

/// The imports of module `jd`. Pointers and lengths are unsigned 32-bit numbers.
/// - Spec: CTR-22.
package enum HostFunction: UInt8, CaseIterable, Hashable, Sendable {
    case get, put, remove, argument, answer, emit, text, number, holds, call, fail, digest, trace

    /// The module all of them are imported from.
    package static let module = "jd"

    /// As the import is called.
    package var name: String {
        switch self {
        case .get: "get"
        case .put: "put"
        case .remove: "remove"
        case .argument: "argument"
        case .answer: "answer"
        case .emit: "emit"
        case .text: "text"
        case .number: "number"
        case .holds: "holds"
        case .call: "call"
        case .fail: "fail"
        case .digest: "digest"
        case .trace: "trace"
        }
    }

    package var parameters: [HostValue] {
        switch self {
        case .get, .put, .emit: [.i32, .i32, .i32, .i32]
        case .remove, .argument, .answer, .holds: [.i32, .i32]
        case .text, .fail, .digest: [.i32, .i32, .i32]
        case .number, .trace: [.i32]
        case .call: [.i32, .i32, .i32, .i32, .i32, .i32, .i32, .i32]
        }
    }

    package var result: HostValue? {
        switch self {
        case .get, .number, .call: .i64
        case .argument, .text, .holds: .i32
        case .put, .remove, .answer, .emit, .fail, .digest, .trace: nil
        }
    }
}

/// The memory of a running contract, for as long as the host answers one call.
///
/// Every access is checked: what a contract says of its memory is what a liar says.
@safe
package struct ContractMemory {
    private let bytes: UnsafeMutableRawBufferPointer

    /// - Parameter bytes: stay where they are while the host answers, and nobody else touches them meanwhile.
    @unsafe
    package init(_ bytes: UnsafeMutableRawBufferPointer) { unsafe self.bytes = unsafe bytes }

    /// - Complexity: O(1).
    package var count: Int { unsafe bytes.count }

    /// - Parameter prefix: stands before the bytes in what is returned.
    /// - Returns: nil where any of the range is outside.
    package func read(at start: UInt32, count: UInt32, behind prefix: [UInt8] = []) -> [UInt8]? {
        guard let range = range(at: start, count: UInt64(count)) else { return nil }
        var found: [UInt8] = []
        found.reserveCapacity(prefix.count + range.count)
        found.append(contentsOf: prefix)
        // SAFETY: the range was checked against the buffer, which its maker keeps in place.
        unsafe found.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[range]))
        return found
    }

    /// - Returns: false, and nothing is written, where any of the range is outside.
    package func write(_ source: [UInt8], at start: UInt32) -> Bool {
        write(source, count: source.count, at: start)
    }

    /// Writes the first bytes of an array, at most as many as it has.
    package func write(_ source: [UInt8], count: Int, at start: UInt32) -> Bool {
        let count = min(count, source.count)
        guard let range = range(at: start, count: UInt64(count)) else { return false }
        // SAFETY: as above; both sides have `count` bytes.
        unsafe source.withUnsafeBytes { source in
            unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[range])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<count]))
        }
        return true
    }

    /// Whether a range lies within.
    package func holds(at start: UInt32, count: UInt32) -> Bool { range(at: start, count: UInt64(count)) != nil }

    private func range(at start: UInt32, count: UInt64) -> Range<Int>? {
        let end = UInt64(start) + count
        guard end <= UInt64(self.count) else { return nil }
        return Int(start)..<Int(end)
    }
}

/// How a run ended.
package enum ContractEnd: Hashable, Sendable {
    case returned
    /// The host answered `stop`, and the gas was not below 0.
    case stopped
    /// `jd_gas` is below 0.
    case outOfGas
    /// `jd_depth` is below 0.
    case tooDeep
    case trapped(TrapKind)
}

/// What a contract did that WebAssembly forbids.
package enum TrapKind: UInt8, CaseIterable, Hashable, Sendable {
    case unreachable, memory, table, division, overflow, indirect
}

/// A run that came to an end of its own.
package struct ContractRun: Hashable, Sendable {
    package let end: ContractEnd
    /// `jd_gas` at the end; below 0 only where the end is `outOfGas`.
    package let gasLeft: Int64
    /// Where it stood when it ended before its end: offsets of instructions in the program's bytes, innermost function
    /// first. Only from an engine that was asked to keep them; nothing of the chain's depends on it.
    package let frames: [Int]

    package init(end: ContractEnd, gasLeft: Int64, frames: [Int] = []) {
        self.end = end
        self.gasLeft = gasLeft
        self.frames = frames
    }
}

/// Why this machine could not run a contract: of the machine, never of the contract. The block is not executed.
/// - Spec: CTR-21.
package struct EngineTrouble: Error, Hashable {
    /// For whoever runs the node, in English.
    package let what: String
    /// It may pass: executing the block is tried again. Otherwise the node stops with its code.
    package let heals: Bool

    /// Neither waiting nor mending this machine helps, but another version of the program (CTR-4).
    package let needsOtherProgram: Bool

    package init(what: String, heals: Bool, needsOtherProgram: Bool = false) {
        self.what = what
        self.heals = heals
        self.needsOtherProgram = needsOtherProgram
    }
}
