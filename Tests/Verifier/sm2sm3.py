# SPDX-License-Identifier: Apache-2.0
"""SM3 and SM2 verification in plain Python integers: slow, short, and without dependencies."""

# --- SM3 (GB/T 32905-2016) ------------------------------------------------------------------------

def _rotate(x, n):
    return ((x << n) | (x >> (32 - n))) & 0xFFFFFFFF


_T = [_rotate(0x79CC4519 if j < 16 else 0x7A879D8A, j % 32) for j in range(64)]
_IV = (0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E)


def _compress(v, block):
    w = [int.from_bytes(block[i:i + 4], "big") for i in range(0, 64, 4)]
    for j in range(16, 68):
        x = w[j - 16] ^ w[j - 9] ^ _rotate(w[j - 3], 15)
        w.append(x ^ _rotate(x, 15) ^ _rotate(x, 23) ^ _rotate(w[j - 13], 7) ^ w[j - 6])
    a, b, c, d, e, f, g, h = v
    for j in range(64):
        a12 = _rotate(a, 12)
        ss1 = _rotate((a12 + e + _T[j]) & 0xFFFFFFFF, 7)
        ff, gg = (a ^ b ^ c, e ^ f ^ g) if j < 16 else ((a & b) | (a & c) | (b & c), (e & f) | (~e & g))
        tt1 = (ff + d + (ss1 ^ a12) + (w[j] ^ w[j + 4])) & 0xFFFFFFFF
        tt2 = (gg + h + ss1 + w[j]) & 0xFFFFFFFF
        a, b, c, d = tt1, a, _rotate(b, 9), c
        e, f, g, h = tt2 ^ _rotate(tt2, 9) ^ _rotate(tt2, 17), e, _rotate(f, 19), g
    return tuple(x ^ y for x, y in zip(v, (a, b, c, d, e, f, g, h)))


def sm3(message):
    padded = message + b"\x80" + b"\0" * ((55 - len(message)) % 64) + (len(message) * 8).to_bytes(8, "big")
    v = _IV
    for i in range(0, len(padded), 64):
        v = _compress(v, padded[i:i + 64])
    return b"".join(x.to_bytes(4, "big") for x in v)


# --- SM2 (GB/T 32918.2-2016, curve of GB/T 32918.5-2017) ------------------------------------------

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
     0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0)
ID = b"1234567812345678"


def _double(p):
    x, y, z = p
    if z == 0 or y == 0:
        return (1, 1, 0)
    yy = y * y % P
    s = 4 * x * yy % P
    zz = z * z % P
    m = 3 * (x - zz) * (x + zz) % P
    x3 = (m * m - 2 * s) % P
    return (x3, (m * (s - x3) - 8 * yy * yy) % P, 2 * y * z % P)


def _add(p, q):
    if p[2] == 0:
        return q
    if q[2] == 0:
        return p
    z1, z2 = p[2] * p[2] % P, q[2] * q[2] % P
    u1, u2 = p[0] * z2 % P, q[0] * z1 % P
    s1, s2 = p[1] * z2 * q[2] % P, q[1] * z1 * p[2] % P
    if u1 == u2:
        return _double(p) if s1 == s2 else (1, 1, 0)
    h, r = (u2 - u1) % P, (s2 - s1) % P
    hh = h * h % P
    hhh, v = h * hh % P, u1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return (x3, (r * (v - x3) - s1 * hhh) % P, h * p[2] * q[2] % P)


def _two_times(s, p, t, q):
    """s·p + t·q, both scalars in one pass (Shamir)."""
    both = _add(p, q)
    out = (1, 1, 0)
    for bit in range(255, -1, -1):
        out = _double(out)
        choice = (s >> bit & 1) | (t >> bit & 1) << 1
        if choice:
            out = _add(out, (p, q, both)[choice - 1])
    return out


_memory = {}


def sm2_verify(key, message, signature):
    question = (key, message, signature)
    if question not in _memory:
        _memory[question] = _sm2_verify(key, message, signature)
    return _memory[question]


def _sm2_verify(key, message, signature):
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    t = (r + s) % N
    if not (1 <= r < N and 1 <= s < N) or t == 0:
        return False
    curve = b"".join(x.to_bytes(32, "big") for x in (A, B) + G)
    z = sm3((len(ID) * 8).to_bytes(2, "big") + ID + curve + key)
    e = int.from_bytes(sm3(z + message), "big")
    point = (int.from_bytes(key[:32], "big"), int.from_bytes(key[32:], "big"), 1)
    x, _, zed = _two_times(s, G + (1,), t, point)
    if zed == 0:
        return False
    inverse = pow(zed, P - 2, P)
    return (e + x * inverse * inverse % P) % N == r
