# SPDX-License-Identifier: Apache-2.0
"""Instrumented modules made to run alone: their imports become functions of their own, and what ends them can be told.

Engines that are nothing but a command can then be asked for results, traps and gas. It shares no code with the product.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "Wasm"))
from encode import I32, I64, PLAIN, body, s, section, signature, text, u, vector  # noqa: E402

END = b"\x0b"


def number(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


class Parts:
    """A module's sections, and of the lists that change their count and bytes."""

    def __init__(self, data):
        self.sections, at = {}, len(PLAIN)
        while at < len(data):
            kind = data[at]
            size, start = number(data, at + 1)
            self.sections[kind] = data[start:start + size]
            at = start + size
        self.imports = list(self._imports())

    def list(self, kind):
        """How many items a section has, and their bytes."""
        data = self.sections.get(kind, b"\x00")
        count, at = number(data, 0)
        return count, data[at:]

    def _imports(self):
        count, data = self.list(2)
        at = 0
        for _ in range(count):
            names = []
            for _ in range(2):
                size, at = number(data, at)
                names.append(data[at:at + size].decode())
                at += size
            kind, at = number(data, at + 1)
            yield names[1], kind

    def bodies(self):
        count, data = self.list(10)
        at = 0
        for _ in range(count):
            size, at = number(data, at)
            yield data[at:at + size]
            at += size

    def export(self, name):
        """The number of a function or global that is exported."""
        count, data = self.list(7)
        at = 0
        for _ in range(count):
            size, at = number(data, at)
            found = data[at:at + size].decode()
            index, end = number(data, at + size + 1)
            if found == name:
                return index
            at = end
        raise ValueError(name)


def alone(data, entry, gas, stub, gives=False):
    """The module with `jd_probe`, which runs an entry with so much gas and gives what is left of it, or what the entry gives.

    Where gas runs out the stack does too: no other way leads there, since depth is counted. `stub(name)` gives an import's
    parameters, results and code; the first global behind the module's own counts calls of imports, for who wants to.
    """
    parts = Parts(data)
    types, functions = parts.list(1), parts.list(3)
    total = len(parts.imports) + functions[0]
    stop, probe = total, total + 1
    counter, gas_global = parts.list(6)[0], parts.export("jd_gas")
    kinds = [signature([], []), signature([], [I64])]
    stubs, indices = [], []
    for name, _ in parts.imports:
        parameters, results, code = stub(name, counter)
        kinds.append(signature(parameters, results))
        indices.append(types[0] + len(kinds) - 1)
        stubs.append(body([], code + END))
    short = b"\x23" + u(gas_global) + b"\x42\x00\x53\x04\x40"
    bodies = [each.replace(short + b"\x00\x0b", short + b"\x10" + u(stop) + b"\x00\x0b") for each in parts.bodies()]
    end = body([], b"\x10" + u(stop) + END)
    told = b"" if gives else b"\x23" + u(gas_global)
    ask = body([], b"\x42" + s(gas) + b"\x24" + u(gas_global) + b"\x10" + u(parts.export(entry)) + told + END)
    out = dict(parts.sections)
    out.pop(2, None)
    out[1] = u(types[0] + len(kinds)) + types[1] + b"".join(kinds)
    out[3] = (u(total + 2) + b"".join(u(index) for index in indices) + functions[1] + u(types[0]) + u(types[0] + 1))
    count, globals_ = parts.list(6)
    out[6] = u(count + 1) + globals_ + bytes([I32, 1]) + b"\x41\x00\x0b"
    count, exports = parts.list(7)
    out[7] = u(count + 1) + exports + text("jd_probe") + b"\x00" + u(probe)
    out[10] = vector(stubs + [u(len(each)) + each for each in bodies] + [end, ask])
    order = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11]
    return PLAIN + b"".join(section(kind, out[kind]) for kind in order if kind in out)


def checked(code, wanted):
    """Ends the run where a number on the stack is another."""
    return code + b"\x42" + s(wanted) + b"\x52\x04\x40\x00\x0b"


def compared(start, data):
    """Ends the run where the memory holds other bytes."""
    out, at = b"", 0
    while at < len(data):
        width, opcode = (8, b"\x29") if len(data) - at >= 8 else (1, b"\x31")
        wanted = int.from_bytes(data[at:at + width], "little", signed=width == 8)
        out += checked(b"\x41" + s(signed32(start + at)) + opcode + b"\x00\x00", wanted)
        at += width
    return out


def stored(start, data):
    out, at = b"", 0
    while at < len(data):
        width, opcode = (8, b"\x37") if len(data) - at >= 8 else (1, b"\x3c")
        value = int.from_bytes(data[at:at + width], "little", signed=width == 8)
        out += b"\x41" + s(signed32(start + at)) + b"\x42" + s(value) + opcode + b"\x00\x00"
        at += width
    return out


def signed32(value):
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value >> 31 else value


def arm(counter, turn, code):
    """Code that runs where an import is asked for the so-manieth time in all, and returns."""
    return (b"\x23" + u(counter) + b"\x41" + s(turn) + b"\x46\x04\x40\x41" + s(turn + 1) + b"\x24" + u(counter) + code
            + b"\x0f\x0b")


def constant(parameters, results):
    """An import that does nothing: -1 as 64 bits, 0 as 32."""
    return parameters, results, b"".join(b"\x42\x7f" if kind == I64 else b"\x41\x00" for kind in results)
