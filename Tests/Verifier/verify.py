#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks a Jiuding receipt offline. Written from docs/spec/receipt.md alone; shares no code with the product.

usage: verify.py RECEIPT --trust TRUST --file FILE
       verify.py --vectors FOLDER        (judges every line of cases.txt and mutations.txt)

exit 0: verified; 1: not verified, and the broken link's code is printed; 2: usage.
"""
import os
import sys
import time

from sm2sm3 import A, B, P, sm2_verify, sm3


class Broken(Exception):
    """A link of the proof does not hold."""

    def __init__(self, code, why):
        super().__init__(why)
        self.code = code


# --- Bytes (section 2) ----------------------------------------------------------------------------

ORDINAL = 2 ** 62 - 1


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def fail(self, why):
        raise Broken(2101, f"{why} at byte {self.at}")

    def raw(self, count):
        if count > len(self.data) - self.at:
            self.fail("the bytes end too early")
        self.at += count
        return self.data[self.at - count:self.at]

    def u8(self):
        return self.raw(1)[0]

    def num(self, most):
        value = shift = 0
        while True:
            byte = self.u8()
            value |= (byte & 127) << shift
            if byte < 128:
                break
            shift += 7
            if shift > 63:
                self.fail("a number is too long")
        if byte == 0 and shift > 0:
            self.fail("a number is not in its shortest form")
        if value > most:
            self.fail("a number is too large")
        return value

    def ordinal(self):
        return self.num(ORDINAL)

    def bytes(self, most):
        return self.raw(self.num(most))

    def digest(self):
        return self.raw(32)

    def signature(self):
        return self.raw(64)

    def key(self):
        key = self.raw(64)
        x, y = int.from_bytes(key[:32], "big"), int.from_bytes(key[32:], "big")
        if x >= P or y >= P or (y * y - x * x * x - A * x - B) % P:
            self.fail("a key is not on the curve")
        return key

    def label(self):
        value = self.bytes(255)
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError:
            self.fail("a label is not UTF-8")
        for c in map(ord, text):
            if c < 0x20 or 0x7F <= c <= 0x9F or 0x2028 <= c <= 0x202E or 0x2066 <= c <= 0x2069:
                self.fail("a label holds a refused character")
        return value

    def flag(self):
        value = self.u8()
        if value > 1:
            self.fail("a flag is neither 0 nor 1")
        return value == 1

    def list(self, most, element):
        return [element() for _ in range(self.num(most))]

    def magic(self, value):
        if self.raw(len(value)) != value:
            self.fail("wrong magic or format")

    def one_of(self, allowed):
        value = self.u8()
        if value not in allowed:
            self.fail("unknown tag")
        return value

    def finish(self):
        if self.at != len(self.data):
            self.fail("bytes are left over")


class Part:
    """A named tuple of fields that remembers its bytes."""

    def __init__(self, reader, *fields):
        start = reader.at
        for name, read in fields:
            setattr(self, name, read())
        self.bytes = reader.data[start:reader.at]


# --- Objects (section 3) --------------------------------------------------------------------------

def path(r):
    return Part(r, ("index", lambda: r.num(2 ** 62)), ("count", lambda: r.num(2 ** 62)),
                ("siblings", lambda: r.list(62, r.digest)))


def seals(r):
    found = r.list(100, lambda: (r.num(99), r.signature()))
    if any(a[0] >= b[0] for a, b in zip(found, found[1:])):
        r.fail("signers do not ascend")
    return found


def certificate(r):
    return Part(r, ("kind", lambda: r.one_of((1, 2))), ("view", r.ordinal), ("block", r.digest),
                ("seals", lambda: seals(r)))


def header(r):
    return Part(r, ("version", lambda: r.one_of((1,))), ("chain", r.digest), ("epoch", r.ordinal),
                ("view", r.ordinal), ("height", r.ordinal), ("parent", r.digest), ("timestamp", r.ordinal),
                ("proposer", lambda: r.num(99)), ("payloadRoot", r.digest),
                ("payloadBytes", lambda: r.num(4194304)), ("transactionCount", lambda: r.num(16384)),
                ("execHeight", r.ordinal), ("execRoot", r.digest),
                ("nextCommittee", lambda: r.digest() if r.flag() else None))


def committee(r):
    def validator():
        return Part(r, ("key", r.key), ("name", r.label), ("organization", r.label), ("domain", r.label))
    found = Part(r, ("epoch", r.ordinal), ("validators", lambda: r.list(100, validator)),
                 ("interval", lambda: r.num(60000)), ("heartbeat", lambda: r.num(86400000)),
                 ("tolerance", lambda: r.num(60000)), ("most", lambda: r.num(16384)))
    keys = [v.key for v in found.validators]
    if not keys or len(set(keys)) != len(keys):
        r.fail("a committee without members or with one twice")
    return found


def handover(r):
    return Part(r, ("closing", lambda: header(r)), ("descendants", lambda: r.list(4096, lambda: header(r))),
                ("certificate", lambda: certificate(r)), ("committee", lambda: committee(r)))


def receipt(r):
    def event():
        return Part(r, ("contract", r.label), ("name", r.label), ("data", lambda: r.bytes(49152)))
    return Part(r, ("transaction", r.digest), ("height", r.ordinal), ("index", lambda: r.num(16383)),
                ("code", lambda: r.num(65535)), ("gas", r.ordinal), ("output", lambda: r.bytes(49152)),
                ("events", lambda: r.list(64, event)))


def leaf(r):
    return Part(r, ("height", r.ordinal), ("block", r.digest), ("payloadRoot", r.digest),
                ("receiptsRoot", r.digest), ("stateRoot", r.digest))


def body(r):
    return Part(r, ("format", lambda: r.one_of((1,))), ("chain", r.digest), ("validFrom", r.ordinal),
                ("validUntil", r.ordinal), ("contract", r.label), ("method", r.label),
                ("arguments", lambda: r.bytes(65536)), ("salt", lambda: r.raw(8)), ("sender", r.key))


def receipt_file(data):
    r = Reader(data)
    if len(data) > 198656:
        r.fail("the file is too long")
    r.magic(b"JDRC\x01")
    found = Part(r, ("body", lambda: body(r)), ("signature", r.signature), ("receipt", lambda: receipt(r)),
                 ("receiptPath", lambda: path(r)), ("leaf", lambda: leaf(r)),
                 ("historyPath", lambda: path(r)),
                 ("header", lambda: header(r)), ("certificate", lambda: certificate(r)),
                 ("handovers", lambda: r.list(520, lambda: handover(r))))
    r.finish()
    return found


def trust_file(data):
    r = Reader(data)
    r.magic(b"JDTR\x01")
    found = Part(r, ("chain", r.digest), ("name", r.label), ("committee", lambda: committee(r)),
                 ("seals", lambda: seals(r)))
    r.finish()
    return found


def deposit(data):
    r = Reader(data)
    found = Part(r, ("businessType", r.label), ("title", r.label), ("algorithm", lambda: r.one_of((1,))),
                 ("digest", r.digest), ("size", lambda: r.num(2 ** 64 - 1)), ("mediaType", r.label),
                 ("capture", lambda: r.one_of((1, 2, 3, 4))))
    r.finish()
    return found


def reply(data):
    r = Reader(data)
    found = Part(r, ("height", r.ordinal), ("index", lambda: r.num(16383)), ("recorded", r.ordinal),
                 ("repeated", r.flag))
    r.finish()
    return found


# --- Digests, trees, certificates -----------------------------------------------------------------

def number(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def climb(p, digest):
    """The root a path leads to; None where its siblings do not fit its index and count."""
    if p.index >= p.count:
        return None
    position, last, rest = p.index, p.count - 1, list(p.siblings)
    while last > 0:
        if position % 2 == 1 or position < last:
            if not rest:
                return None
            sibling = rest.pop(0)
            digest = sm3(b"\x01" + (sibling + digest if position % 2 else digest + sibling))
        position, last = position // 2, last // 2
    return None if rest else sm3(b"\x05" + p.count.to_bytes(8, "big") + digest)


def sealed(found, message, members):
    validators = members.validators
    if len(found) < len(validators) - (len(validators) - 1) // 3:
        return False
    return all(place < len(validators) and sm2_verify(validators[place].key, message, signature)
               for place, signature in found)


def identifier(tag, part):
    return sm3(bytes([tag]) + part.bytes)


def check_finality(cert, head, anchor, members, codes=(2110, 2111)):
    if cert.kind != 2 or cert.block != identifier(0x11, head) or cert.view != head.view:
        raise Broken(codes[0], "the certificate is about another header or not one of finality")
    message = (b"JDB1" + anchor.chain + number(members.epoch) + identifier(0x12, members) + number(cert.view)
               + bytes([cert.kind]) + cert.block)
    if not sealed(cert.seals, message, members):
        raise Broken(codes[1], "no quorum of the committee signed the header")


def follow(handovers, anchor):
    members = anchor.committee
    for index, step in enumerate(handovers):
        why = f"committee change {index} is not proven"
        last = step.closing
        if not (last.epoch == members.epoch and last.chain == anchor.chain
                and step.committee.epoch == members.epoch + 1
                and last.nextCommittee == identifier(0x12, step.committee)):
            raise Broken(2112, why)
        for head in step.descendants:
            if head.parent != identifier(0x11, last) or head.epoch != last.epoch or head.chain != last.chain:
                raise Broken(2112, why)
            last = head
        check_finality(step.certificate, last, anchor, members, codes=(2112, 2112))
        members = step.committee
    return members


# --- Verification (section 5) ---------------------------------------------------------------------

def parse(read, data, code, why):
    try:
        return read(data)
    except Broken as broken:
        raise Broken(code, f"{why}: {broken}") from None


def verify(receipt_bytes, trust_bytes, content):
    anchor = trust_file(trust_bytes)
    name = number(len(anchor.name)) + anchor.name
    vouched = sm3(b"\x15" + anchor.chain + name + anchor.committee.bytes)
    if not sealed(anchor.seals, b"JDA1" + vouched, anchor.committee):
        raise Broken(2102, "the trust anchor is not signed by its own committee")
    file = receipt_file(receipt_bytes)
    said, result = check_statement(file, content)
    check_proof(file, anchor)
    return (f"E{result.height}-{result.index} recorded {result.recorded} sender {file.body.sender.hex()} "
            f"digest {said.digest.hex()}")


def check_statement(file, content):
    if (file.body.contract, file.body.method) != (b"evidence", b"deposit"):
        raise Broken(2115, "the transaction is not a deposit")
    said = parse(deposit, file.body.arguments, 2115, "the arguments are not a deposit")
    if file.receipt.code != 0:
        raise Broken(2114, f"the deposit failed with JD-{file.receipt.code}")
    result = parse(reply, file.receipt.output, 2116, "the output is not a reply")
    named, place = (result.height, result.index), (file.receipt.height, file.receipt.index)
    if not (named < place if result.repeated else named == place):
        raise Broken(2116, "the record's number contradicts its place")
    if said.digest != sm3(content):
        raise Broken(2117, "the file's digest is not the deposited one")
    if said.size != len(content):
        raise Broken(2118, "the file's size is not the deposited one")
    return said, result


def check_proof(file, anchor):
    if file.body.chain != anchor.chain:
        raise Broken(2103, "the transaction is for another chain")
    name = identifier(0x10, file.body)
    if name != file.receipt.transaction:
        raise Broken(2104, "the transaction is not the receipt's")
    if not sm2_verify(file.body.sender, b"JD-TX-1" + name, file.signature):
        raise Broken(2105, "the sender's signature does not verify")
    place, head = file.leaf, file.header
    if not (file.receipt.height == place.height and file.receipt.index == file.receiptPath.index
            and climb(file.receiptPath, sm3(b"\0" + file.receipt.bytes)) == place.receiptsRoot):
        raise Broken(2106, "the receipt is not in its block's results")
    if head.chain != anchor.chain:
        raise Broken(2103, "the attesting header is for another chain")
    if not (file.historyPath.index == place.height
            and climb(file.historyPath, sm3(b"\0" + place.bytes)) == head.execRoot):
        raise Broken(2108, "the block is not in the attested history")
    if file.historyPath.count != head.execHeight + 1 or head.execHeight >= head.height:
        raise Broken(2109, "the attesting header does not cover the block")
    members = follow(file.handovers, anchor)
    if head.epoch != members.epoch:
        raise Broken(2113, "the signing committee is not reached from the trusted one")
    check_finality(file.certificate, head, anchor, members)


# --- Command line ---------------------------------------------------------------------------------

def change(parts, files):
    """Applies one line's change to (receipt, trust)."""
    held, trust = bytearray(files[0]), bytearray(files[1])
    kind, value = parts
    if kind == "cut":
        del held[int(value):]
    elif kind == "add":
        held += bytes.fromhex(value)
    else:
        (held if kind == "flip" else trust)[int(value) // 8] ^= 1 << int(value) % 8
    return bytes(held), bytes(trust)


def judge(line, folder):
    code, *rest = line.split()
    files = [open(os.path.join(folder, name), "rb").read() for name in rest[:3]]
    held, trust = change(rest[3:], files[:2]) if rest[3:] else files[:2]
    try:
        verify(held, trust, files[2])
        found = 0
    except Broken as broken:
        found = broken.code
    if found != int(code):
        print(f"differs: {line}: found {found}")
    return found == int(code)


def vectors(folder):
    start, good, bad = time.monotonic(), 0, 0
    for name in ("cases.txt", "mutations.txt"):
        for line in open(os.path.join(folder, name), encoding="ascii"):
            if line.startswith("#"):
                continue
            if judge(line.strip(), folder):
                good += 1
            else:
                bad += 1
    print(f"verify.py judged {good + bad} files in {time.monotonic() - start:.1f} s")
    print(f"{good} passed, {bad} failed, 0 skipped")
    return 1 if bad or not good else 0


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "--vectors":
        return vectors(arguments[1])
    if len(arguments) != 5 or arguments[1] != "--trust" or arguments[3] != "--file":
        print(__doc__, file=sys.stderr)
        return 2
    try:
        data = [open(name, "rb").read() for name in (arguments[0], arguments[2], arguments[4])]
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        print("verified:", verify(*data))
        return 0
    except Broken as broken:
        print(f"JD-{broken.code} {broken}")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
