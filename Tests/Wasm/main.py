# SPDX-License-Identifier: Apache-2.0
"""main.py WASMCHECK FOLDER: see run.sh. Everything is drawn from fixed seeds, so a failure comes back."""
import collections
import glob
import json
import os
import random
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from encode import PLAIN, body, module, section, signature, sized, u
from machine import Machine, TooLong, Trap
from programs import Program, damage

HERE = os.path.dirname(os.path.abspath(__file__))
# wabt's switches: what it would accept beyond the subset. Floats cannot be switched off.
SUBSET = ["--disable-simd", "--disable-multi-value", "--disable-reference-types", "--disable-saturating-float-to-int"]
# Codes from here on refuse what WebAssembly allows.
OWN_RULES = 2541
# wasm-validate 1.0.32 takes a body whose own `end` is missing if its last byte is the `end` of a block inside.
TRUNCATED = 2502
PLENTY = 1 << 50


class Test:
    def __init__(self, wasmcheck, folder):
        self.wasmcheck, self.folder = wasmcheck, folder
        self.passed = self.failed = 0

    def expect(self, condition, sentence):
        self.passed += bool(condition)
        self.failed += not condition
        if not condition:
            print("wasm:", sentence, flush=True)

    def write(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def check(self, paths):
        """Our verdict on each: 0, or the code."""
        out = self.many(["check"], paths)
        return [0 if line == "ok" else int(re.match(r"JD-(\d+) byte \d+", line)[1]) for line in out]

    def many(self, command, paths, step=1):
        lines = []
        for first in range(0, len(paths), 400):
            run = subprocess.run([self.wasmcheck, *command, *paths[first:first + 400]], capture_output=True, text=True)
            if run.returncode not in (0, 1):
                raise SystemExit(f"wasmcheck ended with {run.returncode}: {run.stdout[-300:]} {run.stderr[-300:]}")
            lines += run.stdout.splitlines()
        return lines

    def instrument(self, gas, depth, path, out):
        line = self.many(["instrument", str(gas), str(depth)], [path, out])
        if line != ["ok"]:
            raise SystemExit(f"{path} was not instrumented: {line}")

    def validate(self, paths):
        def one(path):
            return subprocess.run(["wasm-validate", *SUBSET, path], capture_output=True).returncode == 0

        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(one, paths))

    def interpret(self, name, commands):
        """Runs a script of wabt's; gives its complaints."""
        path = self.write(name, json.dumps({"source_filename": name, "commands": commands}).encode())
        run = subprocess.run(["spectest-interp", path], capture_output=True, text=True)
        last = re.search(r"(\d+)/(\d+) tests passed", run.stdout)
        wanted = sum(command["type"].startswith("assert") for command in commands)
        if not last or int(last[2]) < wanted:
            raise SystemExit(f"spectest-interp stopped before its end: {run.stdout[-300:]} {run.stderr[-300:]}")
        if last[1] == last[2]:
            return int(last[2]), []
        # Traps that came as they should are told too.
        return int(last[2]), [line for line in run.stdout.splitlines() if "passed" not in line]


def agreement(test):
    """WASM-2, WASM-5: what we accept wabt accepts; what we call invalid wabt calls invalid."""
    paths = []
    for seed in range(120):
        data = Program(random.Random(seed), long_numbers=False).bytes()
        paths.append(test.write(f"corpus-{seed}-whole.wasm", data))
        for turn in range(9):
            changed = damage(data, random.Random(seed * 100 + turn))
            paths.append(test.write(f"corpus-{seed}-{turn}.wasm", changed))
    ours, theirs = test.check(paths), test.validate(paths)
    seen = collections.Counter(ours)
    for path, code, valid in zip(paths, ours, theirs):
        name = os.path.basename(path)
        if code == 0:
            test.expect(valid, f"{name}: accepted, and invalid for wasm-validate")
        elif code < OWN_RULES:
            test.expect(not valid or code == TRUNCATED, f"{name}: JD-{code}, and valid for wasm-validate")
        else:
            test.passed += 1
    test.expect(seen[0] > 250 and len(seen) > 25, f"the corpus is too plain: {dict(seen)}")


ACTION = {"type": "invoke", "field": "run", "args": []}


# wabt's reader wants the keys in this order, and no others.
def returns(value):
    return {"type": "assert_return", "line": 0, "action": ACTION, "expected": [{"type": "i64", "value": str(value)}]}


def traps():
    return {"type": "assert_trap", "line": 0, "action": ACTION, "text": "", "expected": [{"type": "i64"}]}


def reading(field, kind, value):
    return {"type": "assert_return", "line": 0, "action": {"type": "get", "field": field},
            "expected": [{"type": kind, "value": str(value)}]}


def execution(test):
    """WASM-11 to WASM-13, WASM-16: the same results and traps as before, and gas to the unit, by two other machines."""
    commands, names, plain = [], [], []
    counts = collections.Counter()

    def add(name, *following):
        commands.append({"type": "module", "line": 0, "filename": name})
        commands.extend(following)
        names.extend([name] * (1 + len(following)))

    for seed in range(1000, 1220):
        program = Program(random.Random(seed))
        path = test.write(f"run-{seed}.wasm", program.bytes())
        machine = Machine(program)
        try:
            result = machine.call(0, [])
        except TooLong:
            counts["too long"] += 1
            continue
        except Trap as trap:
            counts[str(trap)] += 1
            test.instrument(PLENTY, 1 << 30, path, path + ".much")
            add(os.path.basename(path), traps())
            add(os.path.basename(path) + ".much", traps())
            continue
        counts["result"] += 1
        gas = machine.gas
        test.instrument(gas, 5000, path, path + ".exact")
        test.instrument(gas - 1, 5000, path, path + ".less")
        name = os.path.basename(path)
        add(name, returns(result))
        # To the last unit, and the depth given back.
        add(name + ".exact", returns(result), reading("jd_gas", "i64", 0),
            reading("jd_depth", "i32", 5000))
        add(name + ".less", traps())
        plain.append((path, path + ".exact"))
    for line, command in enumerate(commands):
        command["line"] = line
    done, complaints = test.interpret("execution.json", commands)
    for complaint in complaints:
        place = re.search(r":(\d+): ", complaint)
        test.expect(False, f"{names[int(place[1])] if place else ''}: {complaint}")
    test.passed += done - len(complaints)
    test.expect(counts["result"] > 100 and len(counts) > 3, f"the programs are too plain: {dict(counts)}")
    instrumented = glob.glob(os.path.join(test.folder, "run-*.exact")) + glob.glob(os.path.join(test.folder, "run-*.much"))
    for path, valid in zip(instrumented, test.validate(instrumented)):
        test.expect(valid, f"{os.path.basename(path)}: instrumented, and invalid for wasm-validate")
    wasmkit(test, plain[:25])


def wasmkit(test, pairs):
    """A third machine: the toolchain's."""
    if not shutil.which("wasmkit"):
        print("skip: wasmkit is not in the toolchain")
        test.skipped = 1
        return
    for before, after in pairs:
        outs = [subprocess.run(["wasmkit", "run", path, "run"], capture_output=True, text=True) for path in (before, after)]
        same = outs[0].stdout == outs[1].stdout and outs[0].stdout and outs[0].returncode == 0
        test.expect(same, f"{os.path.basename(before)}: wasmkit says {outs[0].stdout!r}, then {outs[1].stdout!r}")


def scripts(test):
    """Our own scripts: the same assertions on each module as written and as instrumented."""
    for script in sorted(glob.glob(os.path.join(HERE, "*.wast"))):
        name = os.path.basename(script)
        target = os.path.join(test.folder, name + ".json")
        subprocess.run(["wast2json", script, "-o", target], check=True)
        with open(target, encoding="utf-8") as file:
            commands = json.load(file)["commands"]
        for kind in ("assert_invalid", "assert_malformed"):
            files = [os.path.join(test.folder, c["filename"]) for c in commands if c["type"] == kind]
            for path, code in zip(files, test.check(files) if files else []):
                test.expect(0 < code < OWN_RULES, f"{os.path.basename(path)} of {name}: JD-{code}")
        runs = [c for c in commands if c["type"] not in ("assert_invalid", "assert_malformed")]
        done, complaints = test.interpret(name + ".before.json", runs)
        test.expect(done and not complaints, f"{name} as written: {complaints}")
        for command in runs:
            if command["type"] == "module":
                path = os.path.join(test.folder, command["filename"])
                test.instrument(PLENTY, 10_000, path, path)
        done, complaints = test.interpret(name + ".after.json", runs)
        test.expect(done and not complaints, f"{name} instrumented: {complaints}")


def bombs(test):
    """WASM-3, WASM-7, WASM-10: the costliest modules that are accepted, and some that are not, are judged at once."""
    def functions(bodies, kind=signature([], [])):
        return module([kind], [0] * len(bodies), bodies, memory=b"\0\1", table=b"\x70\0\1")

    block = b"\x02\x40\x41\0\x0d\0\x0b"
    cases = {
        "10 MB of nops": (2551, functions([body([], b"\x01" * 10_000_000 + b"\x0b")])),
        "500 KB of nops in one function": (2560, functions([body([], b"\x01" * 500_000 + b"\x0b")])),
        "50,000 functions": (2552, functions([body([], b"\x0b")] * 50_000)),
        "8,192 functions": (0, functions([body([], b"\x0b")] * 8_192)),
        "256 blocks deep": (0, functions([body([], b"\x02\x40" * 256 + b"\x0b" * 257)])),
        "100,000 blocks deep": (2554, functions([body([], b"\x02\x40" * 100_000 + b"\x0b" * 100_001)])),
        "branch tables of 1,024": (0, functions([body([], (b"\x41\0\x0e" + u(1024) + bytes(1025)) * 30 + b"\x0b")] * 15)),
        "all locals joined everywhere": (0, functions([body([(512, 0x7F)], block * 8 + b"\x0b")] * 16)),
        "more of them": (2560, functions([body([(512, 0x7F)], block * 8 + b"\x0b")] * 17)),
        "four billion locals": (2553, functions([body([(2**32 - 1, 0x7E)], b"\x0b")])),
        "branches only": (0, functions([body([], b"\x41\0\x0d\0" * 2_700 + b"\x0b")] * 8)),
        "a section of four gibibytes": (2506, PLAIN + b"\x01\xff\xff\xff\xff\x0f"),
        "a million types": (2559, PLAIN + section(1, u(10**6) + b"\x60\0\0" * 10**5)),
        "100,000 custom sections": (2559, PLAIN + section(0, sized(b"x")) * 100_000),
    }
    for name, (code, data) in cases.items():
        path = test.write("bomb.wasm", data)
        run = subprocess.run([test.wasmcheck, "instrument", "0", "0", path, path + ".out"], capture_output=True, text=True,
                             timeout=20)
        wanted = "ok" if code == 0 else f"JD-{code} "
        test.expect(run.stdout.startswith(wanted), f"{name}: {run.stdout} {run.stderr[-200:]}")
        if code == 0:
            test.expect(test.validate([path + ".out"])[0], f"{name}: instrumented, and invalid for wasm-validate")


def hostile(test):
    """The list of modules that mean harm is what its sources make."""
    maker = os.path.join(os.path.dirname(HERE), "Hostile", "make.py")
    test.expect(subprocess.run([sys.executable, maker, "--check"]).returncode == 0, "Tests/Hostile/modules.json is not what make.py makes")


def main():
    if not shutil.which("spectest-interp"):
        print("skip: wabt is not installed: apt install wabt")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    sys.setrecursionlimit(10_000)
    test = Test(sys.argv[1], sys.argv[2])
    test.skipped = 0
    for part in (scripts, bombs, hostile, execution, agreement):
        part(test)
    print(f"{test.passed} passed, {test.failed} failed, {test.skipped} skipped")
    return 1 if test.failed else 0


sys.exit(main())
