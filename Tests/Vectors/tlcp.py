#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the vectors of Tests/TLCPTests/VectorTests.swift from docs/spec/tlcp.md alone.

Uses Python's hmac over SM3 and SM4 of the `cryptography` package (OpenSSL 3.1 or later); shares no line with the Swift code.
"""
import hmac

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


class SM3:
    """What hmac wants of a digest."""

    digest_size, block_size = 32, 64

    def __init__(self, data=b""):
        self.data = data

    def update(self, data):
        self.data += data

    def copy(self):
        return SM3(self.data)

    def digest(self):
        digest = hashes.Hash(hashes.SM3())
        digest.update(self.data)
        return digest.finalize()


def mac(key, message):
    return hmac.new(key, message, SM3).digest()


def prf(secret, label, seed, count):
    seed, chain, output = label + seed, label + seed, b""
    while len(output) < count:
        chain = mac(secret, chain)
        output += mac(secret, chain + seed)
    return output[:count]


def seal_gcm(key, nonce, number, kind, text):
    number = number.to_bytes(8, "big")
    sealing = Cipher(algorithms.SM4(key), modes.GCM(nonce + number)).encryptor()
    sealing.authenticate_additional_data(number + bytes([kind, 1, 1]) + len(text).to_bytes(2, "big"))
    content = number + sealing.update(text) + sealing.finalize() + sealing.tag
    return bytes([kind, 1, 1]) + len(content).to_bytes(2, "big") + content


def seal_cbc(key, mac_key, vector, number, kind, text, more_padding=0):
    head = number.to_bytes(8, "big") + bytes([kind, 1, 1]) + len(text).to_bytes(2, "big")
    body = text + mac(mac_key, head + text)
    padding = 15 - len(body) % 16 + 16 * more_padding
    body += bytes([padding]) * (padding + 1)
    sealing = Cipher(algorithms.SM4(key), modes.CBC(vector)).encryptor()
    content = vector + sealing.update(body) + sealing.finalize()
    return bytes([kind, 1, 1]) + len(content).to_bytes(2, "big") + content


def main():
    first = bytes([1, 1]) + bytes(range(46))
    client, server = bytes(range(100, 132)), bytes(range(200, 232))
    print("prf", prf(b"secret", b"label", b"seed", 100).hex())
    master = prf(first, b"master secret", client + server, 48)
    print("master", master.hex())
    print("gcm block", prf(master, b"key expansion", server + client, 40).hex())
    print("cbc block", prf(master, b"key expansion", server + client, 96).hex())
    transcript = SM3(b"transcript").digest()
    for label in (b"client finished", b"server finished"):
        print(label.decode(), prf(master, label, transcript, 12).hex())
    block = prf(master, b"key expansion", server + client, 40)
    for number in (0, 1):
        print("gcm record", seal_gcm(block[:16], block[32:36], number, 23, b"a record of data").hex())
    block = prf(master, b"key expansion", server + client, 96)
    for number, more in ((0, 0), (1, 15)):
        vector = bytes(range(16 * number, 16 * number + 16))
        print("cbc record", seal_cbc(block[64:80], block[:32], vector, number, 23, b"a record of data", more).hex())


if __name__ == "__main__":
    main()
