// SPDX-License-Identifier: Apache-2.0
import Execution
import Hosting
import Ledger
import RocksStorage
import Storage
import Synchronization

/// Runs contracts for those who only ask, one after the other on a thread of its own, which gives way to the chain's.
///
/// Beyond `waitingMax` nobody is let in: a question may use a second of a core, and callers are many.
/// - Spec: API-65.
actor QuestionDesk {
    static let waitingMax = 16

    private nonisolated let thread: WorkThread
    private nonisolated let waiting = Mutex(0)
    private var shelf = ContractShelf()

    init(name: String) {
        thread = WorkThread(name: name)
        thread.giveWay(true)
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    /// A place in the row, to be given back.
    nonisolated func enter() -> Bool {
        waiting.withLock { waiting in
            guard waiting < QuestionDesk.waitingMax else { return false }
            waiting += 1
            return true
        }
    }

    nonisolated func leave() { waiting.withLock { $0 -= 1 } }

    /// - Parameter header: of the block the contract is told it stands in.
    func ask(
        _ contract: Ledger.Label, _ method: Ledger.Label, _ argument: [UInt8], by account: AccountID?, gas: UInt64,
        on tree: StateTree<RocksStore>, header: Header, machine: ContractMachine
    ) throws(ExecutionTrouble) -> Outcome {
        var probe = ContractProbe(tree, header: header, machine: machine, shelf: shelf)
        defer { shelf = probe.shelf }
        return try probe.query(contract, method, argument, by: account, purse: gas)
    }
}
