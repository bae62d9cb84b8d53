# SPDX-License-Identifier: Apache-2.0
"""Reads a WebAssembly module just far enough to say what a chain would refuse it for, and appends a custom section.

The chain's own validator (Sources/Wasm) is the judge; this is what a build can say at once, and what the tests of the
kit hold its output against.
"""

IMPORTS = ["get", "put", "remove", "argument", "answer", "emit", "text", "number", "holds", "call", "fail", "digest", "trace"]
EXPORTS = {"memory", "jd_call", "jd_init", "jd_migrate"}
SIZE_MAX = 512 * 1024
DESCRIPTION_MAX = 64 * 1024
PAGES_MAX = 64


class Flaw(Exception):
    """Why a chain would not take the module."""


class Bytes:
    def __init__(self, data, at=0, end=None):
        self.data, self.at, self.end = data, at, len(data) if end is None else end

    def byte(self):
        if self.at >= self.end:
            raise Flaw("the module ends early")
        self.at += 1
        return self.data[self.at - 1]

    def number(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def take(self, count):
        if self.at + count > self.end:
            raise Flaw("the module ends early")
        self.at += count
        return self.data[self.at - count : self.at]

    def name(self):
        return self.take(self.number()).decode()


def leb(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def sections(module):
    if module[:8] != b"\0asm\x01\0\0\0":
        raise Flaw("this is no WebAssembly module")
    reader = Bytes(module, 8)
    while reader.at < reader.end:
        kind = reader.byte()
        size = reader.number()
        start = reader.at
        reader.take(size)
        yield kind, start, start + size


def with_section(module, name, content):
    """The module with a section at its end: the same bytes in, the same bytes out (KIT-15)."""
    body = leb(len(name)) + name.encode() + content
    return module + b"\0" + leb(len(body)) + body


def without_section(module, name):
    """The module without its custom sections of a name."""
    out, at = module[:8], 8
    for kind, start, end in sections(module):
        if kind != 0 or Bytes(module, start, end).name() != name:
            out += module[at:end]
        at = end
    return out


def custom(module, name):
    for kind, start, end in sections(module):
        reader = Bytes(module, start, end)
        if kind == 0 and reader.name() == name:
            return module[reader.at : end]
    return None


def immediates(op, reader):
    """Passes over what follows an instruction; refuses every instruction a contract may not have."""
    if op in (0x02, 0x03, 0x04):
        block = reader.byte()
        if block not in (0x40, 0x7F, 0x7E):
            raise Flaw(f"a block of type {block:#x}")
    elif op in (0x0C, 0x0D, 0x10) or 0x20 <= op <= 0x24:
        reader.number()
    elif op == 0x0E:
        for _ in range(reader.number() + 1):
            reader.number()
    elif op == 0x11:
        reader.number()
        if reader.byte() != 0:
            raise Flaw("a table other than the one")
    elif op in (0x28, 0x29, 0x36, 0x37) or 0x2C <= op <= 0x35 or 0x3A <= op <= 0x3E:
        reader.number()
        reader.number()
    elif op in (0x3F, 0x40):
        reader.byte()
    elif op in (0x41, 0x42):
        while reader.byte() >= 0x80:
            pass
    elif op == 0xFC:
        wide = reader.number()
        if wide not in (8, 9, 10, 11):
            raise Flaw(f"instruction 0xfc {wide}: no float conversion, no table instruction")
        reader.take({8: 0, 9: 0, 10: 2, 11: 1}[wide])
        if wide in (8, 9):
            reader.number()
        if wide == 8:
            reader.byte()
    elif not (op in (0x00, 0x01, 0x05, 0x0B, 0x0F, 0x1A, 0x1B) or 0x45 <= op <= 0x5A or 0x67 <= op <= 0x8A
              or op in (0xA7, 0xAC, 0xAD) or 0xC0 <= op <= 0xC4):
        raise Flaw(f"instruction {op:#x}: floats, vectors, threads and references are not for contracts")


def check_code(module, start, end):
    reader = Bytes(module, start, end)
    for _ in range(reader.number()):
        size = reader.number()
        body = Bytes(module, reader.at, reader.at + size)
        reader.take(size)
        for _ in range(body.number()):
            body.number()
            if body.byte() not in (0x7F, 0x7E):
                raise Flaw("a local that is no integer")
        while body.at < body.end:
            immediates(body.byte(), body)


def check_imports(module, start, end):
    reader = Bytes(module, start, end)
    used = []
    for _ in range(reader.number()):
        place, name, kind = reader.name(), reader.name(), reader.byte()
        if place != "jd" or name not in IMPORTS or kind != 0:
            raise Flaw(f"it imports {place}.{name}")
        reader.number()
        used.append(name)
    return used


def check(module):
    """Gives the imports used and the exports; raises the first flaw found."""
    if len(module) > SIZE_MAX:
        raise Flaw(f"{len(module)} bytes are more than {SIZE_MAX}")
    used, exports = [], set()
    for kind, start, end in sections(module):
        reader = Bytes(module, start, end)
        if kind == 1:
            for _ in range(reader.number()):
                form, parameters = reader.byte(), None
                parameters = reader.take(reader.number())
                results = reader.take(reader.number())
                if form != 0x60 or len(results) > 1 or not set(parameters + results) <= {0x7F, 0x7E}:
                    raise Flaw("a function type with floats, references or several results")
        elif kind == 2:
            used = check_imports(module, start, end)
        elif kind == 5:
            count, flags, pages = reader.number(), reader.byte(), reader.number()
            if count != 1 or flags > 1 or pages > PAGES_MAX:
                raise Flaw("not one memory of at most 64 pages")
        elif kind == 7:
            for _ in range(reader.number()):
                exports.add(reader.name())
                reader.byte()
                reader.number()
        elif kind == 8:
            raise Flaw("it has a start function")
        elif kind == 10:
            check_code(module, start, end)
    if not {"memory", "jd_call", "jd_init"} <= exports <= EXPORTS:
        raise Flaw(f"it exports {sorted(exports)}")
    description = custom(module, "jd.description")
    if description is None or len(description) > DESCRIPTION_MAX:
        raise Flaw("it has no description of at most 64 KiB")
    return used, exports
