// SPDX-License-Identifier: Apache-2.0
import Execution
import Logging
import ShangMi
import Storage
import Synchronization

/// Compiles contracts on a thread of its own, so that no block waits for the compiler: all that can be called when a
/// node starts, then what a proposal wants to run. Not what is merely published: anybody may publish, and compiling
/// costs far more than a transaction pays. It gives way to the chain's threads; an engine lets it hurry where a block
/// needs what is being compiled.
///
/// What fails here is met again by the block that runs the contract, and judged there.
/// - Spec: CTR-4.
actor ContractCompiler {
    /// How often a program is read again that was pruned away under its reader.
    private static let attempts = 4

    private nonisolated let thread: WorkThread
    private nonisolated let isClosed = Atomic(false)
    private let engine: any ContractEngine
    private let log: Logger

    init(_ engine: any ContractEngine, name: String, log: Logger) {
        thread = WorkThread(name: name)
        thread.giveWay(true)
        self.engine = engine
        self.log = log
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    /// One after the other: all of them together may be more than memory holds.
    /// - Parameter tree: the newest state, asked for anew for each, since an old one is soon pruned; nil ends it.
    func compile<Store: KeyValueStore>(_ codes: [Digest], in tree: @Sendable () async -> StateTree<Store>?) async {
        for code in codes where !isClosed.load(ordering: .relaxed) {
            do {
                if let program = try await program(code, tree) { try engine.prepare(program) }
            } catch let trouble as EngineTrouble {
                log.warning("a contract could not be compiled", metadata: ["reason": "\(trouble.what)"])
            } catch {
                log.warning("a contract could not be read to be compiled", metadata: ["reason": "\(error)"])
            }
        }
    }

    private func program<Store: KeyValueStore>(
        _ code: Digest, _ tree: @Sendable () async -> StateTree<Store>?
    ) async throws(ExecutionTrouble) -> ContractProgram? {
        for attempt in 1...ContractCompiler.attempts {
            guard let tree = await tree() else { return nil }
            var reader = ContractReader(tree)
            do throws(ExecutionTrouble) {
                return try reader.program(code)
            } catch {
                guard case .store(.pruned) = error, attempt < ContractCompiler.attempts else { throw error }
            }
        }
        return nil
    }

    /// Ends it after the program it is at.
    nonisolated func close() {
        isClosed.store(true, ordering: .relaxed)
        thread.close()
    }
}
