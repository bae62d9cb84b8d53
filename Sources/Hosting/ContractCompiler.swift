// SPDX-License-Identifier: Apache-2.0
import Execution
import Logging
import Replication
import Storage

/// Compiles contracts on a thread of its own, so that no block waits for the compiler: all that can be called when a
/// node starts, then each module when it is published. It gives way to the chain's threads; an engine lets it hurry
/// where a block needs what is being compiled.
///
/// What fails here is met again by the block that runs the contract, and judged there.
/// - Spec: CTR-4.
actor ContractCompiler {
    private nonisolated let thread: WorkThread
    private let engine: any ContractEngine
    private let log: Logger
    private var isClosed = false

    init(_ engine: any ContractEngine, name: String, log: Logger) {
        thread = WorkThread(name: name)
        thread.giveWay(true)
        self.engine = engine
        self.log = log
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe thread.asUnownedSerialExecutor() }

    func compile(_ programs: [ContractProgram]) {
        for program in programs where !isClosed {
            do throws(EngineTrouble) {
                try engine.prepare(program)
            } catch {
                log.warning("a contract could not be compiled", metadata: ["reason": "\(error.what)"])
            }
        }
    }

    /// One after the other: all of them together may be more than memory holds.
    func compileAll<Store: KeyValueStore>(in lane: ExecutionLane<Store>) {
        do throws(StoreError) {
            for code in try lane.codesInUse() where !isClosed {
                if let program = try lane.program(code) { compile([program]) }
            }
        } catch {
            log.warning("contracts could not be read to be compiled", metadata: ["reason": "\(error)"])
        }
    }

    func close() {
        isClosed = true
        thread.close()
    }
}
