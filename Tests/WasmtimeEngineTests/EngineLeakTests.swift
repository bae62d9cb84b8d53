// SPDX-License-Identifier: Apache-2.0
import Execution
import Foundation
import Testing
import WasmtimeEngine

@Suite("What runs leave behind", .needsLibrary, .serialized)
struct EngineLeakTests {
    /// Resident bytes, mappings and descriptors of this process.
    private static func held() throws -> (bytes: Int, mappings: Int, descriptors: Int) {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        let kibibytes = line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0
        let mappings = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8).split(separator: "\n").count
        let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        return (kibibytes << 10, mappings, descriptors)
    }

    /// The least of what is more after the work than before it, of six times: other suites run beside this one and take
    /// memory of their own at times, a leak takes it every time.
    private static func leastGrowth(
        _ work: () throws -> Void
    ) throws -> (bytes: Int, mappings: Int, descriptors: Int) {
        var least = (bytes: Int.max, mappings: Int.max, descriptors: Int.max)
        for _ in 0..<6 {
            let before = try held()
            try work()
            let after = try held()
            least.bytes = min(least.bytes, after.bytes - before.bytes)
            least.mappings = min(least.mappings, after.mappings - before.mappings)
            least.descriptors = min(least.descriptors, after.descriptors - before.descriptors)
            if least.bytes < 1 << 20, least.mappings < 20, least.descriptors < 5 { break }
        }
        return least
    }

    @Test("ten thousand runs of every ending leave no memory, mapping or descriptor behind (ENG-6)")
    func runs() throws {
        let engine = try EngineFixture.shared()
        let programs = [
            try EngineFixture.calling("(drop (call $get (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0)))"),
            try EngineFixture.calling(
                "(drop (memory.grow (i32.const 200))) (i32.store (i32.const 9000000) (i32.const 1))"),
            try EngineFixture.calling("(drop (i32.load (i32.const -1)))"),
            try EngineFixture.calling("(loop (call $charge (i64.const 100)) (br 0))"),
            try EngineFixture.calling("(call $down)", beside: "(func $down (call $enter) (call $down) (call $leave))"),
            try EngineFixture.calling("(call $fail (i32.const 1) (i32.const 0) (i32.const 0))"),
            try EngineFixture.calling("", beside: "(data (i32.const -1) \"ab\")"),
        ]
        func work(_ count: Int) throws {
            for index in 0..<count {
                let host = ScriptedHost { function, _, _, _ in function == .fail ? .stop : ScriptedHost.plain(function)
                }
                _ = try engine.call(programs[index % programs.count], gas: 10_000, depth: 100, host: host)
            }
        }
        try work(1_000)
        // A leak of one page a run would be 40 MB.
        let grown = try Self.leastGrowth { try work(10_000) }
        #expect(grown.bytes < 24 << 20)
        #expect(grown.mappings < 2_000)
        #expect(grown.descriptors < 50)
    }

    @Test("programs that are forgotten give back their machine code (ENG-10)")
    func programs() throws {
        var settings = EngineSettings()
        (settings.rootsMax, settings.programsMax) = (1, 4)
        let engine = try WasmtimeEngine.load(path: try #require(EngineFixture.path), settings: settings)
        func work(_ numbers: Range<Int>) throws {
            for number in numbers {
                let program = try EngineFixture.calling("(call $charge (i64.const \(number)))")
                #expect(try engine.call(program, gas: 10_000).gasLeft == Int64(10_000 - number))
            }
        }
        try work(0..<50)
        var next = 50
        let grown = try Self.leastGrowth {
            try work(next..<next + 300)
            next += 300
        }
        #expect(grown.mappings < 150)
        #expect(grown.bytes < 24 << 20)
    }
}
