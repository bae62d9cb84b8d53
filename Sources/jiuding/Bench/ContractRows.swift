// SPDX-License-Identifier: Apache-2.0
import Execution
import Ledger
import ShangMi
import Wasm
import WasmtimeEngine

/// The measurements of `bench contract`.
struct ContractRows {
    /// One program, run again and again on fresh instances.
    struct Row {
        let name: String
        let gas: Int64
        let nanosecondsPerRun: Double
        /// It waits for memory more than it computes; no static price follows that.
        let missesCaches: Bool

        var nanosecondsPerGas: Double { nanosecondsPerRun / Double(gas) }
    }

    /// As deep as any chain lets a run go.
    private static let depth: Int32 = 6_000
    private static let gasMax: Int64 = 1 << 50

    let seconds: Double
    let engine: WasmtimeEngine
    private(set) var callsPerSecond = 0.0
    private(set) var nestedPerSecond = 0.0
    private(set) var rows: [Row] = []

    init(seconds: Double, engine: WasmtimeEngine) {
        (self.seconds, self.engine) = (seconds, engine)
    }

    /// Slowest to fastest of the rows that compute.
    var spread: Double {
        let times = rows.filter { !$0.missesCaches }.map(\.nanosecondsPerGas)
        return (times.max() ?? .nan) / (times.min() ?? .nan)
    }

    /// Milliseconds a whole block takes of the slowest row that computes, and of the slowest of all.
    var slowestBlock: (computing: Double, missing: Double) {
        func milliseconds(_ rows: [Row]) -> Double {
            (rows.map(\.nanosecondsPerGas).max() ?? .nan) * Double(Limits.blockGasMax) / 1e6
        }
        return (milliseconds(rows.filter { !$0.missesCaches }), milliseconds(rows))
    }

    mutating func measureAll(_ progress: (String) -> Void) throws {
        progress("call")
        callsPerSecond = try perSecond(ContractPrograms.transfer)
        progress("nested call")
        nestedPerSecond = try perSecond(ContractPrograms.caller)
        for program in ContractPrograms.all {
            progress(program.name)
            rows.append(try row(program))
        }
        rows.sort { $0.nanosecondsPerGas > $1.nanosecondsPerGas }
    }

    /// Checked and instrumented as a chain does it.
    private func program(_ text: String) throws -> ContractProgram {
        let bytes = try WasmModule(decoding: engine.assemble(text)).instrumented()
        return ContractProgram(digest: SM3.hash(bytes), bytes: bytes)
    }

    private func perSecond(_ text: String) throws -> Double {
        let program = try program(text)
        let host = BenchHost(
            engine: engine, callee: try self.program(ContractPrograms.transfer), depth: ContractRows.depth)
        return try Duel(
            seconds: seconds,
            {
                for _ in 0..<64 { _ = try ended(program, host) }
                return 64
            }, against: nil
        ).perSecond
    }

    private func row(_ program: ContractPrograms.Program) throws -> Row {
        let code = try self.program(program.text)
        let host = BenchHost(engine: engine, callee: code, depth: ContractRows.depth)
        let gas = ContractRows.gasMax - (try ended(code, host))
        let rate = try Duel(
            seconds: seconds,
            {
                _ = try ended(code, host)
                return 1
            }, against: nil
        ).perSecond
        return Row(
            name: program.name, gas: gas, nanosecondsPerRun: 1e9 / rate, missesCaches: program.missesCaches)
    }

    /// - Returns: the gas that is left of a run that came to its end.
    private func ended(_ program: ContractProgram, _ host: BenchHost) throws -> Int64 {
        let run = try engine.run(
            program, entry: .call, gas: ContractRows.gasMax, depth: ContractRows.depth, host: host)
        guard run.end == .returned else {
            throw EngineTrouble(what: "a program of the benchmark: \(run.end)", heals: false)
        }
        return run.gasLeft
    }
}

/// Reads and writes a dictionary: what is measured is the engine and not the state's tree.
private final class BenchHost: ContractHost {
    private var state: [[UInt8]: [UInt8]] = [:]
    private let engine: WasmtimeEngine
    private let callee: ContractProgram
    private let depth: Int32

    init(engine: WasmtimeEngine, callee: ContractProgram, depth: Int32) {
        (self.engine, self.callee, self.depth) = (engine, callee, depth)
    }

    func answer(
        _ function: HostFunction, _ arguments: HostArguments, memory: ContractMemory, gas: inout Int64
    ) -> HostAnswer {
        gas -= 100
        func bytes(_ index: Int) -> [UInt8]? {
            memory.read(
                at: UInt32(truncatingIfNeeded: arguments[index]),
                count: UInt32(truncatingIfNeeded: arguments[index + 1]))
        }
        switch function {
        case .get:
            guard let key = bytes(0) else { return .stop }
            guard let value = state[key] else { return .value(UInt64(bitPattern: -1)) }
            let room = min(value.count, Int(arguments[3]))
            let isWritten = memory.write(value, count: room, at: UInt32(truncatingIfNeeded: arguments[2]))
            return isWritten ? .value(UInt64(value.count)) : .stop
        case .put:
            guard let key = bytes(0), let value = bytes(2) else { return .stop }
            state[key] = value
            return .nothing
        case .call:
            let run = try? engine.run(callee, entry: .call, gas: gas, depth: depth, host: self)
            return run?.end == .returned ? .value(0) : .stop
        default: return function.result == nil ? .nothing : .value(0)
        }
    }
}
