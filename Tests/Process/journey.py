# SPDX-License-Identifier: Apache-2.0
"""The main job as a person does it: deposit, take the receipt away, show that it holds and that nothing else does."""
import os
import stat
import subprocess

from harness import BINARY, Skipped, check, test

CONTRACT = "合同 no. 7\n".encode() * 100


def offline(room):
    """The words that run a command with no network at all."""
    tried = subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False)
    if tried.returncode != 0:
        raise Skipped(f"unshare -n does not work here: {tried.stderr.decode().strip()}")
    return ("unshare", "-n")


def deposited(room, data="data", **options):
    """A node that was stopped after depositing one file; the file, its receipt and the trust anchor."""
    node = room.node(data, **options).start()
    path = room.file(f"{data}-files/contract.pdf", CONTRACT)
    node.put(path).expect(0, "deposited")
    code, _ = node.stop()
    check(code == 0, "the node's exit code is", code)
    return node, path, path + ".receipt", os.path.join(node.data, "trust", f"{node.chain}.trust")


@test
def offline_proof(room):
    """A deposited file is verified with the node stopped and no network; a changed file or receipt is not, by name."""
    alone = offline(room)
    node, path, receipt, trust = deposited(room)
    verify = ("evidence", "verify", path, "--trust", trust)
    room.run(*verify, before=alone).expect(0, "verified")
    seen = room.run(*verify, "--json", before=alone).expect(0).json
    check(seen["verified"] is True and seen["chain"] == "main", seen)
    with open(path, "r+b") as handle:
        handle.write(b"X")
    seen = room.run(*verify, "--json", before=alone).expect(1).json
    check(seen["verified"] is False and seen["code"] == "JD-2117", seen)
    room.file("data-files/contract.pdf", CONTRACT + b"more")
    room.run(*verify, before=alone).expect(1, "JD-2117")
    room.file("data-files/contract.pdf", CONTRACT)
    with open(receipt, "rb") as handle:
        intact = handle.read()
    for place in (0, 40, len(intact) // 2, len(intact) - 1):
        broken = bytearray(intact)
        broken[place] ^= 1
        damaged = room.file("damaged.receipt", broken)
        room.run(*verify, "--receipt", damaged, before=alone).expect(1, "JD-21")
    for content in (intact[:-1], intact + b"\0", b"", b"\0" * (8 << 20)):
        room.run(*verify, "--receipt", room.file("damaged.receipt", content), before=alone).expect(1, "JD-2101")
    room.run("evidence", "verify", path, "--trust", room.file("bad.trust", b"no")).expect(1, "JD-2101")


@test
def other_chain(room):
    """A receipt held against another chain's trust anchor is refused by the name of both chains."""
    _, path, receipt, _ = deposited(room)
    other, *_, trust = deposited(room, "other", chain="second")
    ran = room.run("evidence", "verify", path, "--receipt", receipt, "--trust", trust).expect(1, "JD-2103", "second@")
    check("found" in ran.out + ran.err, "does not say what was found:", ran.out)
    seen = room.run("evidence", "verify", path, "--receipt", receipt, "--trust", trust, "--json").expect(1).json
    check(seen["code"] == "JD-2103", seen)
    check(other.chain == "second", other.chain)


@test
def every_command_answers(room):
    """Every reading command answers in text and in JSON, with nothing but the JSON on stdout, and shows the deposit."""
    node = room.node().start()
    path = room.file("files/a.txt", b"one")
    put = node.put(path, "--json").expect(0).json
    check(put["deposited"] == 1 and put["files"][0]["status"] == "deposited", put)
    number, transaction = put["files"][0]["number"], None
    shown = node.run("evidence", "show", number, "--json").expect(0).json
    transaction = shown["records"][0]["transaction"]
    height = number[1:].split("-")[0]
    data = ("--data", node.data)
    for words in (
            ("evidence", "show", number), ("evidence", "show", path), ("evidence", "list", *data),
            ("receipt", "inspect", path + ".receipt"), ("chain", "status"), ("chain", "blocks", "--limit", "3"),
            ("chain", "block", height), ("chain", "tx", transaction), ("chain", "trust"),
            ("key", "show", os.path.join(node.data, "users", "default.key"), "--passphrase-file",
             os.path.join(node.data, "users", "default.key.passphrase")),
            ("evidence", "put", path, *data), ("evidence", "verify", path, *data)):
        check(node.run(*words).expect(0).out.strip(), words, "prints nothing")
        check(isinstance(node.run(*words, "--json").expect(0).json, dict), words)
    check("E" + number[1:] in node.run("evidence", "show", path).out, "show does not name the record")
    again = node.put(path, "--json").expect(0).json
    check(again["deposited"] == 0 and again["alreadyHad"] == 1, "a second put is not skipped:", again)
    for height in ("0", "1"):
        node.run("chain", "block", height).expect(0)
    seen = node.run("doctor", *data, "--port", node.port, "--json")
    check(seen.code in (0, 1) and "checks" in seen.json, seen.out)


@test
def exit_codes(room):
    """The exit code says it: 0 done, 1 no, 2 misused, 3 not reached, 4 not permitted; errors are one JSON object too."""
    node = room.node().start()
    path = room.file("files/a.txt", b"one")
    data = ("--data", node.data)
    node.put(path).expect(0)
    for code, words in (
            (1, ("chain", "tx", "00" * 32)), (1, ("evidence", "show", "E999999-0")), (1, ("chain", "block", "99999999")),
            (1, ("chain", "status", "--chain", "nowhere")), (2, ("evidence", "verify")), (2, ("chain", "tx", "xyz")),
            (2, ("evidence", "put", os.path.dirname(path), *data)), (2, ("nonsense",)), (2, ("chain", "blocks", "--limit", "0")),
            (2, ("evidence", "verify", path, "--trust", "/nonexistent")), (2, ("chain", "verify", "--data", "/nonexistent")),
            (2, ("up", "--data", "x", "--port", "70000")), (1, ("evidence", "put", "/nonexistent", *data)),
            (3, ("chain", "status", "--node", "http://127.0.0.1:1")), (3, ("evidence", "put", path + "2", *data, "--node",
                                                                         "http://127.0.0.1:1"))):
        room.file("files/a.txt2", b"two")
        ran = node.run(*words).expect(code)
        check(ran.err.strip() or ran.out.strip(), words, "fails without a word")
        if words != ("nonsense",):
            check(isinstance(node.run(*words, "--json").expect(code).json, dict), words)
    room.file("pass", b"a passphrase of one's own")
    stranger = os.path.join(room.path, "stranger.pem")
    room.run("key", "new", "--out", stranger, "--passphrase-file", os.path.join(room.path, "pass")).expect(0)
    ran = node.put(path + "2", "--key", stranger, "--passphrase-file", os.path.join(room.path, "pass"))
    ran.expect(4, "JD-1106")


def commands(room, words=()):
    """Every command, found by asking --help for its subcommands."""
    text = room.run(*words, "--help").expect(0).out
    found, inside = [], False
    for line in text.splitlines():
        if "SUBCOMMANDS" in line:
            inside = True
        elif inside and line.startswith("  ") and not line.startswith("   "):
            name = line.split()[0]
            if name not in ("See", "help"):
                found.append(name)
    if not found:
        return [(words, text)]
    return [each for name in found for each in commands(room, (*words, name))]


@test
def helps(room):
    """Every command's --help gives an example, in English and in Chinese, and exits 0."""
    found = commands(room)
    check(len(found) >= 15, "few commands found:", [" ".join(words) for words, _ in found])
    bare = [" ".join(words) for words, text in found if "Example:" not in text]
    check(not bare, "no example in the help of:", bare)
    for words, _ in found:
        check("示例" in room.run(*words, "--help", env={"LANG": "zh_CN.UTF-8"}).expect(0).out, words, "has no 示例")
    room.note(f"{len(found)} commands")


@test
def keys_are_private(room):
    """Every file that holds a key, a passphrase or a token has mode 0600, whatever the umask."""
    node = room.node(before=("sh", "-c", 'umask 000; exec "$@"', "sh")).start()
    room.file("pass", b"a passphrase of one's own")
    room.run("key", "new", "--out", "mine.pem", "--passphrase-file", "pass").expect(0)
    room.run("key", "new", "--out", "mine.pem", "--passphrase-file", "pass").expect(1, "JD-1601")
    secrets = [os.path.join(room.path, "mine.pem")]
    for folder, _, names in os.walk(node.data):
        if os.path.basename(folder) in ("keys", "users"):
            secrets += [os.path.join(folder, name) for name in names]
    check(len(secrets) >= 5, secrets)
    for path in secrets:
        mode = stat.S_IMODE(os.stat(path).st_mode)
        check(mode == 0o600, f"{path} has mode {mode:o}")


@test
def languages(room):
    """--lang zh and LANG choose Chinese, --lang en wins over LANG, and codes stay the same."""
    words = ("chain", "status", "--node", "http://127.0.0.1:1")
    for extra, env, text in (
            (("--lang", "zh"), {}, "无法连接"), ((), {"LANG": "zh_CN.UTF-8"}, "无法连接"),
            (("--lang", "en"), {"LANG": "zh_CN.UTF-8"}, "cannot be reached"), ((), {}, "cannot be reached")):
        room.run(*words, *extra, env=env).expect(3, "JD-4001", text)
    check(os.path.exists(BINARY), BINARY)
