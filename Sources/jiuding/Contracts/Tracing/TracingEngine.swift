// SPDX-License-Identifier: Apache-2.0
import Execution
import Synchronization
import WasmtimeEngine

/// An engine that writes down what runs, and can stop a run earlier than its gas would: so that a past run is looked at
/// wherever it was.
final class TracingEngine: ContractEngine {
    /// A run that gets less gas than it is given.
    struct Allowance: Sendable {
        let run: Int
        let gas: Int64
    }

    private struct State {
        /// Nothing is written down before somebody asks for it: a long replay runs many contracts.
        var isListening = false
        var runs: [TracedRun] = []
        /// Numbers of the runs under way, innermost last.
        var open: [Int] = []
        /// Contract and method of the next run.
        var next = ("", "")
        var allowance: Allowance?
    }

    private let engine: WasmtimeEngine
    private let state = Mutex(State())

    /// - Parameter engine: one that keeps frames.
    init(_ engine: WasmtimeEngine) { self.engine = engine }

    /// Forgets what was written down; the next run is of this contract and method.
    func begin(_ contract: String, _ method: String, allowing allowance: Allowance? = nil) {
        state.withLock { state in
            state = State(isListening: true)
            state.next = (contract, method)
            state.allowance = allowance
        }
    }

    /// In the order they began.
    var runs: [TracedRun] { state.withLock { $0.runs } }

    func prepare(_ program: ContractProgram) throws(EngineTrouble) { try engine.prepare(program) }

    func run(
        _ program: ContractProgram, entry: ContractEntry, gas: Int64, depth: Int32, host: any ContractHost
    ) throws(EngineTrouble) -> ContractRun {
        guard state.withLock({ $0.isListening }) else {
            return try engine.run(program, entry: entry, gas: gas, depth: depth, host: host)
        }
        let (number, allowed) = state.withLock { state -> (Int, Int64) in
            let number = state.runs.count
            let allowed = state.allowance.flatMap { $0.run == number ? min(gas, $0.gas) : nil } ?? gas
            let method = entry == .call ? state.next.1 : entry.rawValue
            state.runs.append(
                TracedRun(
                    contract: state.next.0, method: method, program: program.digest, depth: state.open.count,
                    gasGiven: allowed))
            state.open.append(number)
            return (number, allowed)
        }
        defer { state.withLock { _ = $0.open.popLast() } }
        let end = try engine.run(
            program, entry: entry, gas: allowed, depth: depth, host: Listener(host, self, run: number))
        state.withLock { $0.runs[number].end = end }
        return end
    }

    /// Stands between a run and the chain.
    private final class Listener: ContractHost {
        private let host: any ContractHost
        private let engine: TracingEngine
        private let run: Int

        init(_ host: any ContractHost, _ engine: TracingEngine, run: Int) {
            (self.host, self.engine, self.run) = (host, engine, run)
        }

        func answer(
            _ function: HostFunction, _ arguments: HostArguments, memory: ContractMemory, gas: inout Int64
        ) -> HostAnswer {
            func bytes(_ place: Int) -> [UInt8] {
                memory.read(
                    at: UInt32(truncatingIfNeeded: arguments[place]),
                    count: UInt32(truncatingIfNeeded: arguments[place + 1])) ?? []
            }
            let before = gas
            let subject: [UInt8] =
                switch function {
                case .get, .put, .remove, .emit, .holds, .call: bytes(0)
                case .fail: bytes(1)
                default: []
                }
            let value: [UInt8]? = function == .put || function == .emit ? bytes(2) : nil
            let inner = engine.state.withLock { state -> Int in
                if function == .call {
                    state.next = (
                        String(decoding: subject, as: UTF8.self), String(decoding: bytes(2), as: UTF8.self)
                    )
                }
                return state.runs.count
            }
            let answer = host.answer(function, arguments, memory: memory, gas: &gas)
            let used = UInt64(max(0, before - max(0, gas)) / ContractPrices.fine)
            engine.state.withLock { state in
                state.runs[run].steps.append(
                    TracedRun.Step(
                        function: function, subject: subject, value: value, answer: answer, gasBefore: before,
                        gas: used,
                        inner: function == .call && state.runs.count > inner ? inner : nil))
            }
            return answer
        }
    }
}
