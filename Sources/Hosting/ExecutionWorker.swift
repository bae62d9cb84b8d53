// SPDX-License-Identifier: Apache-2.0
package import Execution
package import Ledger
package import Logging
package import Replication
package import Storage

/// Executes one chain's final blocks on a thread of its own, so that voting goes on meanwhile.
package actor ExecutionWorker<Store: KeyValueStore> {
    private nonisolated let thread: WorkThread
    private var lane: ExecutionLane<Store>
    /// Nil on a machine that runs no contracts.
    private let compiler: ContractCompiler?
    private let log: Logger

    package init(_ lane: ExecutionLane<Store>, name: String, engine: (any ContractEngine)?, log: Logger) {
        thread = WorkThread(name: name)
        self.lane = lane
        compiler = engine.map { ContractCompiler($0, name: "compile-\(name)", log: log) }
        self.log = log
        // Unstructured because blocks go on meanwhile; `close` ends it after the contract it is at.
        Task { [weak self] in await self?.compileInUse() }
    }

    /// Has compiled what blocks may call. Which that is, is read between two blocks: elsewhere the state that is read
    /// would be pruned under a node that catches up.
    private func compileInUse() async {
        guard let compiler else { return }
        do throws(StoreError) {
            let codes = try lane.codesInUse()
            await compiler.compile(codes) { [weak self] in await self?.state().tree }
        } catch {
            log.warning("contracts could not be read to be compiled", metadata: ["reason": "\(error)"])
        }
    }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    /// - Throws: also where the block is to be executed by rules this program does not know.
    package func run(_ block: Block, ids: [TransactionID]) throws(HostFailure) -> ExecutedTip {
        let version: RuleVersion?
        do { version = try lane.unknownRules() } catch { throw HostFailure(error) }
        if let version {
            let height = block.header.height.value
            throw HostFailure(
                .newerRules,
                "from height \(height) on, or before, rules \(version.value) hold; this program knows those up to "
                    + "\(RuleVersion.newest.value)")
        }
        let tip: ExecutedTip
        do { tip = try lane.run(block, ids: ids) } catch { throw HostFailure(error) }
        let awaited = lane.takeAwaited()
        // Unstructured as above: this block is done, and the next need not wait.
        if let compiler, !awaited.isEmpty {
            Task { await compiler.compile(awaited) { await self.state().tree } }
        }
        return tip
    }

    /// The state as it stands now: a value that reads on at this version while it is kept.
    package func state() -> (tree: StateTree<Store>, tip: ExecutedTip) { (lane.tree.forReading, lane.tip) }

    package nonisolated func giveWay(_ givesWay: Bool) { thread.giveWay(givesWay) }

    package nonisolated func close() {
        thread.close()
        compiler?.close()
    }
}
