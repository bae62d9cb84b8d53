// SPDX-License-Identifier: Apache-2.0

/// The programs of `bench contract`, in WebAssembly's text form: loops around one kind of work each, so that a price
/// that is wrong shows.
///
/// Every loop counts `$i` down; bodies may use `$x` and `$p` (i32) and `$y` (i64).
enum ContractPrograms {
    struct Program {
        let name: String
        var missesCaches = false
        /// Functions, tables and data beside the call.
        var parts = ""
        var setup = ""
        let turns: Int
        let body: String

        var text: String {
            """
            (module (memory (export "memory") 64 256) \(parts)
              (func (export "jd_init"))
              (func (export "jd_call") (local $i i32) (local $x i32) (local $p i32) (local $y i64)
                \(setup) (local.set $i (i32.const \(turns)))
                (loop $turn \(body)
                  (br_if $turn (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
                (i64.store (i32.const 0)
                  (i64.add (local.get $y) (i64.extend_i32_u (i32.add (local.get $x) (local.get $p)))))))
            """
        }
    }

    /// Reads and writes two balances of eight bytes.
    static let transfer = """
        (module
          (import "jd" "get" (func $get (param i32 i32 i32 i32) (result i64)))
          (import "jd" "put" (func $put (param i32 i32 i32 i32)))
          (memory (export "memory") 1 1)
          (data (i32.const 16) "balance/alice") (data (i32.const 32) "balance/bob")
          (func (export "jd_init"))
          (func (export "jd_call")
            (drop (call $get (i32.const 16) (i32.const 13) (i32.const 64) (i32.const 8)))
            (drop (call $get (i32.const 32) (i32.const 11) (i32.const 72) (i32.const 8)))
            (i64.store (i32.const 64) (i64.sub (i64.load (i32.const 64)) (i64.const 5)))
            (i64.store (i32.const 72) (i64.add (i64.load (i32.const 72)) (i64.const 5)))
            (call $put (i32.const 16) (i32.const 13) (i32.const 64) (i32.const 8))
            (call $put (i32.const 32) (i32.const 11) (i32.const 72) (i32.const 8))))
        """

    /// Has another contract do that.
    static let caller = """
        (module
          (import "jd" "call" (func $call (param i32 i32 i32 i32 i32 i32 i32 i32) (result i64)))
          (memory (export "memory") 1 1)
          (func (export "jd_init"))
          (func (export "jd_call")
            (drop (call $call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
              (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))))
        """

    /// A module of some 100 KB: functions of what compilers make, each calling the one before.
    static let large = """
        (module (memory (export "memory") 1 1) (func (export "jd_init"))
          (func $f0 (param i32) (result i32) (local.get 0))
          \((1...1_200).map(piece).joined(separator: "\n"))
          (func (export "jd_call") (drop (call $f3 (i32.const 1)))))
        """

    private static func piece(_ number: Int) -> String {
        """
        (func $f\(number) (param i32) (result i32) (local i64 i32)
          (local.set 1 (i64.load offset=\(number * 8) (i32.and (local.get 0) (i32.const 0x7ff8))))
          (loop (local.set 1 (i64.xor (i64.mul (local.get 1) (i64.const \(number * 7_919)))
              (i64.shr_u (local.get 1) (i64.const 29))))
            (br_if 0 (i32.lt_u (local.tee 2 (i32.add (local.get 2) (i32.const 1))) (i32.const 3))))
          (if (i64.eqz (local.get 1)) (then (i64.store offset=\(number * 8) (i32.const 8) (local.get 1))))
          (i32.add (local.get 2) (call $f\(number - 1) (i32.wrap_i64 (local.get 1)))))
        """
    }

    static let all = numbers + memory + jumps + calls

    private static func times(_ count: Int, _ text: String) -> String {
        Array(repeating: text, count: count).joined(separator: "\n")
    }

    /// A step of a generator that no predictor learns.
    private static let random = """
        (local.set $x (i32.add (i32.mul (local.get $x) (i32.const 1664525)) (i32.const 1013904223)))
        """

    private static let numbers = [
        Program(name: "empty loop", turns: 100_000, body: ""),
        Program(
            name: "i32.add", turns: 20_000, body: times(8, "(local.set $x (i32.add (local.get $x) (local.get $i)))")),
        Program(
            name: "i64.add", turns: 20_000,
            body: times(8, "(local.set $y (i64.add (local.get $y) (i64.const 12345678912345)))")),
        Program(
            name: "i64.mul", turns: 20_000,
            body: times(8, "(local.set $y (i64.mul (local.get $y) (i64.const 6364136223846793005)))")),
        Program(
            name: "xorshift", setup: "(local.set $x (i32.const 1))", turns: 20_000,
            body: times(
                4,
                """
                (local.set $x (i32.xor (local.get $x) (i32.shl (local.get $x) (i32.const 13))))
                (local.set $x (i32.xor (local.get $x) (i32.shr_u (local.get $x) (i32.const 17))))
                """)),
        Program(
            name: "i64.rotl", setup: "(local.set $y (i64.const 77))", turns: 20_000,
            body: times(
                4,
                """
                (local.set $y
                  (i64.rotl (i64.xor (local.get $y) (i64.const 0x5bd1e995)) (i64.extend_i32_u (local.get $i))))
                """)),
        Program(
            name: "clz ctz popcnt", setup: "(local.set $x (i32.const 77))", turns: 20_000,
            body: times(
                4,
                """
                (local.set $x (i32.add (i32.clz (local.get $x))
                  (i32.add (i32.ctz (local.get $i)) (i32.popcnt (local.get $x)))))
                """)),
        Program(
            name: "wrap extend", turns: 20_000,
            body: times(
                4,
                """
                (local.set $y (i64.extend_i32_s
                  (i32.extend8_s (i32.wrap_i64 (i64.add (local.get $y) (i64.const 3))))))
                """)),
        Program(
            name: "select", turns: 20_000,
            body: times(
                4,
                """
                (local.set $x (select (local.get $i) (i32.add (local.get $x) (i32.const 1))
                  (i32.lt_u (local.get $x) (local.get $i))))
                """)),
        Program(
            name: "i32.div", setup: "(local.set $x (i32.const -1))", turns: 20_000,
            body: times(
                4, "(local.set $x (i32.div_u (i32.const -77) (i32.or (local.get $x) (i32.const 1))))")),
        Program(
            name: "i64.div", setup: "(local.set $y (i64.const -1))", turns: 20_000,
            body: times(
                4,
                """
                (local.set $y (i64.div_s (i64.const 0x7234567812345678) (i64.or (local.get $y) (i64.const 3))))
                """)),
        Program(
            name: "i64.rem", setup: "(local.set $y (i64.const -1))", turns: 20_000,
            body: times(
                4, "(local.set $y (i64.rem_u (i64.const -5) (i64.or (local.get $y) (i64.const 65537))))")),
        Program(
            name: "FNV-1a", setup: "(local.set $y (i64.const 0xcbf29ce484222325))", turns: 60_000,
            body: """
                (local.set $y (i64.mul
                  (i64.xor (local.get $y) (i64.load8_u (i32.and (local.get $i) (i32.const 0xffff))))
                  (i64.const 0x100000001b3)))
                """),
    ]

    private static let memory = [
        Program(
            name: "loads in order", turns: 20_000,
            body: times(
                4,
                """
                (local.set $y
                  (i64.add (local.get $y) (i64.load (i32.and (local.get $p) (i32.const 0xfffff)))))
                (local.set $p (i32.add (local.get $p) (i32.const 8)))
                """)),
        Program(
            name: "stores in order", turns: 20_000,
            body: times(
                4,
                """
                (i64.store (i32.and (local.get $p) (i32.const 0xfffff)) (local.get $y))
                (local.set $p (i32.add (local.get $p) (i32.const 8)))
                """)),
        Program(
            name: "bytes in order", turns: 20_000,
            body: times(
                4,
                """
                (local.set $x
                  (i32.add (local.get $x) (i32.load8_u offset=64 (i32.and (local.get $p) (i32.const 0xffff)))))
                (local.set $p (i32.add (local.get $p) (i32.const 1)))
                """)),
        Program(
            name: "loads all over 4 MiB", missesCaches: true, turns: 100_000,
            body: times(
                4,
                """
                (local.set $x (i32.add (i32.mul
                  (i32.add (local.get $x) (i32.load (i32.and (local.get $x) (i32.const 0x3ffffc))))
                  (i32.const 1664525)) (i32.const 1013904223)))
                """)),
        Program(
            name: "stores all over 4 MiB", missesCaches: true, turns: 100_000,
            body: times(
                4,
                random + """
                    (i32.store (i32.and (i32.shr_u (local.get $x) (i32.const 8)) (i32.const 0x3ffffc))
                      (local.get $x))
                    """)),
        Program(
            name: "loads that wait for each other", turns: 20_000,
            body: times(8, "(local.set $p (i32.load offset=8 (local.get $p)))")),
        Program(
            name: "stores and loads of one place", turns: 20_000,
            body: times(
                8, "(i64.store (i32.const 64) (i64.add (i64.const 1) (i64.load (i32.const 64))))")),
        Program(
            name: "memory.fill, 4 KiB", turns: 2_000,
            body: "(memory.fill (i32.const 64) (local.get $i) (i32.const 4096))"),
        Program(
            name: "memory.fill, 16 bytes", turns: 5_000,
            body: times(4, "(memory.fill (i32.const 64) (local.get $i) (i32.const 16))")),
        Program(
            name: "memory.copy, 64 KiB", turns: 200,
            body: "(memory.copy (i32.const 0) (i32.const 131072) (i32.const 65536))"),
        Program(
            name: "memory.copy, 8 bytes", turns: 5_000,
            body: times(4, "(memory.copy (i32.const 64) (local.get $i) (i32.const 8))")),
        Program(
            name: "memory.init, 4 KiB", parts: "(data $d \"\(times(512, "abcdefgh").filter { $0 != "\n" })\")",
            turns: 2_000, body: "(memory.init $d (i32.const 64) (i32.const 0) (i32.const 4096))"),
        Program(
            name: "memory.grow and first touch", turns: 48,
            body: """
                (local.set $p (i32.shl (memory.grow (i32.const 4)) (i32.const 16)))
                (loop $page (i32.store (local.get $p) (local.get $i))
                  (local.set $p (i32.add (local.get $p) (i32.const 4096)))
                  (br_if $page (i32.lt_u (local.get $p) (i32.shl (memory.size) (i32.const 16)))))
                """),
        Program(
            name: "globals", parts: "(global $g (mut i64) (i64.const 0))", turns: 20_000,
            body: times(8, "(global.set $g (i64.add (global.get $g) (i64.const 1)))")),
    ]

    private static let jumps = [
        Program(
            name: "branches guessed right", turns: 20_000,
            body: times(
                4,
                """
                (block (br_if 0 (i32.and (local.get $i) (i32.const 0x40000000)))
                  (local.set $p (i32.add (local.get $p) (i32.const 1))))
                """)),
        Program(
            name: "branches guessed wrong", turns: 20_000,
            body: times(
                4,
                random + """
                    (block (br_if 0 (i32.lt_s (local.get $x) (i32.const 0)))
                      (local.set $p (i32.add (local.get $p) (i32.const 1))))
                    """)),
        Program(
            name: "if and else guessed wrong", turns: 20_000,
            body: times(
                4,
                random + """
                    (if (i32.lt_s (local.get $x) (i32.const 0))
                      (then (local.set $p (i32.add (local.get $p) (i32.const 1))))
                      (else (local.set $p (i32.sub (local.get $p) (i32.const 1)))))
                    """)),
        Program(
            name: "blocks", turns: 20_000,
            body: times(8, "(block (local.set $x (i32.add (local.get $x) (i32.const 1))))")),
        Program(name: "br_table guessed right", turns: 20_000, body: times(4, table("(i32.const 2)"))),
        Program(
            name: "br_table guessed wrong", turns: 20_000,
            body: times(4, random + table("(i32.shr_u (local.get $x) (i32.const 30))"))),
        Program(
            name: "sieve", turns: 10,
            body: """
                (local.set $p (i32.const 6))
                (loop $strike (i32.store8 (local.get $p) (i32.const 1))
                  (br_if $strike
                    (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 3))) (i32.const 30000))))
                """),
    ]

    private static func table(_ index: String) -> String {
        """
        (block (block (block (block (br_table 0 1 2 3 \(index)))
          (local.set $p (i32.const 1))) (local.set $p (i32.const 2))) (local.set $p (i32.const 3)))
        """
    }

    private static let next = "(param i32) (result i32) (i32.add (local.get 0) (i32.const 1))"
    private static let two = """
        (type $t (func (param i32) (result i32))) (table 2 2 funcref) (elem (i32.const 0) $f $g)
        (func $f \(next)) (func $g (param i32) (result i32) (i32.xor (local.get 0) (i32.const 1)))
        """

    private static let calls = [
        Program(
            name: "call", parts: "(func $f \(next))", turns: 20_000,
            body: times(4, "(local.set $x (call $f (local.get $x)))")),
        Program(
            name: "call, 64 parameters",
            parts: "(func $f (param \(times(64, "i32"))) (result i32) (i32.add (local.get 0) (local.get 63)))",
            turns: 5_000, body: "(local.set $x (call $f \(times(64, "(local.get $x)"))))"),
        Program(
            name: "call_indirect", parts: two, turns: 20_000,
            body: times(
                4, "(local.set $x (call_indirect (type $t) (local.get $x) (i32.and (local.get $i) (i32.const 1))))")),
        Program(
            name: "call_indirect guessed wrong", parts: two, turns: 20_000,
            body: times(
                4,
                random + """
                    (local.set $p
                      (call_indirect (type $t) (local.get $p) (i32.shr_u (local.get $x) (i32.const 31))))
                    """)),
        Program(
            name: "fib 15",
            parts: """
                (func $f (param i32) (result i32) (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
                  (then (local.get 0))
                  (else (i32.add (call $f (i32.sub (local.get 0) (i32.const 1)))
                    (call $f (i32.sub (local.get 0) (i32.const 2)))))))
                """, turns: 20, body: "(drop (call $f (i32.const 15)))"),
        Program(
            name: "2,000 frames deep",
            parts: """
                (func $f (param i32) (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1))))))
                """, turns: 20, body: "(call $f (i32.const 2000))"),
    ]
}
