# SPDX-License-Identifier: Apache-2.0
"""The organisation's certificate authority as a person works it, with the openssl tool as outside witness."""
import base64
import json
import os
import shutil
import subprocess
import time

from audit import logged
from client import sm3
from harness import Skipped, check, test

# The user ID of the standard, which openssl 3.0 does not take by itself.
DISTINGUISHING = ("-vfyopt", "distid:1234567812345678")


def openssl(*words):
    if not shutil.which("openssl"):
        raise Skipped("there is no openssl tool here")
    ran = subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout + ran.stderr


class Bureau:
    """A room with a passphrase, an authority's folder and a validator's key."""

    def __init__(self, room):
        self.room = room
        self.secret = room.file("pass", b"a passphrase\n")
        self.key("validator.key")

    def ca(self, *words, **options):
        needs = words[0] not in ("list", "show", "export")
        return self.room.run("ca", *words, *(("--passphrase-file", self.secret) if needs else ()), **options)

    def key(self, name):
        self.room.run("key", "new", "--out", name, "--passphrase-file", self.secret).expect(0)

    def path(self, name):
        return os.path.join(self.room.path, name)

    def bytes(self, name):
        with open(self.path(name), "rb") as handle:
            return handle.read()

    def found(self, *words):
        return self.ca("init", "--name", "某市大数据局", "--credit-code", "91350100M000100Y43", *words)

    def node(self, name="node-1", key="validator.key", *words):
        """A node's requests and its two certificates in `certs`."""
        self.ca("request", "--name", name, "--organisation", "某市大数据局", "--key", key, "--encryption-key",
                f"{name}.link.key").expect(0)
        return self.ca("issue", "--node", name, "--request-signing", f"{name}.signing.csr", "--request-encryption",
                       f"{name}.encryption.csr", "--out", "certs", *words)


@test
def authority_life(room):
    """init, request, issue, renew, revoke, list, export and show do what they say, and say it as JSON too."""
    bureau = Bureau(room)
    made = bureau.found("--json").expect(0).json
    check(made["certificate"]["subject"] == "C=CN, O=某市大数据局, CN=某市大数据局", made)
    check(made["certificate"]["authority"] and made["certificate"]["daysLeft"] >= 7299, made)
    book = bureau.bytes("ca/issued.txt")
    bureau.found().expect(1, "JD-1601")
    check(bureau.bytes("ca/issued.txt") == book, "a second init changed the book")
    issued = bureau.node("node-1", "validator.key", "--json").expect(0).json["issued"]
    check([one["certificate"]["uses"][0] for one in issued] == ["digitalSignature", "keyEncipherment"], issued)
    check(issued[0]["file"] == "certs/node-1.signing.crt", issued)
    trust = ("--root", "ca/root.crt", "--crl", "ca/root.crl")
    for name in ("signing", "encryption"):
        bureau.ca("show", f"certs/node-1.{name}.crt", *trust).expect(0, "holds: signed by")
    renewed = bureau.ca("renew", "certs/node-1.signing.crt", "--out", "new.crt", "--json").expect(0).json["issued"][0]
    check(renewed["certificate"]["publicKey"] == issued[0]["certificate"]["publicKey"], renewed)
    check(renewed["certificate"]["serial"] != issued[0]["certificate"]["serial"], renewed)
    serial = issued[0]["certificate"]["serial"]
    first = bureau.ca("revoke", serial, "--reason", "superseded", "--json").expect(0).json
    check(first["alreadyRevoked"] is False and first["revocationList"]["number"] == "2", first)
    check(first["sameKey"] == [renewed["certificate"]["serial"]], first)
    again = bureau.ca("revoke", "certs/node-1.signing.crt", "--json").expect(0).json
    check(again["alreadyRevoked"] and again["revocationList"] == first["revocationList"], again)
    bureau.ca("show", "certs/node-1.signing.crt", *trust).expect(1, "REVOKED")
    bureau.ca("show", "new.crt", *trust).expect(0, "holds")
    bureau.ca("renew", serial).expect(1, "JD-1624")
    bureau.ca("crl", "--json").expect(0)
    listed = bureau.ca("list", "--json").expect(0).json
    check(listed["listNumber"] == 3 and len(listed["issued"]) == 3 and listed["tornBytes"] == 0, listed)
    check([one["reason"] for one in listed["issued"]] == ["superseded", None, None], listed)
    bureau.ca("list").expect(0, "node-1", "revoked 2")
    bureau.ca("export", serial, "--out", "again.crt").expect(0)
    check(bureau.bytes("again.crt") == bureau.bytes("certs/node-1.signing.crt"), "another certificate was exported")
    bureau.ca("list", "--lang", "zh").expect(0, "序列号", "吊销")


@test
def authority_refusals(room):
    """What cannot be done is refused with its code and its fix, and leaves no file and no line behind."""
    bureau = Bureau(room)
    bureau.ca("list").expect(1, "JD-1617", "jiuding ca init")
    bureau.ca("init", "--name", "x", "--credit-code", "91350100M000100Y44").expect(1, "JD-1620")
    bureau.ca("init", "--name", "x", "--days", "0").expect(1, "JD-1627")
    bureau.ca("init").expect(2)
    check(not os.path.exists(bureau.path("ca/root.crt")), "a refused init left a root")
    bureau.found().expect(0)
    bureau.node().expect(0)
    before = bureau.bytes("ca/issued.txt")
    bureau.ca("issue", "--request", "node-1.signing.csr").expect(2, "--usage")
    bureau.ca("issue", "--request", "node-1.signing.csr", "--usage", "nonsense").expect(2)
    bureau.ca("issue", "--request", "node-1.signing.csr", "--usage", "encryption", "--out", "x.crt").expect(1, "JD-1622")
    bureau.ca("issue", "--request", "ca/root.crt", "--usage", "user", "--out", "x.crt").expect(1, "JD-1630")
    bureau.ca("issue", "--request", "none.csr", "--usage", "user").expect(1, "JD-1602")
    bureau.ca("issue", "--request", "node-1.signing.csr", "--usage", "signing", "--out", "certs/node-1.signing.crt").expect(
        1, "JD-1601")
    bureau.ca("revoke", "00ff").expect(1, "JD-1623")
    bureau.ca("revoke", "not-a-serial").expect(2, "JD-4003")
    bureau.ca("revoke", "00ff", "--reason", "boredom").expect(2)
    bureau.ca("request", "--name", "../x", "--key", "validator.key").expect(2)
    wrong = room.file("wrong", b"wrong\n")
    room.run("ca", "crl", "--passphrase-file", wrong).expect(1, "JD-1609")
    room.run("ca", "crl", "--passphrase-file", wrong, "--lang", "zh").expect(1, "JD-1609", "口令")
    check(bureau.bytes("ca/issued.txt") == before and not os.path.exists(bureau.path("x.crt")), "something was written")
    escape = room.run("ca", "request", "--name", "a\x1b[2Jb", "--key", "validator.key", "--passphrase-file", bureau.secret)
    escape.expect(1, "JD-1620")
    check("\x1b[2J" not in escape.out + escape.err, "a name moved the terminal's cursor")


@test
def authority_torn(room):
    """A book with a torn last line is worked with, the tear is named and mended; a damaged line stops all work."""
    bureau = Bureau(room)
    bureau.found().expect(0)
    bureau.node().expect(0)
    whole = bureau.bytes("ca/issued.txt")
    room.file("ca/issued.txt", whole[:-7])
    bureau.ca("list").expect(0, "that was never finished")
    bureau.ca("crl").expect(0, "that was never finished")
    listed = bureau.ca("list", "--json").expect(0).json
    check(len(listed["issued"]) == 1 and listed["tornBytes"] == 0, listed)
    room.file("ca/issued.txt", whole.replace(b"signature", b"signaturf").replace(b"issued", b"jssued", 1))
    for words in (("list",), ("crl",), ("revoke", "00ff")):
        bureau.ca(*words).expect(1, "JD-1618", "line 3 of ./ca/issued.txt")


@test
def authority_killed(room):
    """A kill at any moment of issuing and revoking loses no certificate that was written, and repeats no list number."""
    bureau = Bureau(room)
    bureau.found().expect(0)
    bureau.ca("request", "--name", "u", "--key", "validator.key").expect(0)
    numbers, files = [], []
    rounds = 60 if room.full else 16
    # The last kills come when the command is done, if the machine is quiet.
    patience = 1.5 * bureau.ca("crl").expect(0).seconds
    for index in range(rounds):
        out = f"u{index}.crt"
        process = room.spawn("ca", "issue", "--request", "u.signing.csr", "--usage", "user", "--out", out,
                             "--passphrase-file", bureau.secret)
        time.sleep(patience * (index + 1) / rounds)
        process.kill()
        process.wait()
        if os.path.exists(bureau.path(out)):
            files.append(bureau.ca("show", out, "--json").expect(0).json["contents"][0]["serial"])
        process = room.spawn("ca", "crl", "--passphrase-file", bureau.secret)
        time.sleep(patience * (index + 1) / rounds)
        process.kill()
        process.wait()
        seen = bureau.ca("show", "ca/root.crl", "--json").expect(0).json["contents"][0]
        numbers.append((int(seen["number"]), bureau.bytes("ca/root.crl")))
    listed = bureau.ca("list", "--json").expect(0).json
    known = {one["serial"] for one in listed["issued"]}
    check(set(files) <= known, "a certificate that was handed out is not in the book")
    check([number for number, _ in numbers] == sorted(number for number, _ in numbers), numbers)
    check(len(dict(numbers)) == len(set(numbers)), "one number, two lists")
    check(listed["listNumber"] >= numbers[-1][0], listed["listNumber"])
    bureau.ca("crl").expect(0)
    # Row, book, certificate, in this order (AUD-15): what the book knows has a row, and a row the book does not know is named.
    log = logged(bureau.path("ca"))
    unfinished = {row["object"] for row in log if row["act"] == "authority.unfinished"}
    issued = {row["object"] for row in log if row["act"] == "certificate.issue" and row["verdict"] == "done"}
    check(issued - unfinished == known and not known & unfinished, issued - unfinished ^ known, unfinished)
    check(int([row for row in log if row["act"] == "revocations.publish"][-1]["object"]) == bureau.ca("list", "--json").json["listNumber"], log[-1])
    room.note(f"{len(unfinished)} acts were killed behind their row")
    room.note(f"{rounds} kills each: {len(files)} certificates written, {len(set(numbers))} lists seen")


def log_path(bureau):
    return bureau.path("ca/audit/acts-000000000001.log")


def lines_of(bureau):
    with open(log_path(bureau), "rb") as file:
        return file.read().split(b"\n")[:-1]


def verify_with(bureau, lines, *words):
    """What `audit verify` says of the authority's log with other lines; the log is put back."""
    good = lines_of(bureau)
    try:
        bureau.room.file("ca/audit/acts-000000000001.log", b"".join(line + b"\n" for line in lines))
        told = bureau.room.run("audit", "verify", "--data", "ca", "--json", *words).expect(1).json
        return [(flaw["kind"], flaw["row"], flaw["last"]) for flaw in told["logs"][0]["flaws"]]
    finally:
        bureau.room.file("ca/audit/acts-000000000001.log", b"".join(line + b"\n" for line in good))


def resealed(line, previous, old=b"", new=b""):
    """The line with another text and another row before it, under a digest of its own."""
    body = line.replace(old, new) if old else line
    body = body[:body.rindex(b',"previous":')] + b',"previous":"' + previous.encode() + b'"'
    return body + b',"digest":"' + sm3(body).hex().encode() + b'"}', sm3(body).hex()


@test
def authority_acts(room):
    """Acts and refusals of an authority are rows of its log; what has no row is not done; a changed and a deleted row are named (AUD-15)."""
    bureau = Bureau(room)
    bureau.ca("crl").expect(1, "JD-1617")
    check(not os.path.exists(bureau.path("ca")), "a log of an authority that is not there")
    bureau.found().expect(0)
    bureau.found().expect(1, "JD-1601")
    serial = bureau.node("node-1", "validator.key", "--json").expect(0).json["issued"][0]["certificate"]["serial"]
    with open(bureau.path("node-1.signing.csr"), encoding="ascii") as file:
        request = file.read().splitlines()
    der = bytearray(base64.b64decode("".join(request[1:-1])))
    der[-1] ^= 1
    room.file("forged.csr", b"\n".join([request[0].encode(), base64.b64encode(bytes(der)), request[-1].encode()]) + b"\n")
    bureau.ca("issue", "--request", "forged.csr", "--usage", "user").expect(1, "JD-1621")
    bureau.ca("issue", "--request", "node-1.signing.csr", "--usage", "encryption", "--out", "x.crt").expect(1, "JD-1622")
    bureau.ca("renew", serial, "--out", "new.crt").expect(0)
    for _ in range(2):
        bureau.ca("revoke", serial, "--reason", "superseded").expect(0)
    bureau.ca("renew", serial).expect(1, "JD-1624")
    bureau.ca("revoke", "00ff").expect(1, "JD-1623")
    bureau.ca("revoke", "a passphrase").expect(2, "JD-4003")
    room.run("ca", "crl", "--passphrase-file", room.file("wrong", b"wrong\n")).expect(1, "JD-1609")
    log = logged(bureau.path("ca"))
    told = [(row["act"], row["verdict"], row["code"]) for row in log]
    check(told == [
        ("authority.init", "done", ""), ("revocations.publish", "done", ""), ("authority.init", "failed", "JD-1601"),
        ("certificate.issue", "done", ""), ("certificate.issue", "done", ""), ("certificate.issue", "denied", "JD-1621"),
        ("certificate.issue", "denied", "JD-1622"), ("certificate.renew", "done", ""), ("certificate.revoke", "done", ""),
        ("revocations.publish", "done", ""), ("certificate.renew", "denied", "JD-1624"), ("certificate.revoke", "failed", "JD-1623"),
        ("certificate.revoke", "failed", "JD-4003"), ("revocations.publish", "denied", "JD-1609")], told)
    check(log[3]["object"] == serial == log[8]["object"] and log[3]["detail"].startswith("signing, until "), log[3])
    check(log[3]["detail"].endswith("C=CN, O=某市大数据局, CN=node-1") and log[8]["detail"].startswith("superseded, "), log[3], log[8])
    check(all(row["who"].startswith("operator:") for row in log) and log[11]["object"] == "ff" and log[12]["object"] == "", log[12])
    check("a passphrase" not in json.dumps(log) and "PRIVATE" not in json.dumps(log), "a passphrase stands in a row")
    # The commands that read a node's log read this one.
    listed = room.run("audit", "list", "--data", "ca", "--denied", "--json").expect(0).json["rows"]
    check([row["code"] for row in listed if row["verdict"] == "denied"] == ["JD-1621", "JD-1622", "JD-1624", "JD-1609"], listed)
    check(len(room.run("audit", "export", "--data", "ca", "--act", "certificate.issue").expect(0).out.splitlines()) == 4, "the export")
    room.run("audit", "verify", "--data", "ca").expect(0, "14 rows")
    lines = lines_of(bureau)
    forged = lines[:8] + [lines[8].replace(b"superseded", b"unspecifie")] + lines[9:]
    check(verify_with(bureau, forged) == [("changed", 9, 9)], verify_with(bureau, forged))
    check(verify_with(bureau, lines[:8] + lines[9:]) == [("missing", 9, 9)], verify_with(bureau, lines[:8] + lines[9:]))
    # A torn row is taken away by the next act.
    with open(log_path(bureau), "ab") as file:
        file.write(b'{"row":15,"time":"20')
    bureau.ca("crl").expect(0)
    check(len(logged(bureau.path("ca"))) == 15, "the torn row")
    # An authority of a release without a log: it begins with what is there.
    shutil.rmtree(bureau.path("ca/audit"))
    bureau.ca("crl").expect(0)
    begun = logged(bureau.path("ca"))
    check([row["act"] for row in begun] == ["authority.adopt", "revocations.publish"], begun)
    check(begun[0]["detail"].startswith("3 issued, 1 revoked, list 3, fingerprint "), begun[0])


@test
def authority_full(room):
    """Where the disk of the log is full nothing is issued, revoked or published, and later all of it goes on (AUD-15)."""
    bureau = Bureau(room)
    disk = room.tmpfs("small", "64k")
    os.mkdir(bureau.path("ca"), 0o700)
    os.symlink(disk, bureau.path("ca/audit"))
    bureau.found().expect(0)
    bureau.ca("request", "--name", "u", "--key", "validator.key").expect(0)
    issue = ("issue", "--request", "u.signing.csr", "--usage", "user", "--out", "u.crt")
    handle = os.open(os.path.join(disk, "filler"), os.O_WRONLY | os.O_CREAT)
    try:
        while os.write(handle, b"x" * 1024):
            pass
    except OSError:
        os.close(handle)
    # The rest of the last page takes a few rows still.
    refused = next(ran for ran in (bureau.ca("crl") for _ in range(40)) if ran.code)
    refused.expect(1, "JD-1628")
    before, published = bureau.bytes("ca/issued.txt"), bureau.bytes("ca/root.crl")
    bureau.ca(*issue).expect(1, "JD-1628")
    room.run("ca", "crl", "--passphrase-file", room.file("wrong", b"wrong\n")).expect(1, "JD-1609", "JD-1628")
    check(bureau.bytes("ca/issued.txt") == before and bureau.bytes("ca/root.crl") == published, "it was done all the same")
    check(not os.path.exists(bureau.path("u.crt")), "a certificate was handed out")
    os.remove(os.path.join(disk, "filler"))
    bureau.ca(*issue).expect(0)
    room.run("audit", "verify", "--data", "ca").expect(0)
    check(logged(bureau.path("ca"))[-1]["act"] == "certificate.issue", "the row is missing")


@test
def authority_anchored(room):
    """An authority's log is put on record by `audit anchor`, once for the same rows, and proven against the chain: a cut and a rewritten one are found (AUD-16, AUD-12)."""
    node = room.node().start()
    bureau = Bureau(room)
    bureau.found().expect(0)
    bureau.ca("request", "--name", "u", "--key", "validator.key").expect(0)
    bureau.ca("issue", "--request", "u.signing.csr", "--usage", "user").expect(0)
    proof = ("--node", node.url, "--trust", os.path.join(node.data, "trust", "main.trust"))
    bare = room.run("audit", "verify", "--data", "ca", *proof).expect(2, "not anchored yet", "jiuding audit anchor --data ca")
    check("3 rows" in bare.out, bare.out)
    anchor = ("audit", "anchor", "--data", "ca", "--key", os.path.join(node.data, "users", "default.key"), *proof)
    room.run("audit", "anchor", "--data", "ca", *proof).expect(2, "JD-4007", "--key")
    made = room.run(*anchor, "--name", "某市 CA", "--json").expect(0).json
    check(made["anchored"] and made["row"] == 3 and made["digest"] == logged(bureau.path("ca"))[2]["digest"], made)
    row = logged(bureau.path("ca"))[3]
    check((row["act"], row["object"], row["who"], row["chain"]) == ("audit.anchored", "3", made["account"], "main"), row)
    again = room.run(*anchor, "--name", "某市 CA", "--json").expect(0).json
    check(again == {**made, "anchored": False}, again)
    room.run(*anchor, "--name", "某市 CA").expect(0, "No row is new since 3", made["evidence"])
    check(len(logged(bureau.path("ca"))) == 4, "an anchor that was not made has a row")
    of = (*proof, "--of", "某市 CA")
    good = room.run("audit", "verify", "--data", "ca", *of, "--json").expect(0).json["logs"][0]
    check(good["sound"] and good["provenRow"] == 3 and good["provenBy"] == made["evidence"], good)
    room.run("audit", "verify", "--data", "ca", *of, "--account", made["account"]).expect(0, "proven up to row 3")
    bureau.ca("revoke", "u.signing.crt").expect(0)
    newer = room.run(*anchor, "--name", "某市 CA", "--json").expect(0).json
    check(newer["anchored"] and newer["row"] == 6, newer)
    # Under its own name, the root's, it is another log on record.
    own = room.run(*anchor, "--json").expect(0).json
    check(own["name"].startswith("某市大数据局 ") and own["row"] == 7, own)
    room.run("audit", "verify", "--data", "ca", *proof).expect(0, "proven up to row 7")
    lines = lines_of(bureau)
    check(verify_with(bureau, lines[:4], *of) == [("cut", 5, 6)], verify_with(bureau, lines[:4], *of))
    check(verify_with(bureau, lines[:5] + [lines[5].replace(b'"2"', b'"3"')] + lines[6:], *of)[0] == ("changed", 6, 6), "a changed row")
    anew, previous = lines[:2], json.loads(lines[1])["digest"]
    for index, line in enumerate(lines[2:]):
        forged, previous = resealed(line, previous, *((b"user, ", b"sign, ") if index == 0 else ()))
        anew.append(forged)
    check(("replaced", 3, 3) in verify_with(bureau, anew, *of), verify_with(bureau, anew, *of))
    node.stop()
    room.run(*anchor, "--name", "another").expect(3, "JD-4001")
    failed = logged(bureau.path("ca"))[-1]
    check((failed["act"], failed["verdict"], failed["code"]) == ("audit.anchored", "failed", "JD-4001"), failed)


@test
def authority_openssl(room):
    """The openssl tool reads and verifies what the commands wrote: root, certificates, requests, list."""
    bureau = Bureau(room)
    bureau.found("--city", "南昌市", "--crl-url", "http://ca.example/root.crl").expect(0)
    bureau.node().expect(0)
    bureau.ca("revoke", "certs/node-1.encryption.crt", "--reason", "keyCompromise").expect(0)
    at = bureau.path
    for name in ("signing", "encryption"):
        code, told = openssl("req", "-in", at(f"node-1.{name}.csr"), "-verify", "-noout", *DISTINGUISHING)
        check(code == 0, told)
        path = at(f"certs/node-1.{name}.crt")
        code, told = openssl("verify", *DISTINGUISHING, "-CAfile", at("ca/root.crt"), "-x509_strict", path)
        check(code == 0 and told.strip().endswith(": OK"), told)
    code, told = openssl("x509", "-in", at("certs/node-1.signing.crt"), "-noout", "-text", "-nameopt", "utf8,sep_comma_plus")
    for text in ("O=某市大数据局", "CN=node-1", "Digital Signature, Non Repudiation", "CA:FALSE", "ca.example/root.crl",
                 "SM2-with-SM3"):
        check(code == 0 and text in told, text, told)
    code, told = openssl("x509", "-in", at("ca/root.crt"), "-noout", "-text", "-nameopt", "utf8,sep_comma_plus")
    check(code == 0 and "CA:TRUE, pathlen:0" in told and "Certificate Sign, CRL Sign" in told and "L=南昌市" in told, told)
    serial = bureau.ca("list", "--json").expect(0).json["issued"][1]["serial"]
    code, told = openssl("crl", "-in", at("ca/root.crl"), "-noout", "-text")
    check(code == 0 and serial.upper() in told and "Key Compromise" in told and "X509v3 CRL Number" in told, told)


@test
def expiry_warnings(room):
    """doctor warns at 180, 90, 30 and 7 days, fails when a certificate has expired, and finds those below --data."""
    bureau = Bureau(room)
    bureau.found().expect(0)
    bureau.ca("request", "--name", "u", "--key", "validator.key").expect(0)

    def doctor(*words):
        ran = room.run("doctor", "--json", "--data", "data", *words)
        found = [one for one in ran.json["checks"] if one["check"] == "certificates"]
        return ran.code, [(one["verdict"], one["fact"]) for one in found]

    code, found = doctor()
    check(found == [("ok", "none below data")], found)
    for days, step in ((7, 7), (8, 30), (31, 90), (90, 90), (91, 180), (180, 180), (181, None)):
        bureau.ca("issue", "--request", "u.signing.csr", "--usage", "user", "--days", days, "--out",
                  f"data/node-0/certs/{days}.crt").expect(0)
        code, found = doctor("--certificates", f"data/node-0/certs/{days}.crt")
        check(len(found) == 1 and found[0][0] == ("warn" if step else "ok"), days, found)
        check(step is None or f"the {step}-day warning" in found[0][1], days, found)
    code, found = doctor()
    check([one[0] for one in found] == ["warn"] * 6 and "7.crt" in found[0][1], found)
    code, found = doctor("--certificates", "ca", "none.crt")
    check(code == 1 and [one[0] for one in found] == ["fail"] and "JD-1602" in found[0][1], found)
    code, found = doctor("--certificates", "ca")
    check(len(found) == 1 and found[0][0] == "ok" and found[0][1].startswith("2, the first ends in 89 days"), found)
