# SPDX-License-Identifier: Apache-2.0
"""descriptions.py MODULE...: what is packed into modules is an LZ4 block to the field's own library (KIT-25)."""
import random
import sys
from pathlib import Path

import lz4.block

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Contracts" / "Tools"))
import description
import wasm_module


def foreign(section):
    return lz4.block.decompress(section[1:], uncompressed_size=description.TEXT_MAX, dict=description.DICTIONARY)


def holds(text):
    section = description.pack(text)
    assert section[0] == description.PACKED and description.unpack(section) == text, text[:40]
    assert foreign(section) == text, text[:40]


def refuses(section):
    try:
        return len(description.unpack(section)) <= description.TEXT_MAX
    except description.Unpackable:
        return True


for path in sys.argv[1:]:
    section = wasm_module.custom(Path(path).read_bytes(), "jd.description")
    text = (Path(path).parent / "description.json").read_bytes()
    assert section == description.pack(text) and foreign(section) == text, path
    assert len(section) < len(text) // 2, (path, len(section), len(text))

chance = random.Random(25)
for length in (*range(0, 40), 254, 255, 256, 269, 270, 271, 4_000, 65_536):
    holds(bytes(chance.randrange(256) for _ in range(length)))
    holds(bytes(chance.choice(b"ab") for _ in range(length)) if length < 5_000 else b"a" * length)
section = description.pack(Path(sys.argv[1]).parent.joinpath("description.json").read_bytes())
for _ in range(20_000):
    damaged = bytearray(section)
    for _ in range(chance.randrange(1, 4)):
        damaged[chance.randrange(1, len(damaged))] = chance.randrange(256)
    assert refuses(bytes(damaged[: chance.randrange(2, len(damaged) + 1)]))
# What the library's own packer makes is read as well: a contract may come from other tools.
text = Path(sys.argv[1]).parent.joinpath("description.json").read_bytes()
theirs = lz4.block.compress(text, mode="high_compression", store_size=False, dict=description.DICTIONARY)
assert description.unpack(bytes([description.PACKED]) + theirs) == text
