# SPDX-License-Identifier: Apache-2.0
"""Writes WebAssembly modules byte by byte; shares no code with the product."""

I32, I64 = 0x7F, 0x7E
PLAIN = bytes([0x00, 0x61, 0x73, 0x6D, 1, 0, 0, 0])


def u(value):
    out = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        out.append(byte | 0x80 if value else byte)
        if not value:
            return bytes(out)


def s(value):
    out = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        if value == 0 and not byte & 0x40 or value == -1 and byte & 0x40:
            out.append(byte)
            return bytes(out)
        out.append(byte | 0x80)


def sized(data):
    return u(len(data)) + data


def text(value):
    return sized(value.encode())


def section(number, data):
    return bytes([number]) + sized(data)


def vector(items):
    return u(len(items)) + b"".join(items)


def signature(parameters, results):
    return b"\x60" + sized(bytes(parameters)) + sized(bytes(results))


def body(groups, code):
    """groups: (count, type) of locals; code: instructions with the last `end`."""
    return sized(vector([u(count) + bytes([kind]) for count, kind in groups]) + code)


def module(types, functions, bodies, *, imports=(), table=None, memory=None, globals_=(), exports=(), elements=(),
           data_count=None, data=()):
    """types, imports … are encoded items; functions are numbers of types; exports are (name, kind, index)."""
    out = PLAIN + section(1, vector(types))
    if imports:
        out += section(2, vector(imports))
    out += section(3, vector([u(kind) for kind in functions]))
    if table is not None:
        out += section(4, vector([table]))
    if memory is not None:
        out += section(5, vector([memory]))
    if globals_:
        out += section(6, vector(globals_))
    if exports:
        out += section(7, vector([text(name) + bytes([kind]) + u(index) for name, kind, index in exports]))
    if elements:
        out += section(9, vector(elements))
    if data_count is not None:
        out += section(12, u(data_count))
    out += section(10, vector(bodies))
    if data:
        out += section(11, vector(data))
    return out
