# SPDX-License-Identifier: Apache-2.0
"""A key's life as a person leads it, and that nothing of it ever shows where it should not."""
import base64
import hashlib
import os
import shutil
import signal
import subprocess

from client import times
from harness import Node, Skipped, check, test

DEVICE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Device", "device.c")
SECRETS = {"owner": "owner passphrase 7f3a", "first": "keeper one 91c2", "second": "keeper two 0b77", "third": "keeper three e5d4"}


def key_command(room, *words, **options):
    return room.run("key", *words, **options)


@test
def life(room):
    """A key is made, split, destroyed, restored by two of three keepers, archived and brought back; JSON says the same."""
    owner = room.file("owner", (SECRETS["owner"] + "\n").encode())
    keepers = room.file("keepers", "".join(SECRETS[who] + "\n" for who in ("first", "second", "third")).encode())
    made = key_command(room, "new", "--out", "alice.key", "--passphrase-file", owner, "--json").expect(0).json
    split = key_command(room, "backup", "alice.key", "--shares", "3", "--threshold", "2", "--out", "shares", "--passphrase-file",
                        owner, "--share-passphrases", keepers, "--json").expect(0).json
    check(split["threshold"] == 2 and split["publicKey"] == made["publicKey"], split)
    shares = [os.path.join(room.path, path) for path in split["shares"]]
    check([os.stat(path).st_mode & 0o777 for path in shares] == [0o600] * 3, shares)
    seen = key_command(room, "check-share", shares[0], "--share-passphrases", keepers, "--json").expect(0).json
    check(seen["sound"] and seen["account"] == made["account"] and (seen["index"], seen["count"]) == (1, 3), seen)
    key_command(room, "backup", "alice.key", "--out", "shares", "--passphrase-file", owner, "--share-passphrases", keepers).expect(
        1, "JD-1601")
    key_command(room, "destroy", "alice.key", "--account", "00000000", "--passphrase-file", owner).expect(2)
    key_command(room, "destroy", "alice.key", "--account", made["account"][:8], "--passphrase-file", owner).expect(0)
    check(not os.path.exists(os.path.join(room.path, "alice.key")), "the key is still there")
    key_command(room, "show", "alice.key", "--passphrase-file", owner).expect(1)
    # One share is not enough; the second and third are, in their keepers' order.
    two = room.file("two", f"{SECRETS['third']}\n{SECRETS['second']}\n".encode())
    key_command(room, "restore", shares[2], "--out", "back.key", "--passphrase-file", owner, "--share-passphrases", two).expect(
        1, "JD-1641")
    back = key_command(room, "restore", shares[2], shares[1], "--out", "back.key", "--passphrase-file", owner,
                       "--share-passphrases", two, "--json").expect(0).json
    check(back["account"] == made["account"], back)
    key_command(room, "archive", "back.key", "--out", "archive/back.key", "--passphrase-file", owner).expect(0)
    key_command(room, "show", "archive/back.key", "--passphrase-file", owner).expect(1, "JD-1645")
    key_command(room, "unarchive", "archive/back.key", "--out", "again.key", "--passphrase-file", owner).expect(0, made["account"])


@test
def never_seen(room):
    """No passphrase and no private number stands in a log, an argument, an environment, a crash report or a core."""
    node = Node(room, os.path.join(room.path, "data")).start()
    hidden, kept = {}, []
    for folder, _, names in os.walk(node.data):
        for path in (os.path.join(folder, name) for name in names if name.endswith(".passphrase")):
            with open(path, "rb") as handle:
                hidden[path] = handle.read().strip()
            key = path.removesuffix(".passphrase")
            hidden[key] = private_number(key, hidden[path])
            kept += [path, key]
    check(len(hidden) >= 4, "there are no development keys", list(hidden))
    forms = {form: path for path, secret in hidden.items() for form in (secret, secret.hex().encode(), secret.hex().upper().encode())}

    def search(what, text):
        for form, path in forms.items():
            check(form not in text, f"the secret of {path} stands in {what}")

    for what in ("cmdline", "environ"):
        with open(f"/proc/{node.process.pid}/{what}", "rb") as handle:
            search(f"the node's {what}", handle.read())
    with open(f"/proc/{node.process.pid}/limits", encoding="utf-8") as handle:
        core = next(line for line in handle if line.startswith("Max core file size")).split()
    check(core[4:6] == ["0", "0"], "the node may leave a core:", core)
    files = node.run("chain", "status", "--json")
    search("an answer", (files.out + files.err).encode())
    os.kill(node.process.pid, signal.SIGSEGV)
    node.process.wait(10)
    searched, report = 0, node.said()
    for folder, _, names in os.walk(room.path):
        for path in (os.path.join(folder, name) for name in names):
            check(not os.path.basename(path).startswith("core"), f"there is a core: {path}")
            if path in kept:
                continue
            with open(path, "rb") as handle:
                search(path, handle.read())
            searched += 1
    room.note(f"{len(hidden)} secrets in {searched} files, after a crash whose report has {len(report)} characters")


def private_number(path, passphrase):
    """What a key file hides, by the rules of docs/spec/keys.md (KEY-7) and other people's code."""
    with open(path, encoding="ascii") as handle:
        der = base64.b64decode("".join(line for line in handle.read().split("\n") if line and line[0] != "-"))
    salt, vector, ciphertext = octets(der)
    key = hashlib.pbkdf2_hmac("sm3", passphrase, salt, 100_000, 16)
    plain = subprocess.run(["openssl", "enc", "-d", "-sm4-cbc", "-K", key.hex(), "-iv", vector.hex()], input=ciphertext,
                           capture_output=True, check=True).stdout
    begin = plain.index(bytes.fromhex("0201010420")) + 5
    return plain[begin:begin + 32]


def octets(der):
    """The octet strings of a DER text, in order."""
    found, at = [], 0
    while at < len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length & 0x80:
            count, at = length & 0x7F, at + (length & 0x7F)
            length = int.from_bytes(der[at - count:at], "big")
        if tag == 0x30:
            found += octets(der[at:at + length])
        if tag == 0x04:
            found.append(der[at:at + length])
        at += length
    return found


@test
def device_node(room):
    """A validator whose key lies in a cryptographic device makes blocks with it; a wrong password is named."""
    library = os.path.join(room.path, "libdevice.so")
    if not shutil.which("clang"):
        raise Skipped("there is no clang to build the device's library with")
    subprocess.run(["clang", "-shared", "-fPIC", "-o", library, DEVICE, "-lcrypto"], check=True, capture_output=True)
    # The device's key 1 is the standard's; the chain is founded on that key as a file, which then goes away.
    node = Node(room, os.path.join(room.path, "data"))
    folder = os.path.join(node.data, "node-0", "keys")
    room.file("data/node-0/keys/validator.key.passphrase", b"x\n")
    os.chmod(os.path.join(folder, "validator.key.passphrase"), 0o600)
    write_key(os.path.join(folder, "validator.key"), bytes.fromhex(STANDARD), b"x")
    node.prepare()
    os.remove(os.path.join(folder, "validator.key"))
    room.file("data/node-0/keys/device.password", b"passwort\n")
    with open(node.config, encoding="utf-8") as handle:
        text = handle.read()
    text = text.replace("  validator: keys/validator.key\n",
                        f"  device:\n    library: {library}\n    index: 1\n    password: keys/device.password\n")
    with open(node.config, "w", encoding="utf-8") as handle:
        handle.write(text)
    refused = room.run("node", "--config", node.config)
    check(refused.code == 1 and "JD-1651" in refused.err and "0x100000a" in refused.err, refused.err)
    room.file("data/node-0/keys/device.password", b"password\n")
    node.start()
    room.file("paper.txt", b"by a device")
    node.run("evidence", "put", "paper.txt").expect(0)
    room.run("evidence", "verify", "paper.txt", "--data", node.data).expect(0, "verified")
    node.stop()


STANDARD = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"


def write_key(path, number, passphrase):
    """A key file as KEY-7 says, around a private number."""
    def tlv(tag, *parts):
        content = b"".join(parts)
        size = len(content)
        return bytes([tag]) + (bytes([size]) if size < 0x80 else bytes([0x81, size])) + content

    def name(text):
        return tlv(6, bytes.fromhex(text))

    public = b"\x04" + b"".join(part.to_bytes(32, "big") for part in times(int.from_bytes(number, "big")))
    plain = tlv(0x30, b"\x02\x01\x00", tlv(0x30, name("2a8648ce3d0201"), name("2a811ccf5501822d")), tlv(4, tlv(
        0x30, b"\x02\x01\x01", tlv(4, number), tlv(0xA1, tlv(3, b"\x00", public)))))
    salt, vector = os.urandom(16), os.urandom(16)
    key = hashlib.pbkdf2_hmac("sm3", passphrase, salt, 100_000, 16)
    sealed = subprocess.run(["openssl", "enc", "-sm4-cbc", "-K", key.hex(), "-iv", vector.hex()], input=plain, capture_output=True,
                            check=True).stdout
    der = tlv(0x30, tlv(0x30, name("2a864886f70d01050d"), tlv(0x30, tlv(0x30, name("2a864886f70d01050c"), tlv(
        0x30, tlv(4, salt), tlv(2, (100_000).to_bytes(3, "big")), tlv(0x30, name("2a811ccf5501831102"), b"\x05\x00"))), tlv(
        0x30, name("2a811ccf55016802"), tlv(4, vector)))), tlv(4, sealed))
    text = base64.b64encode(der).decode()
    with open(path, "w", encoding="ascii") as handle:
        handle.write("-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + "\n".join(text[i:i + 64] for i in range(0, len(text), 64))
                     + "\n-----END ENCRYPTED PRIVATE KEY-----\n")
    os.chmod(path, 0o600)
