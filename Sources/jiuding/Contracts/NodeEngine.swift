// SPDX-License-Identifier: Apache-2.0
import Execution
import Foundation
import Hosting
import Synchronization
import WasmtimeEngine

/// The contract engine of a process, loaded when the first contract wants it: a node of chains without contracts spends
/// neither the time nor the memory, and needs no library.
final class NodeEngine: ContractEngine {
    private let folder: String?
    private let loaded = Mutex<WasmtimeEngine?>(nil)

    /// - Parameter folder: where compiled programs are kept; nil keeps them in memory alone.
    init(cacheIn folder: String?) { self.folder = folder }

    /// The environment's name for the library's file, where it is neither beside the program nor in the build's folder.
    static let variable = "JIUDING_WASMTIME"

    /// The library's file; nil where there is none on this machine.
    static var library: String? { places.first { FileManager.default.fileExists(atPath: $0) } }

    /// Where it is looked for, best first.
    static var places: [String] {
        let program =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return WasmtimeLibrary.places(
            program: program, named: ProcessInfo.processInfo.environment[NodeEngine.variable])
    }

    func prepare(_ program: ContractProgram) throws(EngineTrouble) { try engine().prepare(program) }

    func run(
        _ program: ContractProgram, entry: ContractEntry, gas: Int64, depth: Int32, host: any ContractHost
    ) throws(EngineTrouble) -> ContractRun {
        try engine().run(program, entry: entry, gas: gas, depth: depth, host: host)
    }

    /// Loads it once; what keeps it from loading is told each time, as an operator may have mended it.
    func engine() throws(EngineTrouble) -> WasmtimeEngine {
        try loaded.withLock { (loaded) throws(EngineTrouble) in
            if let loaded { return loaded }
            guard let path = NodeEngine.library else {
                throw EngineTrouble(
                    what: "the contract engine's library is at none of \(NodeEngine.places.joined(separator: ", "))",
                    heals: false)
            }
            let engine = try WasmtimeEngine.load(path: path, settings: EngineSettings(cacheFolder: folder))
            loaded = engine
            return engine
        }
    }
}

extension Failure {
    /// What keeps the engine from doing its work, and what mends that.
    init(_ trouble: EngineTrouble) {
        if trouble.needsOtherProgram {
            self.init(HostFailure(ExecutionTrouble.engine(trouble)))
            return
        }
        self.init(
            .no, "JD-1516", trouble.what,
            fix: phrase("fetch the library with scripts/wasmtime", zh: "请用 scripts/wasmtime 获取引擎库"))
    }
}
