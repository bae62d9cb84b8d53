# SPDX-License-Identifier: Apache-2.0
"""engines.py WASMCHECK MODULES TRANSCRIPTS FOLDER: instrumented modules end alike in wasmtime and in the toolchain's wasmkit.

Three sets: the templates, each call of their scenarios with what the host answered; modules that mean harm (Tests/Hostile)
with a host that says nothing; programs drawn at random (Tests/Wasm). Equal are results, traps and gas: wasmkit gets as much
gas as wasmtime used and must end the same way with nothing left, and one unit less must stop it. Last line: N passed, N failed.
"""
import json
import random
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import wasmtime

import host
from surgery import alone, arm, checked, compared, constant, signed32, stored

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Wasm"))
sys.path.insert(0, str(HERE.parent / "Hostile"))
from encode import I32, I64, s  # noqa: E402
from make import joined  # noqa: E402
from programs import Program  # noqa: E402

# Frames of so much depth fit the stack that both engines begin with.
PLENTY, DEPTH = 3_000_000, 2_000
# What both call a trap; `gas` is how `alone` shows that gas ran out.
TRAPS = {"gas": "call stack exhausted", "unreachable": "unreachable", "division": "divide by zero", "overflow": "integer overflow",
         "memory": "out of bounds memory", "table": "undefined element|out of bounds table", "null": "uninitialized element",
         "type": "indirect call type mismatch"}


def kind(message):
    return next((name for name, text in TRAPS.items() if re.search(text, message)), message[-200:])


class Wasmtime:
    def __init__(self):
        configuration = wasmtime.Config()
        configuration.cranelift_opt_level = "none"
        self.engine = wasmtime.Engine(configuration)

    def probe(self, module):
        """How it ends, what it gives (None after a trap), and what gas is left."""
        store = wasmtime.Store(self.engine)
        instance = wasmtime.Instance(store, wasmtime.Module(self.engine, module), [])
        try:
            given = instance.exports(store)["jd_probe"](store) % (1 << 64)
            return "returns", given, instance.exports(store)["jd_gas"].value(store)
        except wasmtime.Trap as trap:
            return kind(str(trap)), None, instance.exports(store)["jd_gas"].value(store)


def wasmkit(path):
    ran = subprocess.run(["wasmkit", "run", str(path), "jd_probe"], capture_output=True, text=True)
    told = re.search(r"i64\((\d+)\)", ran.stdout)
    if ran.returncode == 0 and told:
        return "returns", int(told[1])
    return kind(ran.stderr + ran.stdout), None


class Recording(host.Frame):
    """A call whose every import is remembered: name, arguments, what was read and written, and the result."""
    log = []

    def __getattribute__(self, name):
        found = object.__getattribute__(self, name)
        plain = name.rstrip("_")
        if plain not in host.TYPES or name == "argument" and isinstance(found, bytes):
            return found

        def called(caller, *arguments):
            entry = {"name": plain, "arguments": arguments, "read": [], "written": [], "result": None, "ends": True}
            Recording.log.append(entry)
            entry["result"] = found(caller, *arguments)
            entry["ends"] = False
            return entry["result"]

        return called

    def memory(self, caller, start, count, limit):
        data = super().memory(caller, start, count, limit)
        Recording.log[-1]["read"].append((start, data))
        return data

    def give(self, caller, data, out, room):
        super().give(caller, data, out, room)
        Recording.log[-1]["written"].append((out, data[:room & 0xFFFFFFFF]))


KINDS = {str(host.I32): I32, str(host.I64): I64}


def played(log):
    """Imports that ask for what was asked, in that order, and answer what was answered."""
    def stub(name, counter):
        parameters, results = ([KINDS[str(each)] for each in side] for side in host.TYPES[name])
        code = b""
        for turn, entry in enumerate(log):
            if entry["name"] != name:
                continue
            does = b""
            for place, (value, wide) in enumerate(zip(entry["arguments"], parameters)):
                asked = b"\x20" + bytes([place]) + (b"" if wide == I64 else b"\xac")
                does += checked(asked, value if wide == I64 else signed32(value))
            for start, data in entry["read"]:
                does += compared(start, data)
            for start, data in entry["written"]:
                does += stored(start, data)
            if entry["ends"]:
                does += b"\x00"
            elif results:
                wide = results[0] == I64
                does += (b"\x42" if wide else b"\x41") + s(entry["result"] if wide else signed32(entry["result"]))
            code += arm(counter, turn, does)
        return parameters, results, code + b"\x00"
    return stub


def silent(name, counter):
    parameters, results = ([KINDS[str(each)] for each in side] for side in host.TYPES[name])
    return constant(parameters, results)


class Comparison:
    def __init__(self, wasmcheck, folder):
        self.wasmcheck, self.folder, self.wasmtime = wasmcheck, Path(folder), Wasmtime()
        self.jobs, self.ends = [], {}

    def instrument(self, data, depth=DEPTH):
        path = self.folder / "module.wasm"
        path.write_bytes(data)
        out = self.folder / "instrumented.wasm"
        ran = subprocess.run([self.wasmcheck, "instrument", str(PLENTY), str(depth), path, out], capture_output=True, text=True)
        if ran.stdout != "ok\n":
            raise SystemExit(f"not instrumented: {ran.stdout} {ran.stderr}")
        return out.read_bytes()

    def enter(self, name, instrumented, entry, stub, gives=False):
        """Runs a case in wasmtime and writes down what wasmkit is to be asked."""
        end, given, left = self.wasmtime.probe(alone(instrumented, entry, PLENTY, stub, gives))
        self.ends[end] = self.ends.get(end, 0) + 1
        exact = PLENTY if end == "gas" else PLENTY - left
        cases = [(exact, (end, (given if gives else 0) if end == "returns" else None))]
        if end != "gas" and exact > 0:
            cases.append((exact - 1, ("gas", None)))
        for amount, wanted in cases:
            path = self.folder / f"{len(self.jobs)}.wasm"
            path.write_bytes(alone(instrumented, entry, amount, stub, gives))
            again = self.wasmtime.probe(path.read_bytes())[:2]
            self.jobs.append((f"{name}, {amount} gas", path, wanted, again))

    def finish(self):
        with ThreadPoolExecutor(2) as pool:
            told = list(pool.map(lambda job: wasmkit(job[1]), self.jobs))
        failed = 0
        for (name, _, wanted, again), seen in zip(self.jobs, told):
            if not seen == again == wanted:
                failed += 1
                print(f"engines: {name}: wanted {wanted}, wasmtime {again}, wasmkit {seen}")
        print(f"engines: ends of the runs: {self.ends}")
        print(f"{len(self.jobs) - failed} passed, {failed} failed")
        return failed


def templates(comparison, modules, transcripts):
    host.Frame = Recording
    for file in sorted(Path(transcripts).glob("*.json")):
        transcript = json.loads(file.read_text())
        instrumented = comparison.instrument((Path(modules) / transcript["contract"] / "app.wasm").read_bytes())
        there = host.Host(transcript["contract"], instrumented)
        for number, step in enumerate(transcript["steps"]):
            entry = "jd_call" if number else "jd_init"
            Recording.log = []
            try:
                there.run(entry, step["method"], bytes.fromhex(step["argument"]), (step["organization"], step["member"]),
                          step["height"], step["time"])
            except host.Failed:
                pass
            comparison.enter(f"{file.stem} {number} {step['method']}", instrumented, entry, played(Recording.log))


def harmful(comparison):
    for entry in json.loads((HERE.parent / "Hostile" / "modules.json").read_text()):
        if entry["at"] in ("call", "deploy") and "compiler" not in entry["name"]:
            instrumented = comparison.instrument(joined(entry["module"]))
            begin = "jd_init" if entry["at"] == "deploy" else "jd_call"
            comparison.enter(entry["name"], instrumented, begin, silent)


def drawn(comparison):
    for seed in range(2000, 2060):
        instrumented = comparison.instrument(Program(random.Random(seed)).bytes(), 1 << 20)
        comparison.enter(f"program {seed}", instrumented, "run", silent, gives=True)


def main():
    wasmcheck, modules, transcripts, folder = sys.argv[1:]
    comparison = Comparison(wasmcheck, folder)
    sys.setrecursionlimit(10_000)
    drawn(comparison)
    harmful(comparison)
    templates(comparison, modules, transcripts)
    return 1 if comparison.finish() else 0


if __name__ == "__main__":
    sys.exit(main())
