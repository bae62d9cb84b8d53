// SPDX-License-Identifier: Apache-2.0
import Execution
import Foundation
import Synchronization
import Testing
import WasmtimeEngine

@Suite("Runs inside runs and beside each other", .needsLibrary)
struct EngineNestingTests {
    /// Asks for another run of the same program from inside a host call, until a level is reached.
    final class Nester: ContractHost {
        let engine: WasmtimeEngine
        let program: ContractProgram
        let level: Int
        var deepest: Int
        var trouble: EngineTrouble?

        init(_ engine: WasmtimeEngine, _ program: ContractProgram, level: Int) {
            (self.engine, self.program, self.level, deepest) = (engine, program, level, level)
        }

        func answer(
            _ function: HostFunction, _ arguments: HostArguments, memory: ContractMemory, gas: inout Int64
        ) -> HostAnswer {
            guard function == .call else { return ScriptedHost.plain(function) }
            let inner = Nester(engine, program, level: level + 1)
            do throws(EngineTrouble) {
                let run = try engine.run(program, entry: .call, gas: gas - 100, depth: 1_000, host: inner)
                gas -= 100
                deepest = inner.deepest
                trouble = inner.trouble
                return run.end == .returned ? .value(UInt64(level)) : .stop
            } catch {
                trouble = error
                return .value(UInt64(level))
            }
        }
    }

    /// Writes a mark, calls out, and sees that the mark is still its own.
    private static let caller = """
        (local $mark i32)
        (if (i32.load (i32.const 4)) (then unreachable))
        (i32.store (i32.const 4) (i32.const 77))
        (i32.store (i32.const 8) (i32.wrap_i64 (call $call
          (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
          (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))))
        (if (i32.ne (i32.load (i32.const 4)) (i32.const 77)) (then unreachable))
        """

    @Test("runs go inside each other to the limit, each with its own memory; one more is refused (ENG-6)")
    func nested() throws {
        let engine = try EngineFixture.shared()
        let program = try EngineFixture.calling(Self.caller)
        for _ in 0..<50 {
            let host = Nester(engine, program, level: 1)
            #expect(try engine.call(program, host: host).end == .returned)
            #expect(host.deepest == EngineSettings.nestingMax)
            #expect(host.trouble?.what.contains("inside each other") == true)
        }
    }

    @Test("a hundred threads each nest to the limit; none runs dry, waits for ever or sees another's memory (ENG-6)")
    func crowd() throws {
        let engine = try EngineFixture.shared()
        let program = try EngineFixture.calling(Self.caller)
        let good = Atomic<Int>(0)
        let done = DispatchSemaphore(value: 0)
        for _ in 0..<100 {
            Thread.detachNewThread {
                for _ in 0..<20 {
                    let host = Nester(engine, program, level: 1)
                    let run = try? engine.call(program, host: host)
                    if run?.end == .returned, host.deepest == EngineSettings.nestingMax {
                        good.add(1, ordering: .relaxed)
                    }
                }
                done.signal()
            }
        }
        for _ in 0..<100 { #expect(done.wait(timeout: .now() + 120) == .success) }
        #expect(good.load(ordering: .relaxed) == 2_000)
    }

    @Test("a thread with a small stack gets another one for its run, and nesting counts on (ENG-5, ENG-6)")
    func smallThread() throws {
        let engine = try EngineFixture.shared()
        let deep = try EngineFixture.calling(
            "(call $down)", beside: "(func $down (call $enter) (call $down) (call $leave))")
        let nesting = try EngineFixture.calling(Self.caller)
        let ends = Mutex<[ContractEnd?]>([])
        let done = DispatchSemaphore(value: 0)
        let thread = Thread {
            let host = Nester(engine, nesting, level: 1)
            let found = [
                try? engine.call(deep, depth: EngineSettings.depthMax).end, try? engine.call(nesting, host: host).end,
            ]
            let isRight = host.deepest == EngineSettings.nestingMax
            ends.withLock { $0 = isRight ? found : [] }
            done.signal()
        }
        thread.stackSize = 256 << 10
        thread.start()
        #expect(done.wait(timeout: .now() + 60) == .success)
        #expect(ends.withLock { $0 } == [.tooDeep, .returned])
    }
}
