// SPDX-License-Identifier: Apache-2.0
import Execution
import Gateway
import Hosting
import Ledger
import RocksStorage
import Storage

/// Runs contracts for those who only ask, one after the other on a thread of its own, which gives way to the chain's.
/// Who may wait for it is `QuestionRow`'s.
/// - Spec: API-65.
actor QuestionDesk {
    private nonisolated let thread: WorkThread
    nonisolated let row = QuestionRow()
    private var shelf = ContractShelf()

    init(name: String) { thread = WorkThread(name: name) }

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    /// Answers on a state that is the newest when the question's turn comes, not when it was asked: an older one may be
    /// pruned by then. One that is pruned even while it is looked at is answered once more on the next.
    func ask(_ question: ContractQuestion, of chain: HostedChain) async throws(AccessError) -> ContractReply {
        let reader = try await chain.newest()
        do throws(ExecutionTrouble) {
            return try answer(question, of: chain, reader)
        } catch {
            guard case .store(.pruned) = error else { throw AccessError(error) }
        }
        let later = try await chain.newest()
        do throws(ExecutionTrouble) { return try answer(question, of: chain, later) } catch { throw AccessError(error) }
    }

    private func answer(
        _ question: ContractQuestion, of chain: HostedChain, _ reader: ChainReader<RocksStore>
    ) throws(ExecutionTrouble) -> ContractReply {
        let header: Header
        do { header = try chain.headerAfter(reader) } catch { throw .store(error) }
        let machine = ContractMachine(chain: chain.name, engine: chain.host.settings.engine)
        var probe = ContractProbe(reader.tree, header: header, machine: machine, shelf: shelf)
        defer { shelf = probe.shelf }
        // Before it gives way: whoever waits for the same program to be compiled, a block say, would wait with it.
        try probe.prepare(question.contract)
        thread.giveWay(true)
        defer { thread.giveWay(false) }
        let outcome = try probe.query(
            question.contract, question.method, question.argument, by: question.account, purse: question.gas)
        return ContractReply(height: reader.executed.height, outcome: outcome)
    }
}

extension AccessError {
    fileprivate init(_ trouble: ExecutionTrouble) {
        switch trouble {
        case .store(let flaw): self.init(flaw)
        case .engine(let trouble): self.init(.chainHalted, detail: "no contract runs here: \(trouble.what)")
        }
    }
}
