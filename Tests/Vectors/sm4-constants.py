#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Derives every constant of our SM4 from the standard's description of its S-box, and tries them on all bytes.

The S-box of GB/T 32907-2016 is S(x) = A·inv(A·x + C) + C over GF(2)[x] / x^8+x^7+x^6+x^5+x^4+x^2+1, where A is a
circulant matrix. Prints what Sources/CShangMi/sm4-lanes.c and Sources/ShangMi/SM4/SlicedSM4.swift hold.
"""
from functools import reduce

FIRST = bytes.fromhex("d690e9fecce13db716b614c228fb2c05")
SM4_FIELD, AES_FIELD, CONSTANT = 0x1F5, 0x11B, 0xD3


def product(a, b, field):
    result = 0
    while b:
        if b & 1:
            result ^= a
        a <<= 1
        if a & 256:
            a ^= field
        b >>= 1
    return result


def power(x, n, field):
    return reduce(lambda a, _: product(a, x, field), range(n), 1)


def turn(byte, n):
    return (byte << n % 8 | byte >> (8 - n) % 8) & 255


def apply(rows, x):
    return sum((bin(rows[i] & x).count("1") & 1) << i for i in range(8))


def columns(f):
    return ", ".join(f"0x{f(1 << j):02x}" for j in range(8))


def rows_for_gfni(f):
    """The matrix as VGF2P8AFFINEQB takes it: the row of output bit i is byte 7 - i."""
    return sum(sum((f(1 << j) >> i & 1) << j for j in range(8)) << 8 * (7 - i) for i in range(8))


inverse = [power(x, 254, SM4_FIELD) for x in range(256)]
candidates = [[turn(first, way * i) for i in range(8)] for first in range(256) for way in (1, -1)]
rows = next(r for r in candidates
            if all(apply(r, inverse[apply(r, x) ^ CONSTANT]) ^ CONSTANT == FIRST[x] for x in range(16)))
affine = lambda x: apply(rows, x)
sbox = [affine(inverse[affine(x) ^ CONSTANT]) ^ CONSTANT for x in range(256)]
assert sorted(sbox) == list(range(256))

# A root of SM4's polynomial in AES's field carries the one representation over to the other.
root = next(r for r in range(2, 256)
            if reduce(lambda v, i: product(v, r, AES_FIELD) ^ (SM4_FIELD >> i & 1), range(8, -1, -1), 0) == 0)
carry = lambda x: reduce(lambda v, i: v ^ (power(root, i, AES_FIELD) if x >> i & 1 else 0), range(8), 0)
back = {carry(x): x for x in range(256)}
into = lambda x: carry(affine(x))
out = lambda y: affine(back[y])
aes_inverse = [power(x, 254, AES_FIELD) for x in range(256)]
for x in range(256):
    assert out(aes_inverse[into(x) ^ carry(CONSTANT)]) ^ CONSTANT == sbox[x]
print(f"INTO_FIELD 0x{rows_for_gfni(into):016x} constant 0x{carry(CONSTANT):02x}")
print(f"OUT_OF_FIELD 0x{rows_for_gfni(out):016x} constant 0x{CONSTANT:02x}")

# The AES instruction adds an affine map of its own after the inversion; it is undone on the way out.
aes_map = lambda x: x ^ turn(x, 1) ^ turn(x, 2) ^ turn(x, 3) ^ turn(x, 4)
aes_back = {aes_map(x) ^ 0x63: x for x in range(256)}
entry = lambda x: into(x) ^ carry(CONSTANT)
leave = lambda y: out(aes_back[y]) ^ CONSTANT
for name, f in (("into", entry), ("out", leave)):
    print(f"{name}_low", " ".join(f"{f(x):02x}" for x in range(16)))
    print(f"{name}_high", " ".join(f"{f(x << 4) ^ f(0):02x}" for x in range(16)))
    assert all(f(x) == f(x & 15) ^ f(x & 240) ^ f(0) for x in range(256))

print("affine", columns(affine))
for n in (2, 4, 16):
    print(f"power {n}", columns(lambda x: power(x, n, SM4_FIELD)))
