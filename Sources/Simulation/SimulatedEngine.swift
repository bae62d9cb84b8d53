// SPDX-License-Identifier: Apache-2.0
import Execution
import Synchronization

/// A machine's engine for contracts: functions on paper, and now and then no answer (CTR-21).
final class SimulatedEngine: ContractEngine {
    private let paper = PaperEngine(Contracts.functions)
    /// Runs that fail before the next one that does not.
    private let failures = Mutex(0)

    func fail(next count: Int) { failures.withLock { $0 = count } }

    func prepare(_ program: ContractProgram) throws(EngineTrouble) { try paper.prepare(program) }

    func run(
        _ program: ContractProgram, entry: ContractEntry, gas: Int64, depth: Int32, host: any ContractHost
    ) throws(EngineTrouble) -> ContractRun {
        let run = try paper.run(program, entry: entry, gas: gas, depth: depth, host: host)
        // After the run: whatever it wrote must not be found afterwards.
        let fails = failures.withLock { left in
            guard left > 0 else { return false }
            left -= 1
            return true
        }
        if fails { throw EngineTrouble(what: "no thread to run a contract on", heals: true) }
        return run
    }
}
