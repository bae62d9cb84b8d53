# SPDX-License-Identifier: Apache-2.0
"""An independent client, written from docs/spec: keys, deposits, transactions, submissions, plain HTTP.

Signing is quick because its nonces are a walk along the curve: whoever sees two signatures knows the key. The keys are
made here, are used on chains that live for seconds, and guard nothing.
"""
import base64
import hashlib
import http.client
import json
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "Verifier"))
import sm2sm3  # noqa: E402
from sm2sm3 import A, B, G, ID, N, P  # noqa: E402

try:
    hashlib.new("sm3")

    def sm3(message):
        return hashlib.new("sm3", message).digest()
except ValueError:
    sm3 = sm2sm3.sm3


# --- Curve ----------------------------------------------------------------------------------------

def affine(point):
    inverse = pow(point[2], P - 2, P)
    square = inverse * inverse % P
    return point[0] * square % P, point[1] * square * inverse % P


def times(k, point=G):
    out, running = (1, 1, 0), (*point, 1)
    while k:
        if k & 1:
            out = sm2sm3._add(out, running)
        running = sm2sm3._double(running)
        k >>= 1
    return affine(out)


class Nonces:
    """Pairs (k, x of k·G): many starting points, all moved on by one step together with one inversion."""

    def __init__(self, width=64):
        self.step = random.randrange(1, N)
        self.stride = times(self.step)
        self.ks = [random.randrange(1, N) for _ in range(width)]
        self.points = [times(k) for k in self.ks]
        self.ready = []

    def next(self):
        if not self.ready:
            self.ready = [(k, point[0]) for k, point in zip(self.ks, self.points)]
            self._walk()
        return self.ready.pop()

    def _walk(self):
        sx, sy = self.stride
        products, product = [], 1
        for x, _ in self.points:
            products.append(product)
            product = product * (sx - x) % P
        inverse = pow(product, P - 2, P)
        for i in range(len(self.points) - 1, -1, -1):
            x, y = self.points[i]
            slope = (sy - y) * inverse * products[i] % P
            inverse = inverse * (sx - x) % P
            x3 = (slope * slope - sx - x) % P
            self.points[i] = (x3, (slope * (x - x3) - y) % P)
            self.ks[i] = (self.ks[i] + self.step) % N


class Key:
    """An SM2 key for tests."""

    def __init__(self, width=64):
        self.d = random.randrange(1, N - 1)
        x, y = times(self.d)
        self.public = x.to_bytes(32, "big") + y.to_bytes(32, "big")
        curve = b"".join(value.to_bytes(32, "big") for value in (A, B) + G)
        self.z = sm3((len(ID) * 8).to_bytes(2, "big") + ID + curve + self.public)
        self.inverse = pow(1 + self.d, N - 2, N)
        self.nonces = Nonces(width)

    @property
    def account(self):
        return sm3(b"\x14" + self.public)

    def sign(self, message):
        e = int.from_bytes(sm3(self.z + message), "big")
        k, x = self.nonces.next()
        r = (e + x) % N
        s = self.inverse * (k - r * self.d) % N
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


# --- Encoding (docs/spec/encoding.md) -------------------------------------------------------------

def num(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def blob(content):
    return num(len(content)) + content


def label(text):
    return blob(text.encode())


def deposit(digest, size, title="a test", kind="document", media="text/plain", capture=1):
    """Arguments of `deposit` (docs/spec/evidence.md)."""
    return label(kind) + label(title) + b"\x01" + digest + num(size) + label(media) + bytes([capture])


def transaction(key, chain, arguments, first=0, last=10_000, contract="evidence", method="deposit", salt=None):
    """The identifier and the bytes of a signed transaction (docs/spec/ledger.md, LED-4 and LED-5)."""
    salt = random.getrandbits(64) if salt is None else salt
    body = b"".join((
        b"\x01", chain, num(first), num(last), label(contract), label(method), blob(arguments),
        salt.to_bytes(8, "big"), key.public))
    name = sm3(b"\x10" + body)
    return name, body + key.sign(b"JD-TX-1" + name)


def submission(transactions):
    return b"".join(blob(each) for each in transactions)


# --- HTTP -----------------------------------------------------------------------------------------

class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


class Client:
    """One kept connection to a node."""

    def __init__(self, port, chain="main", patience=60, connect=None):
        self.port, self.chain, self.patience, self.connect = port, chain, patience, connect
        self.connection = None

    def ask(self, method, path, body=None, headers=None):
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.patience)
            if self.connect:
                self.connection._create_connection = self.connect
        try:
            self.connection.request(method, path, body=body, headers=headers or {})
            response = self.connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        except BaseException:
            self.close()
            raise
        if response.will_close:
            self.close()
        return answer

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def get(self, path):
        return self.ask("GET", path)

    def status(self):
        return self.get(f"/v1/chains/{self.chain}").json

    def block(self, height):
        return self.get(f"/v1/chains/{self.chain}/blocks/{height}").json

    def submit(self, transactions, wait=None, patience=None):
        query = "&".join(f"{k}={v}" for k, v in (("wait", wait), ("patience", patience)) if v is not None)
        answer = self.ask(
            "POST", f"/v1/chains/{self.chain}/transactions" + (f"?{query}" if query else ""), submission(transactions),
            {"Content-Type": "application/octet-stream"})
        return answer

    @property
    def chain_id(self):
        return bytes.fromhex(self.status()["id"])


def receipt_bytes(result):
    """The receipt file out of an attested result."""
    return base64.b64decode(result["receipt"])
