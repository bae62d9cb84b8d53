# SPDX-License-Identifier: Apache-2.0
"""What stands in a module's section `jd.description`: JSON as it is, or packed as an LZ4 block (KIT-25).

Packing is written out here and no library's, because the bytes of a module must not depend on whose library packed them
(KIT-15). What unpacks is anybody's: an LZ4 block with a dictionary is a format of the field.
"""

PACKED = 1
TEXT_MAX = 65_536
DICTIONARY = (
    '{"built":"swift-6.3.1-RELEASE, ContractKit 1","errors":[{"code":1,"en":"'
    '","events":[{"body":{"of":"","record":[{"name":"","type":"digest"},{"list":"bytes"},{"choice":[{"name":"","tag":0},'
    '{"optional":""}],"kit":1,"methods":[{"answer":null,"arguments":[{"en":"","name":"","type":"number","zh":"'
    '"}],"en":"","kind":"change","name":"","zh":""},{"answer":"text","arguments":[],"en":"","kind":"view","name":"'
    '"}],"migrates":false,"name":"","start":[],"state":[{"en":"","holds":"cell","key":null,"name":"","value":"text","zh":"'
    '"},"holds":"map","key":"moment"signed"flag"journal"index"set"counter","title":{"en":"","zh":"'
    '"},"version":1}'
).encode()

MATCH_MIN = 4
# The format's own: a match begins this far from the end at the latest, and leaves so many bytes to the last sequence.
LAST_MATCH, LAST_LITERALS = 12, 5
REACH = 65_535


class Unpackable(Exception):
    """A section that says nothing."""


class _Matches:
    """For every place the longest match before it: of two as long, the nearer."""

    def __init__(self, data, start):
        self.data, self.known, self.places = data, 0, {}
        self.upto(start)

    def upto(self, end):
        for at in range(self.known, end):
            self.places.setdefault(self.data[at : at + MATCH_MIN], []).append(at)
        self.known = max(self.known, end)

    def longest(self, at):
        self.upto(at)
        best, found = 0, 0
        if at + LAST_MATCH > len(self.data):
            return best, found
        for place in reversed(self.places.get(self.data[at : at + MATCH_MIN], [])):
            if at - place > REACH:
                break
            length = MATCH_MIN
            while at + length < len(self.data) - LAST_LITERALS and self.data[place + length] == self.data[at + length]:
                length += 1
            if length > best:
                best, found = length, place
        return best, found


def _count(value):
    return b"\xff" * (value // 255) + bytes([value % 255])


def _sequence(literals, length=0, distance=0):
    more = length - MATCH_MIN if length else 0
    out = bytearray([min(len(literals), 15) << 4 | min(more, 15)])
    if len(literals) >= 15:
        out += _count(len(literals) - 15)
    out += literals
    if length:
        out += distance.to_bytes(2, "little")
        if more >= 15:
            out += _count(more - 15)
    return out


def pack(text):
    """The section's content for a description: the same bytes for the same text, everywhere."""
    data = DICTIONARY + text
    at = done = len(DICTIONARY)
    matches, out = _Matches(data, at), bytearray([PACKED])
    while at < len(data):
        length, place = matches.longest(at)
        if length and matches.longest(at + 1)[0] > length + 1:
            length = 0
        if length:
            out += _sequence(data[done:at], length, at - place)
            done = at = at + length
        else:
            at += 1
    return bytes(out + _sequence(data[done:]))


def unpack(section):
    """The description in a section's content; where it is packed, at most 65,536 bytes, whatever it holds."""
    if section[:1] != bytes([PACKED]):
        return section
    out, at = bytearray(DICTIONARY), 1

    def byte():
        nonlocal at
        at += 1
        return section[at - 1]

    def counted(value):
        if value == 15:
            while True:
                more = byte()
                value += more
                if more < 255:
                    break
        return value

    try:
        while True:
            token = byte()
            literals = counted(token >> 4)
            if at + literals > len(section):
                raise Unpackable("it ends early")
            out += section[at : at + literals]
            at += literals
            if at == len(section):
                break
            distance = byte() | byte() << 8
            length = counted(token & 15) + MATCH_MIN
            if not 0 < distance <= len(out) or len(out) + length > len(DICTIONARY) + TEXT_MAX:
                raise Unpackable("a match of what is not there, or too long a text")
            for _ in range(length):
                out.append(out[-distance])
    except IndexError:
        raise Unpackable("it ends early") from None
    if len(out) > len(DICTIONARY) + TEXT_MAX:
        raise Unpackable("too long a text")
    return bytes(out[len(DICTIONARY) :])
