// SPDX-License-Identifier: Apache-2.0
import Bedrock
import Execution
import Ledger
import ShangMi
import Storage
import Testbed

/// A past transaction, executed again on the state it met.
struct ReplayedTransaction {
    struct Change {
        let key: [UInt8]
        let before: [UInt8]?
        let after: [UInt8]?
    }

    /// The code of a run: what it was uploaded as.
    struct Code {
        let digest: Digest
        let module: [UInt8]
    }

    let block: Block
    let index: Int
    /// What the chain's receipt says.
    let recorded: Outcome
    /// What it came to here.
    let outcome: Outcome
    let runs: [TracedRun]
    /// Keys of the whole state that hold something else after it, ascending.
    let changes: [Change]
    /// By the digest of what engines run.
    let codes: [Digest: Code]
    private let engine: TracingEngine
    private var probe: ContractProbe<TestbedStore>

    var body: Transaction { block.payload.transactions[index].body }

    /// - Parameter progress: told the height reached and the last one.
    init(
        _ place: EvidenceNumber, of past: inout PastChain, engine: TracingEngine, progress: (UInt64, UInt64) -> Void
    ) throws {
        block = try past.block(at: place.height)
        index = Int(place.index)
        guard index < block.payload.transactions.count,
            let record = try? past.blocks.heightRecord(at: place.height), index < record.outcomes.count
        else { throw Failure(.no, "JD-1502", "no outcome of \(place)", fix: "jiuding chain verify") }
        recorded = record.outcomes[index]
        try past.stand(before: place.height, progress: progress)
        let before = try past.outcome(of: block, first: index)
        let after = try past.outcome(of: block, first: index + 1)
        changes = try ReplayedTransaction.changes(from: before, to: after, on: past.tree)
        try past.stand(after: before)
        self.engine = engine
        let machine = ContractMachine(chain: past.spec.name, engine: engine)
        probe = ContractProbe(past.tree, header: block.header, machine: machine)
        let body = block.payload.transactions[index].body
        (outcome, runs) = try ReplayedTransaction.run(body, index, &probe, engine, nil)
        var codes: [Digest: Code] = [:]
        var reader = ContractReader(past.tree)
        for run in runs where codes[run.program] == nil {
            guard let name = Label(run.contract), let record = try? reader.contract(name),
                let module = try? reader.module(record.code)
            else { continue }
            codes[run.program] = Code(digest: record.code, module: module)
        }
        self.codes = codes
    }

    private static func run(
        _ body: Transaction, _ index: Int, _ probe: inout ContractProbe<TestbedStore>, _ engine: TracingEngine,
        _ allowance: TracingEngine.Allowance?
    ) throws -> (Outcome, [TracedRun]) {
        engine.begin(body.contract.text, body.method.text, allowing: allowance)
        do throws(ExecutionTrouble) {
            let outcome = try probe.call(body, index: index)
            return (outcome, engine.runs)
        } catch { throw PastChain.failure(error) }
    }

    /// The same once more, one run with less gas.
    mutating func again(_ allowance: TracingEngine.Allowance) throws -> TracedRun? {
        let (_, runs) = try ReplayedTransaction.run(body, index, &probe, engine, allowance)
        return runs.indices.contains(allowance.run) ? runs[allowance.run] : nil
    }

    private static func changes(
        from before: BlockOutcome, to after: BlockOutcome, on tree: StateTree<TestbedStore>
    ) throws -> [Change] {
        let earlier = Dictionary(before.writes.map { ($0.key, $0.value) }) { first, _ in first }
        let later = Dictionary(after.writes.map { ($0.key, $0.value) }) { first, _ in first }
        var changes: [Change] = []
        for key in Set(earlier.keys).union(later.keys).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let old: [UInt8]?
            if let written = earlier[key] { old = written } else { old = try tree.value(for: key) }
            let new: [UInt8]?
            if let written = later[key] { new = written } else { new = try tree.value(for: key) }
            if old != new { changes.append(Change(key: key, before: old, after: new)) }
        }
        return changes
    }
}
