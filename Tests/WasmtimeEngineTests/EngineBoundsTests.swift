// SPDX-License-Identifier: Apache-2.0
import Execution
import Testing
import Wasm
import WasmtimeEngine

/// What the chain's limits on modules come to in this engine: the worst modules they let through.
@Suite("The worst modules a chain accepts", .needsLibrary)
struct EngineBoundsTests {
    /// As a chain does it: checked, then instrumented.
    private static func accepted(_ body: String) throws -> ContractProgram {
        let text = "(module (memory (export \"memory\") 1 1) (func (export \"jd_init\")) \(body))"
        let module = try WasmModule(decoding: EngineFixture.shared().assemble(text))
        return EngineFixture.program(of: module.instrumented())
    }

    private static func times(_ count: Int, _ text: (Int) -> String) -> String {
        (0..<count).map(text).joined(separator: " ")
    }

    private static let start = "(func (export \"jd_call\") (call $f))"

    /// Values that are live across a call of itself, in locals or on the stack of operands.
    private static func locals(_ count: Int) -> String {
        """
        (func $f (local \(times(count) { _ in "i64" }))
          \(times(count) { "(local.set \($0) (i64.load offset=\(8 * $0) (i32.const 0)))" }) (call $f)
          \(times(count) { "(i64.store offset=\(8 * $0) (i32.const 0) (local.get \($0)))" })) \(start)
        """
    }

    private static func operands(_ count: Int) -> String {
        """
        (func $one (result i64) (i64.load (i32.const 0)))
        (func $f \(times(count) { _ in "(call $one)" }) (call $f) \(times(count - 1) { _ in "i64.add" }) drop) \(start)
        """
    }

    private static func parameters(_ count: Int) -> String {
        """
        (func $f (param \(times(count) { _ in "i64" })) (call $f \(times(count) { "(local.get \($0))" }))
          \(times(count) { "(i64.store (i32.const 0) (local.get \($0)))" }))
        (func (export "jd_call") (call $f \(times(count) { "(i64.const \($0))" })))
        """
    }

    /// What an optimising compiler would keep instead of computing it twice.
    private static let products = times(500) {
        "(i64.store offset=\(8 * $0) (i32.const 0) (i64.mul (local.get 0) (i64.const \($0 * 7_919 + 3))))"
    }

    private static let frames: [(String, String)] =
        [
            ("nothing", "(func $f (call $f)) \(start)"),
            (
                "a call with 64 parameters beside",
                """
                (func $wide (param \(times(64) { _ in "i64" })))
                (func $f (call $wide \(times(64) { "(i64.const \($0))" })) (call $f)) \(start)
                """
            ),
            (
                "the same product before and after",
                """
                (func $f (param i64) \(products) (call $f (local.get 0)) \(products))
                (func (export "jd_call") (call $f (i64.const 3)))
                """
            ),
            (
                "products that do not change in a loop",
                """
                (func $f (param i64) (local i32)
                  (loop \(products) (call $f (local.get 0))
                    (br_if 0 (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))))
                (func (export "jd_call") (call $f (i64.const 3)))
                """
            ),
        ]
        + [1, 2, 3, 6, 20, 100, 500].map { ("\($0) locals", locals($0)) }
        + [2, 3, 10, 60, 120].map { ("\($0) operands", operands($0)) }
        + [1, 2, 8, 16, 32, 64].map { ("\($0) parameters", parameters($0)) }

    @Test("whatever a frame holds, the depth ends before the native stack (ENG-5)", arguments: frames)
    func frame(_ name: String, _ body: String) throws {
        let run = try EngineFixture.shared().call(
            Self.accepted(body), gas: 1 << 50, depth: EngineSettings.depthMax)
        #expect(run.end == .tooDeep, "\(name)")
    }

    private static let many = "(local \(times(512) { _ in "i64" }))"
    private static let useAll = times(512) { "(i64.store (i32.const 0) (local.get \($0)))" }
    private static let changeAll = times(512) {
        "(local.set \($0) (i64.add (local.get \(($0 + 1) % 512)) (i64.const 1)))"
    }
    private static func nested(_ count: Int) -> String {
        times(count) { _ in "(loop" } + changeAll + times(count) { "(br_if 0 (i64.eqz (local.get \($0)))))" }
    }
    private static let arms = times(3_600) {
        """
        (if (i64.eqz (local.get \($0 % 8)))
          (then (local.set \(($0 * 7 + 1) % 8) (i64.add (local.get \($0 * 3 % 8)) (i64.const 1)))))
        """
    }
    private static let wideTables =
        times(120) { _ in "(block" }
        + times(30) { _ in "(block (br_table \(times(1_024) { "\($0 % 120)" }) (local.get 0)))" }
        + times(120) { _ in ")" }
    private static let products8000 = times(8_000) { _ in "(local.set 0 (i64.mul (local.get 0) (i64.const 3)))" }
    private static let accesses = times(6_000) {
        "(i32.store offset=\($0) (local.get 0) (i32.load (local.get 0)))"
    }
    private static let indirectCalls = times(2_000) { _ in
        "(local.set 0 (call_indirect (type $t) (local.get 0) (local.get 0) (i32.const 0)))"
    }
    private static let tallCalls = times(40) { _ in
        times(120) { _ in "(call $f0)" } + times(119) { _ in "i64.add" } + " drop"
    }

    /// Modules at the limits of WASM-6 and WASM-7, each of another shape.
    private static let bombs: [(String, String)] = [
        ("32 loops inside each other, 512 locals that change", "(func \(many) \(nested(32)) \(useAll))"),
        (
            "eight loops inside each other, 512 locals, 16 functions",
            times(16) { _ in "(func \(many) \(nested(8)) \(useAll))" }
        ),
        ("3,600 arms that change one of eight locals each", "(func (param \(times(8) { _ in "i64" })) \(arms))"),
        ("branch tables with 1,024 labels", times(15) { _ in "(func (param i32) \(wideTables))" }),
        ("eight thousand functions", times(8_000) { "(func $f\($0))" }),
        ("straight lines of 32,000 instructions", times(5) { "(func $f\($0) (param i64) \(products8000))" }),
        ("loads and stores", times(5) { "(func $f\($0) (param i32) \(accesses))" }),
        (
            "eight thousand indirect calls",
            "(type $t (func (param i64 i64) (result i64))) (table 1 funcref)"
                + times(4) { "(func $f\($0) (param i64) \(indirectCalls))" }
        ),
        ("120 operands under calls", times(5) { "(func $f\($0) (result i64) \(tallCalls) (i64.const 1))" }),
    ]

    @Test("the compiler takes every accepted module, and in bounded time (ENG-11)", arguments: bombs)
    func compiles(_ name: String, _ body: String) throws {
        let program = try Self.accepted("(func (export \"jd_call\")) \(body)")
        let start = ContinuousClock.now
        try EngineFixture.shared().prepare(program)
        let taken = ContinuousClock.now - start
        // Below a second on an idle core; tests share theirs with much other work. Without WASM-7 some take minutes.
        #expect(taken < .seconds(60), "\(name): \(taken)")
    }

    @Test("the same program, gas and answers end the same way with the same gas left, on every run (ENG-4)")
    func repeats() throws {
        let body = """
            (func $f (param i32) (result i32) (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
              (then (local.get 0))
              (else (i32.add (call $f (i32.sub (local.get 0) (i32.const 1)))
                (call $f (i32.sub (local.get 0) (i32.const 2)))))))
            (func (export "jd_call") (i32.store (i32.const 0) (call $f (i32.const 20))) unreachable)
            """
        let program = try Self.accepted(body)
        let engine = try EngineFixture.shared()
        let first = try engine.call(program, gas: 1 << 40)
        #expect(first.end == .trapped(.unreachable))
        for _ in 0..<20 { #expect(try engine.call(program, gas: 1 << 40) == first) }
        // One gas less than the run takes is out of gas, wherever that is.
        let used = (1 << 40) - first.gasLeft
        #expect(try engine.call(program, gas: used) == ContractRun(end: .trapped(.unreachable), gasLeft: 0))
        for short in [1, 2, 100, used / 2, used - 1] {
            let run = try engine.call(program, gas: used - short)
            #expect(run.end == .outOfGas && run.gasLeft < 0)
        }
    }
}
