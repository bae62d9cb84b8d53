# SPDX-License-Identifier: Apache-2.0
"""refusals.py MODULE: a good module, spoilt in one place each, is refused every time.
refusals.py --build FOLDER COMMAND: contracts that use what no contract may are refused by the build."""
import concurrent.futures
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "Contracts" / "Tools"))
import wasm_module  # noqa: E402
from wasm_module import leb  # noqa: E402

SOURCE = """import ContractKit
struct Bad: Contract {
    static let total = Cell<UInt64>("total")
    static func declare(_ contract: inout Declaration) throws(Failure) {
        contract.title("bad", version: 1, zh: "", en: "")
        try contract.method("run", .change, zh: "", en: "", takes: Field<UInt64>("n", zh: "", en: ""), do: run)
    }
    static func run(_ n: UInt64) throws(Failure) { try total.set(%s) }
}
"""
BAD = {
    "a float": "UInt64(Double(n) * 1.5)",
    "a dictionary, whose hashing needs floats and seeds": "UInt64([n: n, n &+ 1: n].count)",
    "a random number": "UInt64.random(in: 0...n)",
    "untyped errors": "n)\n        let erased: any Error = Failure(1)\n        _ = (erased",
    "two contracts": "n) }\n}\nstruct Second: Contract { static func declare(_ c: inout Declaration) throws(Failure) {}\n"
                     "    static func run(_ n: UInt64) throws(Failure) { try Bad.total.set(n",
}


def module(code=b"\x0b", types=b"\x01\x60\0\0", imports=None, exports=None, memory=b"\x01\0\x02", extra=b""):
    """A module of one function, with one part as asked."""
    def section(kind, body):
        return bytes([kind]) + leb(len(body)) + body

    names = exports or [(b"memory", 2), (b"jd_call", 0), (b"jd_init", 0)]
    table = leb(len(names)) + b"".join(leb(len(name)) + name + bytes([kind, 0]) for name, kind in names)
    body = b"\0" + code
    parts = [b"\0asm\x01\0\0\0", section(1, types)]
    if imports:
        parts.append(section(2, b"\x01" + imports))
    parts += [section(3, b"\x01\0"), section(5, memory), section(7, table), extra,
              section(10, b"\x01" + leb(len(body)) + body)]
    return wasm_module.with_section(b"".join(parts), "jd.description", b"{}")


def imported(place, name, kind=0):
    return leb(len(place)) + place + leb(len(name)) + name + bytes([kind, 0])


def spoilt(good):
    yield "cut short", good[:-1]
    yield "no module", b"\0asm\x02\0\0\0" + good[8:]
    yield "no description", good[: good.rindex(b"\x0ejd.description") - 3]
    yield "a float constant", module(b"\x44" + b"\0" * 8 + b"\x1a\x0b")
    yield "a float comparison", module(b"\x5b\x0b")
    yield "a float conversion", module(b"\xfc\0\x0b")
    yield "a vector", module(b"\xfd\x0c\x0b")
    yield "a thread's instruction", module(b"\xfe\0\x0b")
    yield "a tail call", module(b"\x12\0\x0b")
    yield "a reference", module(b"\xd0\x70\x0b")
    yield "a float type", module(types=b"\x01\x60\x01\x7d\0")
    yield "two results", module(types=b"\x01\x60\0\x02\x7f\x7f")
    yield "another import", module(imports=imported(b"env", b"get"))
    yield "an unknown function", module(imports=imported(b"jd", b"clock"))
    yield "an imported memory", module(imports=imported(b"jd", b"get", 2))
    yield "no jd_init", module(exports=[(b"memory", 2), (b"jd_call", 0)])
    yield "a second memory", module(memory=b"\x02\0\x01\0\x01")
    yield "a large memory", module(memory=b"\x01\0\x41")
    yield "a start function", module(extra=b"\x08\x01\0")


def refused(data):
    try:
        wasm_module.check(data)
    except wasm_module.Flaw:
        return True
    return False


def check_modules(file):
    good = Path(file).read_bytes()
    wasm_module.check(good)
    wasm_module.check(module())
    taken = [name for name, data in spoilt(good) if not refused(data)]
    for name in taken:
        print(f"refusals: {name} is taken")
    return 1 if taken else 0


def build_is_refused(sources, expression, command):
    sources.mkdir(parents=True)
    (sources / "Bad.swift").write_text(SOURCE % expression)
    return subprocess.run([command, str(sources.parent)], capture_output=True, check=False).returncode == 1


def check_builds(folder, command):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        told = {name: pool.submit(build_is_refused, Path(folder) / str(number) / "Sources", expression, command)
                for number, (name, expression) in enumerate([("nothing bad", "n"), *BAD.items()])}
    wrong = [name for name, verdict in told.items() if verdict.result() == (name == "nothing bad")]
    for name in wrong:
        print(f"refusals: the build is wrong about {name}")
    return 1 if wrong else 0


if sys.argv[1] == "--build":
    sys.exit(check_builds(*sys.argv[2:]))
sys.exit(check_modules(sys.argv[1]))
