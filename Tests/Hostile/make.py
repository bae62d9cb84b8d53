# SPDX-License-Identifier: Apache-2.0
"""Modules that mean harm, as a file that tests read in any language: modules.json.

    make.py           writes it; wants wabt's wat2wasm
    make.py --check   says whether it is what would be written

An entry: `name`; `at`, where it is refused or stopped (upload, publish, deploy, call; the bystander is neither); `code`; `module`: pieces, each of them
hexadecimal text or pieces again, and how often that stands; `argument` of a call; `copies`: how many contracts of this code
there are, called x, the entry's place in the list in two hexadecimal digits, and a, b …; the first is called.
"""
import json
import os
import sys

from refused import PUBLISHED, UPLOADED
from stopped import BYSTANDER, CALLED, DEPLOYED, assemble, text

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "modules.json")


def repeated(data, at):
    """How many bytes from here stand how often behind each other; 0 where that is not worth saying."""
    best = 0, 0
    for length in (8, 32):
        period = data.find(data[at:at + length], at + 1, at + 65_536) - at
        if period <= 0:
            continue
        count = 1
        while data.startswith(data[at:at + period], at + count * period):
            count += 1
        if count > 1 and count * period > max(best[0] * best[1], period + 24):
            best = period, count
    return best


def pieces(data):
    """The bytes as pieces: hexadecimal text or pieces again, and how often that stands."""
    out, plain, at = [], bytearray(), 0
    while at < len(data):
        period, count = repeated(data, at)
        if count:
            if plain:
                out.append([plain.hex(), 1])
                plain = bytearray()
            piece = data[at:at + period]
            out.append([pieces(piece) if period > 64 else piece.hex(), count])
            at += period * count
        else:
            plain.append(data[at])
            at += 1
    if plain:
        out.append([plain.hex(), 1])
    return out


def joined(listed):
    return b"".join((bytes.fromhex(piece) if isinstance(piece, str) else joined(piece)) * count for piece, count in listed)


def entries():
    made = [(name, "upload", code, data, {}) for name, code, data in UPLOADED]
    made += [(name, "publish", code, data, {}) for name, code, data in PUBLISHED]
    for at, listed in (("bystander", [BYSTANDER]), ("deploy", DEPLOYED), ("call", CALLED)):
        for name, code, body, *more in listed:
            more = more[0] if more else {}
            made.append((name, at, code, assemble(text(body, more)), more))
    for index, (name, at, code, data, more) in enumerate(made):
        assert joined(pieces(data)) == data
        route = "".join(f"x{index:02x}{letter}" for letter in more.get("route", "")).encode()
        yield {"name": name, "at": at, "code": code, "argument": (more.get("argument") or route).hex(),
               "copies": more.get("copies", 1), "module": pieces(data)}


def main():
    made = "[\n" + ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries()) + "\n]\n"
    if sys.argv[1:] == ["--check"]:
        with open(FILE, encoding="utf-8") as file:
            return 0 if file.read() == made else 1
    with open(FILE, "w", encoding="utf-8") as file:
        file.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
