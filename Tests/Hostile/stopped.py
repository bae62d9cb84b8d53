# SPDX-License-Identifier: Apache-2.0
"""Modules that pass every check and do their worst when they run: (name, code, what `jd_call` does, more).

A code above 10,000 is the contract's own: it says with it what the chain answered. `more` may hold `parts` (beside the
call), `init` (what `jd_init` does), `memory`, `argument` (bytes) and `copies` (contracts of the same code).
"""
import os
import re
import subprocess
import tempfile

HOST = {
    "get": "i32 i32 i32 i32:i64", "put": "i32 i32 i32 i32:", "remove": "i32 i32:", "argument": "i32 i32:i32",
    "answer": "i32 i32:", "emit": "i32 i32 i32 i32:", "text": "i32 i32 i32:i32", "number": "i32:i64", "holds": "i32 i32:i32",
    "call": "i32 i32 i32 i32 i32 i32 i32 i32:i64", "fail": "i32 i32 i32:", "digest": "i32 i32 i32:", "trace": "i32:",
}


def call(name, *numbers):
    """A host call with plain numbers; its result, if any, is dropped."""
    text = f"(call ${name} {' '.join(f'(i32.const {number})' for number in numbers)})"
    return f"(drop {text})" if not HOST[name].endswith(":") else text


def forever(code):
    return f"(loop $again {code} (br $again))"


def frames(count, kind="i64"):
    """A function that calls itself with `count` parameters, and uses them after."""
    return (f"(func $f (param {' '.join([kind] * count)}) (call $f {' '.join(f'(local.get {n})' for n in range(count))})"
            + " ".join(f"(i64.store (i32.const 8) (local.get {n}))" for n in range(count)) + ")")


# Calls the contract whose name of four bytes its argument begins with, hands it the rest, and fails with what it is told.
LOCALS = "(local $n i32) (local $said i64)"
RELAY = """
  (if (i32.ge_u (local.tee $n (call $argument (i32.const 0) (i32.const 256))) (i32.const 4)) (then
    (local.set $said (call $call (i32.const 0) (i32.const 4) (i32.const 512) (i32.const 2)
      (i32.const 4) (i32.sub (local.get $n) (i32.const 4)) (i32.const 1024) (i32.const 64)))
    (if (i64.lt_s (local.get $said) (i64.const 0)) (then
      (call $fail (i32.rem_u (i32.wrap_i64 (i64.sub (i64.const 0) (local.get $said))) (i32.const 10000))
        (i32.const 0) (i32.const 0))))))"""
GO = '(data (i32.const 512) "go")'
# Fails with 404 where the chain has nothing under the key, with 1 where it has.
PEEK = """
  (call $fail (select (i32.const 404) (i32.const 1) (i64.eq (i64.const -1)
    (call $get (i32.const 0) (i32.const {0}) (i32.const 64) (i32.const 64)))) (i32.const 0) (i32.const 0))"""
SELF = """
  (call $fail (i32.wrap_i64 (i64.sub (i64.const 0) (call $call (i32.const 0) (call $text (i32.const 0) (i32.const 0)
    (i32.const 64)) (i32.const 512) (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))))
    (i32.const 0) (i32.const 0))"""
ASK = """
  (call $fail (i32.wrap_i64 (i64.sub (i64.const 0) (call $call (i32.const 0) (i32.const {0}) (i32.const 512) (i32.const {1})
    (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))) (i32.const 0) (i32.const 0))"""
# The key of the bystander's value as the whole state has it: a label with its length in front (EXEC-4).
OTHERS = '(data (i32.const 0) "\\04desk")'
NEXT = "(local.set 0 (i32.add (i32.mul (local.get 0) (i32.const 1664525)) (i32.const 1013904223)))"
TABLE = " ".join(["(block"] * 64) + " (br_table " + " ".join(str(n % 64) for n in range(1_025)) + \
    " (i32.shr_u (local.get 0) (i32.const 22)))" + ")" * 64
TWO = "(type $t (func (param i32) (result i32))) (table 4 funcref) (elem (i32.const 0) $g $v)" \
    "(func $g (param i32) (result i32) (local.get 0)) (func $v)"

GAS = [
    ("a loop that does nothing", 2620, forever("")),
    ("a loop that computes", 2620, f"(local i32) {forever(NEXT)}"),
    ("a loop of divisions", 2620, "(local i64) " + forever("(local.set 0 (i64.div_u (i64.const -7) (i64.or (local.get 0) (i64.const 3))))")),
    ("a branch table of 1,025 labels, at random", 2620, f"(local i32) {forever(NEXT + TABLE)}"),
    ("indirect calls without end", 2620, "(local i32) " + forever("(local.set 0 (call_indirect (type $t) (i32.const 1) (i32.const 0)))"),
     {"parts": TWO}),
    ("16 MiB copied onto themselves again and again", 2620,
     "(drop (memory.grow (i32.const 255)))" + forever("(memory.copy (i32.const 1) (i32.const 0) (i32.const 16777215))")),
    ("four gibibytes filled at once", 2620, "(memory.fill (i32.const 0) (i32.const 0) (i32.const -1))"),
    ("memory that grows for ever", 2620, forever("(drop (memory.grow (i32.const 1)))")),
    ("a growth by four billion pages, again and again", 2620, forever("(drop (memory.grow (i32.const -1)))")),
    ("16 MiB, each page written, again and again", 2620, "(local i32) (drop (memory.grow (i32.const 255)))"
     + forever("(i32.store (i32.and (local.get 0) (i32.const 0xfffffc)) (local.get 0)) (local.set 0 (i32.add (local.get 0) (i32.const 4096)))")),
    ("loads all over 16 MiB", 2620, "(local i32) (drop (memory.grow (i32.const 255)))"
     + forever(NEXT + "(drop (i32.load (i32.and (local.get 0) (i32.const 0xfffffc))))")),
    ("one key read for ever", 2620, forever(call("get", 0, 1, 64, 64))),
    ("new keys written for ever", 2620, "(local i32) " + forever(
        "(i32.store (i32.const 0) (local.tee 0 (i32.add (local.get 0) (i32.const 1))))" + call("put", 0, 4, 0, 64))),
    ("64 KiB written under new keys", 2620, "(local i32) " + forever(
        "(i32.store (i32.const 0) (local.tee 0 (i32.add (local.get 0) (i32.const 1))))" + call("put", 0, 4, 0, 65536))),
    ("16 MiB hashed for ever", 2620, "(drop (memory.grow (i32.const 255)))" + forever(call("digest", 0, 16777216, 0))),
    ("traces without end", 2620, forever(call("trace", 1))),
    ("answers of 64 KiB without end", 2620, forever(call("answer", 0, 65536))),
    ("its own name for ever", 2620, forever(call("text", 0, 0, 64))),
    ("roles asked for ever", 2620, forever(call("holds", 0, 4))),
    ("contracts that are not there, called for ever", 2620, forever(call("call", 0, 4, 0, 4, 0, 65536, 0, 0))),
]

DEPTH = [
    ("a function that calls itself", 2621, "(call $f)", {"parts": "(func $f (call $f))"}),
    ("two functions that call each other", 2621, "(call $f)", {"parts": "(func $f (call $g)) (func $g (call $f))"}),
    ("a function that calls itself through the table", 2621, "(call $f)", {
        "parts": "(type $n (func)) (table 1 funcref) (elem (i32.const 0) $f) (func $f (call_indirect (type $n) (i32.const 0)))"}),
    ("itself with 64 parameters", 2621, "(call $f " + "(i64.const 7)" * 64 + ")", {"parts": frames(64)}),
    ("itself with 512 locals", 2621, "(call $f)", {"parts": "(func $f (local " + "i64 " * 512 + ") (call $f))"}),
]

TRAPS = [
    ("an end of its own", 2622, "unreachable"),
    ("a load behind the memory", 2623, "(drop (i32.load (i32.const 65533)))"),
    ("a load eight gibibytes away", 2623, "(drop (i64.load offset=4294967295 (i32.const -1)))"),
    ("a store at -1", 2623, "(i32.store8 (i32.const -1) (i32.const 1))"),
    ("a copy over the memory's end", 2623, "(memory.copy (i32.const 65530) (i32.const 0) (i32.const 16))"),
    ("a segment that was dropped", 2623, "(data.drop $d) (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1))",
     {"parts": '(data $d "secret")'}),
    ("a call behind the table", 2624, "(drop (call_indirect (type $t) (i32.const 1) (i32.const -1)))", {"parts": TWO}),
    ("a call of nothing", 2627, "(drop (call_indirect (type $t) (i32.const 1) (i32.const 3)))", {"parts": TWO}),
    ("a call of another type", 2627, "(drop (call_indirect (type $t) (i32.const 1) (i32.const 1)))", {"parts": TWO}),
    ("a division by zero", 2625, "(drop (i64.rem_u (i64.const 1) (i64.const 0)))"),
    ("the smallest number by -1", 2626, "(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))"),
    ("a thousand keys, and then a trap", 2622, "(local i32) (loop (i32.store (i32.const 0) (local.get 0))" + call("put", 0, 4, 0, 8)
     + "(br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 1000)))) unreachable"),
]

POINTERS = [
    ("a key at 4294967295", 2640, call("get", -1, 16, 0, 0)),
    ("a key that wraps around", 2640, call("put", -8, 16, 0, 0)),
    ("a key of four gibibytes", 2642, call("get", 0, -1, 0, 0)),
    ("a key of 129 bytes", 2642, call("put", 0, 129, 0, 1)),
    ("a value that goes where no memory is", 2640, call("put", 0, 1, 0, 64) + call("get", 0, 1, 65535, 64)),
    ("a value from where no memory is", 2640, call("put", 0, 1, 65535, 2)),
    ("a value of four gibibytes", 2643, call("put", 0, 1, 0, -1)),
    ("a removed key at -1", 2640, call("remove", -1, 1)),
    ("an argument to -1", 2640, call("argument", -1, 8), {"argument": b"argument"}),
    ("its name to the memory's end", 2640, call("text", 0, 65534, 64)),
    ("a digest of all addresses", 2640, call("digest", 0, -1, 0)),
    ("a digest to the memory's end", 2640, call("digest", 0, 0, 65505)),
    ("an answer from -1", 2640, call("answer", -1, 1)),
    ("an event's name from -1", 2640, call("emit", -1, 4, 0, 0)),
    ("a role at -1", 2640, call("holds", -1, 8)),
    ("a failure's text at -1", 2640, call("fail", 1, -1, 8)),
    ("a callee's name at -1", 2640, call("call", -1, 8, 0, 0, 0, 0, 0, 0)),
    ("a callee's answer to all addresses", 2640, call("call", 0, 4, 0, 4, 0, 0, 1, -1)),
]

TOLD = [
    ("an answer of 64 KiB and a byte", 2643, call("answer", 0, 65537), {"memory": "2 2"}),
    ("an answer longer than a receipt", 2646, call("answer", 0, 65536)),
    ("an event of 48 KiB and a byte", 2643, call("emit", 0, 1, 0, 49153), {"parts": '(data (i32.const 0) "x")'}),
    ("events longer than a receipt", 2646, call("emit", 0, 1, 0, 30000) * 2, {"parts": '(data (i32.const 0) "x")'}),
    ("33 events", 2645, call("emit", 0, 1, 0, 0) * 33, {"parts": '(data (i32.const 0) "x")'}),
    ("an event without a name", 2644, call("emit", 0, 0, 0, 0)),
    ("an event whose name is no text", 2644, call("emit", 0, 2, 0, 0), {"parts": '(data (i32.const 0) "\\c3\\28")'}),
    ("an event's name of 65 bytes", 2644, call("emit", 0, 65, 0, 0)),
    ("a text there is not", 2641, call("text", 6, 0, 64)),
    ("a number there is not: the machine's clock, perhaps", 2641, call("number", 4)),
    ("a failure with the platform's code", 2647, call("fail", 12620, 0, 0)),
    ("a failure with code 0, a success perhaps", 2647, call("fail", 0, 0, 0)),
    ("a failure with a novel", 2647, call("fail", 1, 0, 513)),
]

OTHER_CONTRACTS = [
    ("a call of itself", 12632, SELF, {"parts": GO}),
    ("a call of itself through another", 12632, LOCALS + RELAY, {"parts": GO, "copies": 2, "route": "ba"}),
    ("nine contracts inside each other, 4 MiB each", 12631, LOCALS + "(drop (memory.grow (i32.const 60)))" + RELAY,
     {"parts": GO, "copies": 9, "route": "bcdefghi"}),
    ("a call of the platform's governance", 11201, ASK.format(10, 2), {"parts": GO + '(data (i32.const 0) "governance")'}),
    ("a call of the platform's evidence", 11201, ASK.format(8, 2), {"parts": GO + '(data (i32.const 0) "evidence")'}),
    ("a call of a name that is no text", 11201, ASK.format(2, 2), {"parts": GO + '(data (i32.const 0) "\\c3\\28")'}),
    ("another's value by the whole state's key", 10404, PEEK.format(5 + 5), {"parts": OTHERS + '(data (i32.const 5) "value")'}),
    ("another's value by a path", 10404, PEEK.format(13), {"parts": '(data (i32.const 0) "../desk/value")'}),
    ("another's value, removed by its key", 0, call("remove", 0, 10) + call("remove", 5, 5), {
        "parts": OTHERS + '(data (i32.const 5) "value")'}),
    ("another's value, overwritten by its key", 0, call("put", 0, 10, 0, 1) + call("put", 5, 5, 0, 1), {
        "parts": OTHERS + '(data (i32.const 5) "value")'}),
]

LEFTOVERS = [
    ("marks in memory and globals for the next run", 0,
     "(if (i32.or (i32.load (i32.const 64)) (global.get $g)) (then " + call("fail", 1, 0, 0) + "))"
     "(i32.store (i32.const 64) (i32.const 1)) (global.set $g (i32.const 1))"
     "(if (i32.load (i32.shl (memory.grow (i32.const 8)) (i32.const 16))) (then " + call("fail", 2, 0, 0) + "))"
     "(memory.fill (i32.const 65536) (i32.const 255) (i32.const 524288))",
     {"parts": "(global $g (mut i32) (i32.const 0))", "memory": "1 256"}),
    ("labels for a compiler: 15 functions with tables of 1,024", 0, "", {"parts": "".join(
        "(func (param i32) " + " ".join(["(block"] * 120) + " ".join(
            "(block (br_table " + " ".join(str(n % 120) for n in range(1_024)) + " (local.get 0)))" for _ in range(30))
        + ")" * 120 + ")" for _ in range(15))}),
    ("joins for a compiler: 512 locals at every loop", 0, "", {"parts": "".join(
        "(func (local " + "i64 " * 512 + ")" + " ".join(["(loop"] * 7) + " ".join(
            f"(local.set {n} (i64.add (local.get {(n + 1) % 512}) (i64.const 1)))" for n in range(512))
        + " ".join(f"(br_if 0 (i64.eqz (local.get {n}))))" for n in range(7)) + ")" for _ in range(15))}),
    ("functions for a compiler: 8,000", 0, "", {"parts": "(func)" * 8_000}),
]

# What harm would be done to: keeps what it is called with under `value`. Deployed as `desk`.
BYSTANDER = ("a bystander", 0, "(call $put (i32.const 0) (i32.const 5) (i32.const 64) (call $argument (i32.const 64) (i32.const 64)))",
             {"parts": '(data (i32.const 0) "value")', "memory": "1 1"})

CALLED = GAS + DEPTH + TRAPS + POINTERS + TOLD + OTHER_CONTRACTS + LEFTOVERS

# Refused with the proposal that would make them.
DEPLOYED = [
    ("a beginning without an end", 2620, "", {"init": forever("")}),
    ("a beginning that calls itself", 2621, "", {"init": "(call $f)", "parts": "(func $f (call $f))"}),
    ("a beginning that ends itself", 2622, "", {"init": "unreachable"}),
    ("a beginning that fails by its own code", 10007, "", {"init": call("fail", 7, 0, 0)}),
]


def text(code, more):
    """A contract of these parts in WebAssembly's text form; of the imports those that it uses."""
    parts, init = more.get("parts", ""), more.get("init", "")
    used = set(re.findall(r"\(call \$(\w+)", code + parts + init))
    imports = ""
    for name, kind in HOST.items():
        if name in used:
            taken, _, given = kind.partition(":")
            result = f"(result {given})" if given else ""
            imports += f'(import "jd" "{name}" (func ${name} (param {taken}) {result}))\n'
    return (f'(module {imports} (memory (export "memory") {more.get("memory", "1 256")}) {parts}\n'
            f'(func (export "jd_init") {init})\n(func (export "jd_call") {code}))')


def assemble(source):
    """Bytes of a text, by wabt."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "module.wat")
        with open(path, "w", encoding="utf-8") as file:
            file.write(source)
        subprocess.run(["wat2wasm", path, "-o", path + ".wasm"], check=True)
        with open(path + ".wasm", "rb") as file:
            return file.read()
