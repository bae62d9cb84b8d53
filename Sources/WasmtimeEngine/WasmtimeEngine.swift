// SPDX-License-Identifier: Apache-2.0
internal import CWasmtime
internal import Dispatch
package import Execution
internal import Synchronization

/// Runs contracts with wasmtime, a fresh instance a run. The same on every machine: how a run ends is decided by the
/// program, which carries its own gas and depth, and by the host, never by time, memory or the machine's stack.
///
/// Any thread may use it. Runs that no other run asked for take turns where there are more of them than `rootsMax`; a
/// run inside a host call never waits.
/// - Spec: ENG-1 to ENG-12; CTR-20, CTR-21 say what is promised to Execution.
package final class WasmtimeEngine: ContractEngine {
    /// What the engine has done since it was made.
    package struct Figures: Hashable, Sendable {
        /// Programs that went through the compiler.
        package var compiled = 0
        /// Programs that were taken from the disk as machine code.
        package var loaded = 0
        /// Programs whose machine code the disk did not take.
        package var unkept = 0
    }

    /// The library's digest.
    package let library: WasmtimeLibrary
    private let core: EngineCore
    private let cache: CodeCache?
    private let programs: ProgramTable
    private let roots: DispatchSemaphore
    private let counts = Mutex(Figures())
    /// When the system's rules were last looked at.
    private let checked = Mutex(ContinuousClock.now)

    /// Loads the library and makes an engine.
    /// - Parameter path: the library's file.
    /// - Throws: what this machine lacks, as a sentence for its operator.
    /// - Cost: some 0.1 s; 261 GiB of addresses, no memory to speak of.
    package static func load(
        path: String, settings: EngineSettings = EngineSettings()
    ) throws(EngineTrouble) -> WasmtimeEngine {
        try WasmtimeEngine(WasmtimeLibrary.load(path: path), settings)
    }

    private init(_ library: WasmtimeLibrary, _ settings: EngineSettings) throws(EngineTrouble) {
        self.library = library
        let codeDigest = EngineSettings.codeDigest(library: library.digest, told: settings.told)
        if let folder = settings.cacheFolder {
            cache = try CodeCache(parent: folder, codeDigest: codeDigest)
        } else {
            cache = nil
        }
        core = try EngineCore(settings)
        programs = ProgramTable(countMax: settings.programsMax)
        roots = DispatchSemaphore(value: settings.rootsMax)
    }

    package var figures: Figures { counts.withLock { $0 } }

    package func prepare(_ program: ContractProgram) throws(EngineTrouble) { _ = try compiled(program) }

    package func run(
        _ program: ContractProgram, entry: ContractEntry, gas: Int64, depth: Int32, host: any ContractHost
    ) throws(EngineTrouble) -> ContractRun {
        guard (0...EngineSettings.depthMax).contains(depth) else {
            throw EngineTrouble(what: "a run of depth \(depth), of \(EngineSettings.depthMax) at most", heals: false)
        }
        let compiled = try compiled(program)
        let level = Int(jiuding_run_level())
        guard level < EngineSettings.nestingMax else {
            throw EngineTrouble(what: "more than \(EngineSettings.nestingMax) runs inside each other", heals: false)
        }
        if level == 0 { try checkSystem() }
        // A run inside another has its slot already: nobody waits while somebody waits for it (ENG-6).
        if level == 0 { roots.wait() }
        defer { if level == 0 { roots.signal() } }
        return try RoomyThread.run { () throws(EngineTrouble) in
            jiuding_set_run_level(Int32(level + 1))
            defer { jiuding_set_run_level(Int32(level)) }
            return try RunInProgress.execute(compiled, entry: entry, gas: gas, depth: depth, host: host)
        }
    }

    /// An operator may change them while the node runs: looked at once a second, a change is found before it matters.
    private func checkSystem() throws(EngineTrouble) {
        let now = ContinuousClock.now
        let isDue = checked.withLock { last in
            guard now - last >= .seconds(1) else { return false }
            last = now
            return true
        }
        guard isDue else { return }
        do throws(EngineTrouble) {
            try SystemRules.check()
        } catch {
            // The next run looks again, not in a second: no run may slip through meanwhile.
            checked.withLock { $0 = now - .seconds(1) }
            throw error
        }
    }

    private func compiled(_ program: ContractProgram) throws(EngineTrouble) -> CompiledProgram {
        try programs.program(program.digest) { maker throws(EngineTrouble) in
            if let code = cache?.code(for: program.digest), let loaded = CompiledProgram.load(code, core) {
                counts.withLock { $0.loaded += 1 }
                return loaded
            }
            let made = try RoomyThread.run { () throws(EngineTrouble) in
                maker.begin()
                defer { maker.end() }
                return try CompiledProgram.compile(program, core)
            }
            let isKept = cache?.keep(made.code, for: program.digest) ?? true
            counts.withLock {
                $0.compiled += 1
                if !isKept { $0.unkept += 1 }
            }
            return made.program
        }
    }

    /// Makes a module of its text, for measurements and tests.
    /// - Throws: what is wrong with the text.
    package func assemble(_ text: String) throws(EngineTrouble) -> [UInt8] {
        var module = unsafe wasm_byte_vec_t()
        let error = unsafe Foreign.with(text) { unsafe wasmtime_wat2wasm($0, $1, &module) }
        try unsafe Foreign.check(error, "the text of a module", heals: false)
        // SAFETY: the vector is ours to read and delete, once.
        defer { unsafe wasm_byte_vec_delete(&module) }
        return unsafe [UInt8](UnsafeBufferPointer(start: module.data, count: module.size))
    }
}
