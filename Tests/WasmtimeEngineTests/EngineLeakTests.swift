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
        let before = try Self.held()
        try work(10_000)
        let after = try Self.held()
        // Other suites run beside this one; a leak of one page a run would be 40 MB.
        #expect(after.bytes - before.bytes < 24 << 20)
        #expect(after.mappings - before.mappings < 2_000)
        #expect(after.descriptors - before.descriptors < 50)
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
        let before = try Self.held()
        try work(50..<350)
        let after = try Self.held()
        #expect(after.mappings - before.mappings < 150)
        #expect(after.bytes - before.bytes < 24 << 20)
    }
}
