// SPDX-License-Identifier: Apache-2.0
import Execution
import Testing
import Wasm
import WasmtimeEngine

@Suite("Where a run stood when it ended", .needsLibrary)
struct EngineFrameTests {
    private static let text = """
        (module
          (import "jd" "fail" (func $fail (param i32 i32 i32)))
          (import "jd" "number" (func $number (param i32) (result i64)))
          (memory (export "memory") 1 1)
          (func $inner (param i32) (drop (i32.load (i32.mul (local.get 0) (i32.const 65536)))))
          (func $refuse (call $fail (i32.const 7) (i32.const 0) (i32.const 0)))
          (func (export "jd_init") (call $refuse))
          (func (export "jd_call") (call $inner (i32.const 3))))
        """

    private static let engine: WasmtimeEngine? = {
        guard let path = EngineFixture.path else { return nil }
        var settings = EngineSettings()
        settings.keepsFrames = true
        return try? WasmtimeEngine.load(path: path, settings: settings)
    }()

    /// Opcodes of the module's instructions that were under way, innermost first.
    private func opcodes(_ entry: ContractEntry, gas: Int64 = 1 << 40) throws -> (ContractRun, [UInt8]) {
        let engine = try #require(Self.engine)
        let module = try WasmModule(decoding: engine.assemble(Self.text))
        let program = EngineFixture.program(of: module.instrumented())
        let host = ScriptedHost { function, _, _, _ in function == .fail ? .stop : .value(0) }
        let run = try engine.run(program, entry: entry, gas: gas, depth: 1_000, host: host)
        let map = module.offsetMap()
        return (run, run.frames.map { map.place(at: $0).map { module.bytes[$0.original] } ?? 0xff })
    }

    @Test("a trap is told by the instruction that trapped and the calls around it (ENG-13, WASM-17)")
    func trap() throws {
        let (run, found) = try opcodes(.call)
        #expect(run.end == .trapped(.memory))
        #expect(found == [0x28, 0x10])
    }

    @Test("a run that the host stopped is told by the call of the import (ENG-13)")
    func stop() throws {
        let (run, found) = try opcodes(.initialise)
        #expect(run.end == .stopped)
        #expect(found == [0x10, 0x10])
    }

    @Test("a run out of gas is told by the stretch it could not pay for, whatever that gas was (ENG-13, WASM-11)")
    func gas() throws {
        let (all, _) = try opcodes(.call)
        let used = 1 << 40 - all.gasLeft
        let (run, found) = try opcodes(.call, gas: used - 1)
        #expect(run.end == .outOfGas)
        // The innermost function's only stretch begins with its parameter.
        #expect(found == [0x20, 0x10])
    }

    @Test("an engine that was not asked says nothing, and all else is the same (ENG-13)")
    func silent() throws {
        let module = try WasmModule(decoding: EngineFixture.shared().assemble(Self.text))
        let program = EngineFixture.program(of: module.instrumented())
        let run = try EngineFixture.shared().call(program, gas: 1 << 40)
        #expect(run.frames.isEmpty)
        let (other, _) = try opcodes(.call)
        #expect(other.gasLeft == run.gasLeft && other.end == run.end)
    }
}
