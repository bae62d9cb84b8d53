// SPDX-License-Identifier: Apache-2.0
import Execution
import Testing
import WasmtimeEngine

@Suite("A run of a contract", .needsLibrary)
struct EngineRunTests {
    @Test("a run asks the host with its arguments and memory, and goes on with the answer (ENG-8)")
    func asks() throws {
        let program = try EngineFixture.calling(
            """
            (drop (call $get (i32.const 16) (i32.const 3) (i32.const 64) (i32.const -1)))
            (call $put (i32.const 64) (i32.const 2) (i32.const 0) (i32.const 0))
            (i64.store (i32.const 0) (call $number (i32.const 2)))
            (call $answer (i32.const 0) (i32.const 8))
            """, beside: "(data (i32.const 16) \"key\")")
        var key: [UInt8]?
        var written: [UInt8]?
        var answer: [UInt8]?
        var room: UInt64 = 0
        let host = ScriptedHost { function, arguments, memory, _ in
            switch function {
            case .get:
                key = memory.read(at: UInt32(arguments[0]), count: UInt32(arguments[1]))
                room = arguments[3]
                #expect(memory.write([7, 9], at: UInt32(arguments[2])))
                return .value(2)
            case .put:
                written = memory.read(at: UInt32(arguments[0]), count: UInt32(arguments[1]))
                return .nothing
            case .number: return .value(0x0102_0304_0506_0708)
            default:
                answer = memory.read(at: UInt32(arguments[0]), count: UInt32(arguments[1]))
                return .nothing
            }
        }
        let run = try EngineFixture.shared().call(program, host: host)
        #expect(run == ContractRun(end: .returned, gasLeft: 1_000_000))
        #expect(host.asked == [.get, .put, .number, .answer])
        #expect(key == Array("key".utf8) && written == [7, 9] && room == 0xffff_ffff)
        #expect(answer == [8, 7, 6, 5, 4, 3, 2, 1])
    }

    @Test("every import takes what it is declared with and gives what it is declared with (ENG-3)")
    func imports() throws {
        for function in HostFunction.allCases {
            let given = function.parameters.indices.map { "(i32.const \(-1 - $0))" }.joined(separator: " ")
            let call = "(call $\(function.name) \(given))"
            let stored =
                switch function.result {
                case .i64: "(i64.store (i32.const 8) \(call))"
                case .i32: "(i32.store (i32.const 8) \(call))"
                case nil: call
                }
            let program = try EngineFixture.calling(
                "\(stored) (call $trace (i32.const 8))")
            var seen: [UInt64] = []
            var result: [UInt8]?
            let host = ScriptedHost { asked, arguments, memory, _ in
                guard asked == function, seen.isEmpty else {
                    result = memory.read(at: 8, count: 8)
                    return .nothing
                }
                seen = function.parameters.indices.map { arguments[$0] }
                return function.result == nil ? .nothing : .value(0xffff_fffe_8000_0001)
            }
            #expect(try EngineFixture.shared().call(program, host: host).end == .returned)
            #expect(seen == function.parameters.indices.map { UInt64(UInt32(bitPattern: Int32(-1 - $0))) })
            let expected: [UInt8] =
                switch function.result {
                case .i64: [1, 0, 0, 0x80, 0xfe, 0xff, 0xff, 0xff]
                case .i32: [1, 0, 0, 0x80, 0, 0, 0, 0]
                case nil: [0, 0, 0, 0, 0, 0, 0, 0]
                }
            #expect(result == expected, "\(function)")
        }
    }

    @Test("gas goes to the host and back, and what the program charges counts too (ENG-8)")
    func gas() throws {
        let program = try EngineFixture.calling(
            "(call $charge (i64.const 10)) (call $trace (i32.const 0)) (call $charge (i64.const 100))")
        var before: Int64 = 0
        let host = ScriptedHost { _, _, _, gas in
            before = gas
            gas -= 1_000
            return .nothing
        }
        let run = try EngineFixture.shared().call(program, gas: 5_000, host: host)
        #expect(before == 4_990)
        #expect(run == ContractRun(end: .returned, gasLeft: 3_890))
    }

    @Test("a run out of gas ends as such, whoever charged last (ENG-7)")
    func outOfGas() throws {
        let engine = try EngineFixture.shared()
        let endless = try EngineFixture.calling("(loop (call $charge (i64.const 3)) (br 0))")
        #expect(try engine.call(endless, gas: 10_000) == ContractRun(end: .outOfGas, gasLeft: -2))
        let asking = try EngineFixture.calling("(call $trace (i32.const 0)) unreachable")
        let greedy = ScriptedHost { _, _, _, gas in
            gas = -7
            return .nothing
        }
        #expect(try engine.call(asking, host: greedy) == ContractRun(end: .outOfGas, gasLeft: -7))
    }

    @Test("a run that goes too deep ends as such, before the native stack does (ENG-5, ENG-7)")
    func tooDeep() throws {
        let program = try EngineFixture.calling(
            "(call $down)", beside: "(func $down (call $enter) (call $down) (call $leave))")
        let run = try EngineFixture.shared().call(program, depth: EngineSettings.depthMax)
        #expect(run.end == .tooDeep)
    }

    @Test("the host ends a run at once (ENG-7)")
    func stopped() throws {
        let program = try EngineFixture.calling(
            "(call $fail (i32.const 3) (i32.const 0) (i32.const 0)) (call $trace (i32.const 0))")
        let host = ScriptedHost { function, _, _, gas in
            gas -= 5
            return function == .fail ? .stop : .nothing
        }
        let run = try EngineFixture.shared().call(program, gas: 50, host: host)
        #expect(run == ContractRun(end: .stopped, gasLeft: 45))
        #expect(host.asked == [.fail])
    }

    private static let traps: [(String, TrapKind)] = [
        ("unreachable", .unreachable),
        ("(drop (i32.load (i32.const 65533)))", .memory),
        ("(drop (i32.load offset=4294967295 (i32.const -1)))", .memory),
        ("(i64.store (i32.const -1) (i64.const 1))", .memory),
        ("(memory.fill (i32.const 65530) (i32.const 0) (i32.const 7))", .memory),
        ("(memory.copy (i32.const 0) (i32.const 65535) (i32.const 2))", .memory),
        ("(memory.init $d (i32.const 0) (i32.const 2) (i32.const 3))", .memory),
        ("(drop (i32.div_s (i32.const 1) (i32.load (i32.const 0))))", .division),
        ("(drop (i64.rem_u (i64.const 1) (i64.load (i32.const 0))))", .division),
        ("(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))", .overflow),
        ("(drop (i64.div_s (i64.const 0x8000000000000000) (i64.const -1)))", .overflow),
        ("(call_indirect (type $void) (i32.const 9))", .table),
        ("(call_indirect (type $void) (i32.const -1))", .table),
        ("(call_indirect (type $void) (i32.const 0))", .indirect),
        ("(call_indirect (type $void) (i32.const 1))", .indirect),
    ]

    @Test("what WebAssembly forbids ends a run with its kind (ENG-7)", arguments: traps)
    func trap(_ body: String, _ kind: TrapKind) throws {
        let beside = """
            (type $void (func)) (table 4 4 funcref) (elem (i32.const 1) $charge) (data $d "abc")
            """
        let program = try EngineFixture.calling("(call $charge (i64.const 1)) \(body)", memory: "1 1", beside: beside)
        let run = try EngineFixture.shared().call(program, gas: 100)
        #expect(run == ContractRun(end: .trapped(kind), gasLeft: 99))
    }

    @Test("a segment that does not fit is a trap of the run, with its gas as it was (ENG-7)")
    func segments() throws {
        let engine = try EngineFixture.shared()
        let data = try EngineFixture.calling("", memory: "1 1", beside: "(data (i32.const 65535) \"ab\")")
        #expect(try engine.call(data, gas: 9) == ContractRun(end: .trapped(.memory), gasLeft: 9))
        let table = try EngineFixture.calling("", beside: "(table 1 1 funcref) (elem (i32.const 1) $charge)")
        #expect(try engine.call(table, gas: 9) == ContractRun(end: .trapped(.table), gasLeft: 9))
    }

    @Test("a host that is told of places outside memory gives and takes nothing (ENG-8)")
    func wildPointers() throws {
        let program = try EngineFixture.calling("(call $trace (i32.const 0))", memory: "1 1")
        var isAsked = false
        let host = ScriptedHost { _, _, memory, _ in
            isAsked = true
            #expect(memory.count == 65_536)
            let edges: [(UInt32, UInt32)] = [
                (0, 65_537), (65_536, 1), (65_535, 2), (.max, 1), (.max, .max), (1, .max), (0, .max),
                (0x8000_0000, 0x8000_0000),
            ]
            for (start, count) in edges {
                #expect(memory.read(at: start, count: count) == nil)
                #expect(!memory.holds(at: start, count: count))
            }
            for start in [65_535, 65_536, 0x8000_0000, UInt32.max] { #expect(!memory.write([1, 2], at: start)) }
            #expect(memory.read(at: 65_536, count: 0) == [])
            #expect(memory.write([5], at: 65_535) && memory.read(at: 65_535, count: 1) == [5])
            return .nothing
        }
        #expect(try EngineFixture.shared().call(program, host: host).end == .returned)
        #expect(isAsked)
    }

    @Test("a run begins with fresh memory, table and globals, whatever ran before (ENG-6)")
    func fresh() throws {
        let program = try EngineFixture.calling(
            """
            (if (i32.load (i32.const 8)) (then unreachable))
            (if (i32.load (i32.const 900000)) (then unreachable))
            (if (global.get $mine) (then unreachable))
            (if (i32.ne (memory.size) (i32.const 20)) (then unreachable))
            (if (i32.ne (i32.load8_u (i32.const 100)) (i32.const 65)) (then unreachable))
            (if (i32.ne (memory.grow (i32.const 100)) (i32.const 20)) (then unreachable))
            (memory.fill (i32.const 0) (i32.const 255) (i32.const 7864320))
            (global.set $mine (i32.const 1))
            (data.drop $d)
            """, memory: "20 256",
            beside: "(global $mine (mut i32) (i32.const 0)) (data $d (i32.const 100) \"A\")")
        let engine = try EngineFixture.shared()
        for _ in 0..<200 { #expect(try engine.call(program).end == .returned) }
    }

    @Test("a memory grows to its maximum and not a page further, and says so the same way each time (ENG-4)")
    func growth() throws {
        let program = try EngineFixture.calling(
            """
            (if (i32.ne (memory.grow (i32.const 255)) (i32.const 1)) (then unreachable))
            (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
            (if (i32.ne (memory.grow (i32.const 65536)) (i32.const -1)) (then unreachable))
            (i32.store (i32.const 16777212) (i32.const 1))
            (drop (i32.load (i32.const 16777213)))
            """)
        for _ in 0..<20 { #expect(try EngineFixture.shared().call(program).end == .trapped(.memory)) }
    }

    @Test(
        "trouble is of this machine: a missing entry, no program, a depth beyond all (ENG-12)"
    )
    func trouble() throws {
        let engine = try EngineFixture.shared()
        let program = try EngineFixture.calling("")
        #expect(throws: EngineTrouble.self) {
            try engine.run(program, entry: .migrate, gas: 1, depth: 1, host: ScriptedHost())
        }
        #expect(throws: EngineTrouble.self) { try engine.call(program, depth: EngineSettings.depthMax + 1) }
        #expect(throws: EngineTrouble.self) { try engine.call(program, depth: -1) }
        #expect(throws: EngineTrouble.self) { try engine.prepare(EngineFixture.program(of: [0, 1, 2])) }
        let foreign = try engine.assemble("(module (import \"env\" \"get\" (func)))")
        #expect(throws: EngineTrouble.self) { try engine.prepare(EngineFixture.program(of: foreign)) }
        // And it goes on.
        #expect(try engine.call(program).end == .returned)
    }

    private static let foreignLanguage = [
        "(func (result v128) (v128.const i64x2 0 0))",
        "(func (result i32 i32) (i32.const 0) (i32.const 0))",
        "(memory 1) (memory 1)", "(memory i64 1)", "(memory 1 1 shared)",
        "(func (return_call 0))", "(func (result externref) (ref.null extern))",
        "(table 1 externref)", "(tag)", "(memory 257)", "(table 4097 funcref)",
    ]

    @Test("no engine takes a language wider than the chain's (ENG-4)", arguments: foreignLanguage)
    func language(_ body: String) throws {
        let engine = try EngineFixture.shared()
        let bytes = try engine.assemble("(module \(body))")
        #expect(throws: EngineTrouble.self) { try engine.prepare(EngineFixture.program(of: bytes)) }
    }
}
