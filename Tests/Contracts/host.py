# SPDX-License-Identifier: Apache-2.0
"""A small host for contract modules: the thirteen functions of docs/spec/contract-state.md (KIT-9) over wasmtime.

It shares no code with the kit or the platform: what both agree on, the text says. One fresh instance a call, as on a chain;
a failed call leaves state and events as they were. It has one contract and no gas.
"""
import sys
from pathlib import Path

import wasmtime

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Verifier"))
import sm2sm3  # noqa: E402

KEY_MAX, VALUE_MAX, NAME_MAX, EVENTS_MAX, TEXT_MAX = 128, 65536, 64, 32, 512
I32, I64 = wasmtime.ValType.i32(), wasmtime.ValType.i64()
TYPES = {
    "get": ([I32] * 4, [I64]), "put": ([I32] * 4, []), "remove": ([I32] * 2, []), "argument": ([I32] * 2, [I32]),
    "answer": ([I32] * 2, []), "emit": ([I32] * 4, []), "text": ([I32] * 3, [I32]), "number": ([I32], [I64]),
    "holds": ([I32] * 2, [I32]), "call": ([I32] * 8, [I64]), "fail": ([I32] * 3, []), "digest": ([I32] * 3, []),
    "trace": ([I32], []),
}


class Failed(Exception):
    """The contract's own failure."""

    def __init__(self, code, about):
        super().__init__(f"{code} {about}")
        self.code, self.about = code, about


class Stopped(Exception):
    """What a chain stops a call for."""


class Frame:
    """One call: what it is told, and what it does."""

    def __init__(self, host, method, argument, who, height, time):
        self.host, self.method, self.argument, self.who = host, method, argument, who
        self.height, self.time = height, time
        self.answer_bytes, self.events, self.state = b"", [], dict(host.state)

    def memory(self, caller, start, count, limit):
        start, count = start & 0xFFFFFFFF, count & 0xFFFFFFFF
        memory = caller["memory"]
        if count > limit or start + count > memory.data_len(caller):
            raise Stopped("JD-2640")
        return bytes(memory.read(caller, start, start + count))

    def give(self, caller, data, out, room):
        out, room = out & 0xFFFFFFFF, room & 0xFFFFFFFF
        memory = caller["memory"]
        if out + room > memory.data_len(caller):
            raise Stopped("JD-2640")
        memory.write(caller, data[:room], out)

    def get(self, caller, key, count, out, room):
        value = self.state.get(self.memory(caller, key, count, KEY_MAX))
        if value is None:
            self.give(caller, b"", out, room)
            return -1
        self.give(caller, value, out, room)
        return len(value)

    def put(self, caller, key, count, value, length):
        name = self.memory(caller, key, count, KEY_MAX)
        self.state[name] = self.memory(caller, value, length, VALUE_MAX)

    def remove(self, caller, key, count):
        self.state.pop(self.memory(caller, key, count, KEY_MAX), None)

    def argument_(self, caller, out, room):
        self.give(caller, self.argument, out, room)
        return len(self.argument)

    def answer(self, caller, start, count):
        self.answer_bytes = self.memory(caller, start, count, VALUE_MAX)

    def emit(self, caller, name, count, body, length):
        if len(self.events) >= EVENTS_MAX:
            raise Stopped("too many events")
        name = self.memory(caller, name, count, NAME_MAX).decode()
        self.events.append([name, self.memory(caller, body, length, VALUE_MAX).hex()])

    def text(self, caller, which, out, room):
        texts = [self.host.name, self.method, self.who[1], self.who[0], "", "test"]
        if not 0 <= which < len(texts):
            raise Stopped("JD-2641")
        data = texts[which].encode()
        self.give(caller, data, out, room)
        return len(data)

    def number(self, caller, which):
        if which == 0:
            return self.height
        if which == 1:
            return self.time
        raise Stopped("JD-2641")

    def holds(self, caller, role, count):
        self.memory(caller, role, count, NAME_MAX)
        return 0

    def call(self, caller, *_):
        return -1203

    def fail(self, caller, code, text, count):
        about = self.memory(caller, text, count, TEXT_MAX).decode()
        raise Failed(code, about) if 1 <= code <= 9999 else Stopped("a code no contract may give")

    def digest(self, caller, start, count, out):
        self.give(caller, sm2sm3.sm3(self.memory(caller, start, count, 1 << 24)), out, 32)

    def trace(self, caller, line):
        pass


class Host:
    """A contract on a chain of one contract."""

    def __init__(self, name, module):
        self.name, self.state = name, {}
        self.engine = wasmtime.Engine()
        self.module = wasmtime.Module(self.engine, module)

    def run(self, entry, method, argument, who, height, time):
        """Gives answer and events; raises Failed, and then nothing has happened."""
        frame = Frame(self, method, argument, who, height, time)
        store = wasmtime.Store(self.engine)
        linker = wasmtime.Linker(self.engine)
        for name, (parameters, results) in TYPES.items():
            action = getattr(frame, name + "_" if name == "argument" else name)
            kind = wasmtime.FuncType(parameters, results)
            linker.define(store, "jd", name, wasmtime.Func(store, kind, action, access_caller=True))
        instance = linker.instantiate(store, self.module)
        instance.exports(store)[entry](store)
        self.state = frame.state
        return frame.answer_bytes, frame.events
