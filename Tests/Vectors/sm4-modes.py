#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the digests that Tests/ShangMiTests/SM4Tests.swift holds, with the `cryptography` package (OpenSSL 3.1 or later).

600 cases a mode; case n has a key, a nonce, additional bytes and a text made from n alone. What is printed is SM3 over
all ciphertexts and tags, so one line stands for every one of them.
"""
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def sm3(data):
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def stream(n, count):
    return bytes((31 * i + n) & 255 for i in range(count))


def case(n):
    word = n.to_bytes(4, "big")
    return sm3(b"key" + word)[:16], sm3(b"nonce" + word), stream(n, n % 37), stream(n + 1, 7 * n % 1100)


gcm, cbc = b"", b""
for n in range(600):
    key, nonce, additional, text = case(n)
    sealing = Cipher(algorithms.SM4(key), modes.GCM(nonce[:12])).encryptor()
    sealing.authenticate_additional_data(additional)
    gcm += sealing.update(text) + sealing.finalize() + sealing.tag
    chaining = Cipher(algorithms.SM4(key), modes.CBC(nonce[:16])).encryptor()
    cbc += chaining.update(text[: len(text) // 16 * 16]) + chaining.finalize()
print("gcm", sm3(gcm).hex())
print("cbc", sm3(cbc).hex())
