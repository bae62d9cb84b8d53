# SPDX-License-Identifier: Apache-2.0
"""Modules that are refused when they are uploaded or published: (name, code, bytes)."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "Wasm"))
from encode import I32, I64, PLAIN, body, module, section, signature, sized, text, u, vector  # noqa: E402

NONE = signature([], [])
EXPORTS = [("memory", 2, 0), ("jd_call", 0, 0), ("jd_init", 0, 0)]
ONE_PAGE = b"\x01\x01\x01"
END = b"\x0b"


def whole(code=b"", groups=(), types=(), more=(), **parts):
    """A contract that does nothing, but for what is said."""
    given = {"memory": ONE_PAGE, "exports": EXPORTS, **parts}
    bodies = [body(groups, code + END), *more]
    return module([NONE, *types], [0] * len(bodies), bodies, **given)


def imported(name, place="jd", kind=b"\x00\x00"):
    return text(place) + text(name) + kind


def importing(*items, types=()):
    """A contract with imports; its functions come behind those."""
    functions = sum(item[-2:-1] == b"\x00" for item in items)
    return whole(imports=items, types=types, exports=[("memory", 2, 0), ("jd_call", 0, functions), ("jd_init", 0, functions)])


def inserted(data, place, new):
    """A section put where it does not belong: before the section of number `place`."""
    at = len(PLAIN)
    while at < len(data) and data[at] != place:
        size, shift, start = 0, 0, at + 1
        while True:
            byte = data[start]
            size |= (byte & 127) << shift
            start, shift = start + 1, shift + 7
            if byte < 128:
                break
        at = start + size
    return data[:at] + new + data[at:]


GOOD = whole()
DESCRIPTION = section(0, text("jd.description") + b"[" + b"0," * 32_800 + b"0]")
BLOCK = b"\x02\x40\x41\x00\x0d\x00\x0b"
SEGMENT = b"\x00\x41\x00\x0b\x00"

UPLOADED = [
    ("10 MB of nops", 2602, whole(b"\x01" * 10_000_000)),
    ("one byte more than a module may have", 2602, GOOD + section(0, text("x") + bytes(524_288 + 1 - len(GOOD) - 6))),
]

MALFORMED = [
    ("no module at all", 2501, b"#!/bin/sh\nrm -rf /\n"),
    ("a component instead of a module", 2501, b"\x00asm\x0d\x00\x01\x00"),
    ("a module of version 2", 2501, b"\x00asm\x02\x00\x00\x00" + GOOD[8:]),
    ("cut short before a size", 2502, PLAIN + b"\x01\x80"),
    ("cut short in the code", 2506, GOOD[:-1]),
    ("a number that never ends", 2503, PLAIN + b"\x01" + b"\x80" * 64),
    ("a section of number 77", 2504, inserted(GOOD, 3, section(77, b"\x00"))),
    ("two type sections", 2505, inserted(GOOD, 3, section(1, vector([NONE])))),
    ("a memory before the types", 2505, inserted(GOOD, 1, section(5, vector([ONE_PAGE])))),
    ("a section of four gibibytes", 2506, PLAIN + b"\x01\xff\xff\xff\xff\x0f"),
    ("a section with bytes left over", 2506, PLAIN + section(1, vector([NONE]) + b"\x00")),
    ("a name that is not UTF-8", 2507, PLAIN + section(0, b"\x02\xc3\x28")),
    ("a type of no known form", 2508, PLAIN + section(1, b"\x01\x61\x00\x00")),
    ("an instruction nobody knows", 2509, whole(b"\xff")),
    ("functions without code", 2510, PLAIN + section(1, vector([NONE])) + section(3, b"\x01\x00")),
    ("a body that runs into the next", 2511, module([NONE], [0], [b"\x05\x00\x0b"], memory=ONE_PAGE)),
    ("a call of function 4294967295", 2521, whole(b"\x10\xff\xff\xff\xff\x0f")),
    ("a hand on the gas counter before it is there", 2521, whole(b"\x42\xff\xff\x03\x24\x00")),
    ("a number taken for another type", 2522, whole(b"\x42\x01\x45\x1a")),
    ("an operand from nowhere", 2523, whole(b"\x6a\x1a")),
    ("operands left behind", 2524, whole(b"\x41\x01")),
    ("an if with half a value", 2525, whole(b"\x41\x01\x04\x7f\x41\x01\x0b\x1a")),
    ("an else on its own", 2526, whole(b"\x05")),
    ("a branch table between types", 2527, whole(b"\x02\x7f\x41\x01\x41\x00\x0e\x01\x00\x01\x0b\x1a")),
    ("a constant that is written", 2528, whole(b"\x41\x01\x24\x00", globals_=[b"\x7f\x00\x41\x00\x0b"])),
    ("an alignment of 2^31", 2529, whole(b"\x41\x00\x28\x1f\x00\x1a")),
    ("a global that is computed", 2530, whole(globals_=[b"\x7f\x00\x41\x01\x41\x01\x6a\x0b"])),
    ("two functions called jd_call", 2531, whole(exports=EXPORTS + [("jd_call", 0, 0)])),
    ("a memory that must be smaller than it is", 2532, whole(memory=b"\x01\x02\x01")),
    ("memory.init without a count of segments", 2533, whole(b"\x41\x00\x41\x00\x41\x00\xfc\x08\x00\x00", data=[b"\x01\x00"])),
]

FORBIDDEN = [
    ("floats: a NaN has many forms", 2541, whole(b"\x44" + bytes(8) + b"\x44" + bytes(8) + b"\xa3\x1a")),
    ("a float as a parameter", 2541, whole(types=[signature([0x7D], [])])),
    ("vectors", 2542, whole(b"\xfd\x0c" + bytes(16) + b"\x1a")),
    ("an atomic addition", 2543, whole(b"\x41\x00\x41\x01\xfe\x1e\x02\x00\x1a")),
    ("a memory that threads share", 2543, whole(memory=b"\x03\x01\x01")),
    ("references to the host's things", 2544, whole(types=[signature([0x6F], [])])),
    ("two results", 2545, whole(types=[signature([], [I32, I64])])),
    ("a tail call, which keeps no depth", 2546, whole(b"\x12\x00")),
    ("a memory of 64 bits", 2546, whole(memory=b"\x05\x01\x01")),
    ("an exception", 2546, whole(b"\x08\x00")),
    ("a start function", 2547, inserted(GOOD, 10, section(8, b"\x00"))),
    ("an imported memory", 2548, importing(imported("memory", kind=b"\x02\x00\x01"))),
    ("an imported table", 2548, importing(imported("table", kind=b"\x01\x70\x00\x01"))),
    ("an imported global", 2548, importing(imported("gas", kind=b"\x03\x7e\x01"))),
    ("a second memory", 2549, inserted(whole(memory=None), 7, section(5, vector([ONE_PAGE, ONE_PAGE])))),
    ("a second table", 2550, inserted(GOOD, 5, section(4, vector([b"\x70\x00\x01"] * 2)))),
]

TOO_MUCH = [
    ("500 KB of nops in one function", 2560, whole(b"\x01" * 500_000)),
    ("50,000 functions", 2552, module([NONE], [0] * 50_000, [body([], END)] * 50_000)),
    ("four billion locals", 2553, whole(groups=[(2**32 - 1, I64)])),
    ("locals that overflow their count", 2553, whole(groups=[(2**32 - 1, I64)] * 3)),
    ("100,000 blocks inside each other", 2554, whole(b"\x02\x40" * 100_000 + b"\x0b" * 100_000)),
    ("129 operands", 2555, whole(b"\x41\x00" * 129 + b"\x1a" * 129)),
    ("a branch table of 2,000 labels", 2556, whole(b"\x41\x00\x0e" + u(2_000) + bytes(2_001))),
    ("a branch table of four billion labels in ten bytes", 2556, whole(b"\x41\x00\x0e\xff\xff\xff\xff\x0f\x00\x00")),
    ("a table of four billion", 2557, whole(table=b"\x70\x00\xff\xff\xff\xff\x0f")),
    ("a memory of four gibibytes", 2558, whole(memory=b"\x00\x80\x80\x04")),
    ("a million types", 2559, PLAIN + section(1, u(10**6) + b"\x60\x00\x00" * 1_000)),
    ("two thousand data segments", 2559, whole(data=[SEGMENT] * 2_000)),
    ("a thousand custom sections too many", 2559, GOOD + section(0, text("x")) * 2_025),
    ("locals that meet at every branch", 2560, whole(BLOCK * 8, [(512, I32)], more=[body([(512, I32)], BLOCK * 8 + END)] * 16)),
    ("40,000 branches in a row", 2560, whole(b"\x41\x00\x0d\x00" * 40_000)),
    ("data behind the memory", 2561, whole(data=[b"\x00\x41\xff\xff\x03\x0b" + sized(b"xy")])),
    ("data at 4294967295", 2561, whole(data=[b"\x00\x41\x7f\x0b" + sized(b"x")])),
    ("an element behind the table", 2562, whole(table=b"\x70\x00\x01", elements=[b"\x00\x41\x01\x0b\x01\x00"])),
    ("a gas counter of its own", 2563, whole(globals_=[b"\x7e\x01\x42\x00\x0b"], exports=EXPORTS + [("jd_gas", 3, 0)])),
    ("a name with a terminal's escape", 2563, importing(imported("get\x1b[2J"))),
    ("a clock", 2564, importing(imported("clock"))),
    ("the system's random numbers", 2564, importing(imported("random_get", "wasi_snapshot_preview1"))),
    ("the system's files", 2564, importing(imported("path_open", "wasi_snapshot_preview1"))),
    ("an import of another type", 2565, importing(imported("put"))),
    ("no jd_call", 2566, whole(exports=[("memory", 2, 0), ("jd_init", 0, 0)])),
    ("a jd_call that takes a number", 2567, module(
        [NONE, signature([I32], [])], [0, 1], [body([], END)] * 2, memory=ONE_PAGE,
        exports=[("memory", 2, 0), ("jd_call", 0, 1), ("jd_init", 0, 0)])),
    ("a door more than there are", 2568, whole(exports=EXPORTS + [("jd_backdoor", 0, 0)])),
    ("a description of 64 KiB and more", 2607, GOOD + DESCRIPTION),
]

PUBLISHED = MALFORMED + FORBIDDEN + TOO_MUCH
