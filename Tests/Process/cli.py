#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Drives the built program from outside: exit codes, --json, offline verification, repetition, damage.

Usage: Tests/Process/cli.py [path of the binary, default .build/release/jiuding]
Prints a line a check; exit 1 where one failed.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

BINARY = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else ".build/release/jiuding")
FAILED = []
COUNT = 0


def check(name, held, seen=""):
    global COUNT
    COUNT += 1
    print(f"{'ok  ' if held else 'FAIL'}  {name}" + ("" if held else f"\n      {seen}"), flush=True)
    if not held:
        FAILED.append(name)


def run(*arguments, **environment):
    base = {k: v for k, v in os.environ.items() if not k.startswith("JIUDING_") and not k.startswith("LC_")}
    done = subprocess.run(
        [BINARY, *map(str, arguments)], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
        start_new_session=True, env={**base, "LANG": "C.UTF-8", **environment})
    return done.returncode, done.stdout, done.stderr


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(folder, port):
    up = subprocess.Popen(
        [BINARY, "up", "--data", f"{folder}/data", "--port", str(port)], stdout=open(f"{folder}/up.log", "a"),
        stderr=subprocess.STDOUT)
    for _ in range(200):
        if run("chain", "status", "--node", f"http://127.0.0.1:{port}")[0] == 0:
            return up
        if up.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit("the node did not start: " + open(f"{folder}/up.log").read())


def stop(up):
    up.send_signal(signal.SIGINT)
    return up.wait(timeout=30)


def usage(folder):
    check("help is exit 0 and on stdout", run("--help")[0] == 0 and "evidence" in run("--help")[1])
    for command in ["evidence put", "evidence verify", "evidence show", "evidence list", "receipt inspect", "chain status",
                    "chain blocks", "chain block", "chain tx", "chain trust", "chain verify", "key new", "key show",
                    "doctor", "demo", "up", "ca init", "ca request", "ca issue", "ca renew", "ca revoke", "ca list", "ca show",
                    "ca crl", "ca export"]:
        code, out, _ = run(*command.split(), "--help")
        check(f"{command} --help has an example", code == 0 and "Example: jiuding " + command in out, out)
    check("help speaks Chinese", "存证" in run("--lang", "zh", "evidence", "--help")[1])
    check("an unknown option is exit 2", run("evidence", "put", "--nonsense")[0] == 2)
    code, out, err = run("evidence", "put", "--nonsense", "--json")
    check("with --json a usage error is one object", code == 2 and json.loads(out)["error"]["exit"] == 2, out + err)
    code, _, err = run("chain", "status", "--node", f"http://127.0.0.1:{free_port()}")
    check("an absent node is exit 3 with code and fix", code == 3 and "JD-4001" in err and "fix:" in err, err)
    check("a bad URL is exit 2", run("chain", "status", "--node", "ftp://x")[0] == 2)


def keys(folder):
    key = f"{folder}/alice.key.pem"
    code, out, err = run("key", "new", "--out", key, "--json", JIUDING_PASSPHRASE="correct horse")
    check("key new writes a key of mode 0600", code == 0 and os.stat(key).st_mode & 0o777 == 0o600, err)
    check("key new never replaces", run("key", "new", "--out", key, JIUDING_PASSPHRASE="x")[0] == 1)
    account = json.loads(out)["account"]
    code, out, _ = run("key", "show", key, "--json", JIUDING_PASSPHRASE="correct horse")
    check("key show gives the same account", json.loads(out)["account"] == account)
    check("a wrong passphrase is exit 1", run("key", "show", key, JIUDING_PASSPHRASE="wrong")[0] == 1)
    check("without a terminal a missing passphrase is exit 2", run("key", "show", key)[0] == 2)
    return key


def deposits(folder, node, key):
    files = pathlib.Path(folder, "in")
    (files / "sub").mkdir(parents=True)
    for index in range(40):
        (files / "sub" / f"{index}.txt").write_text(f"file {index}\n")
    (files / "关于存证的说明.txt").write_text("说明\n")
    (files / "empty").touch()
    (files / "link").symlink_to("empty")
    os.mkfifo(files / "pipe")
    put = ["evidence", "put", files, "-r", "--out", f"{folder}/out", "--json", *node]
    code, out, err = run(*put)
    answer = json.loads(out)
    check("put deposits every plain file", code == 0 and answer["deposited"] == 42 and answer["leftOut"] == 2, out + err)
    check("put --json prints one object and nothing else", out.count("\n") == 1 and "\x1b" not in out)
    answer = json.loads(run(*put)[1])
    check("put again deposits nothing", answer["deposited"] == 0 and answer["alreadyHad"] == 42, answer)
    lost = sorted(pathlib.Path(folder, "out", "sub").iterdir())[:7]
    for receipt in lost:
        receipt.unlink()
    answer = json.loads(run(*put)[1])
    check("put makes up for what is missing", answer["deposited"] == 7 and answer["alreadyHad"] == 35, answer)
    numbers = [f["number"] for f in answer["files"] if f["status"] == "deposited"]
    check("a repeated deposit keeps its first number", all(re.fullmatch(r"E\d+-\d+", n) for n in numbers), numbers)
    code, out, err = run("evidence", "put", files / "empty", "--key", key, *node, JIUDING_PASSPHRASE="correct horse")
    check("a key that is no member's is exit 4", code == 4 and "JD-1106" in out, out + err)
    check("one missing path is exit 1", run("evidence", "put", files / "none", *node)[0] == 1)
    code, out, _ = run("evidence", "show", files / "关于存证的说明.txt", *node[:2])
    check("show finds a record by its file", code == 0 and "关于存证的说明.txt" in out, out)
    code, out, _ = run("evidence", "list", "--limit", 5, "--json", *node)
    check("list gives as many as asked for", code == 0 and len(json.loads(out)["records"]) == 5, out)


def overwrite(folder, node):
    note = pathlib.Path(folder, "note.txt")
    note.write_text("first\n")
    run("evidence", "put", note, *node)
    first = pathlib.Path(f"{note}.receipt").read_bytes()
    note.write_text("second\n")
    code, _, err = run("evidence", "put", note, *node)
    aside = [p for p in pathlib.Path(folder).glob("note.txt.*.receipt")]
    check("a receipt of an earlier content is set aside, never lost",
          code == 0 and len(aside) == 1 and aside[0].read_bytes() == first, f"{aside} {err}")
    # What a killed run leaves behind is no receipt and no file to deposit.
    pathlib.Path(folder, "in", "x.receipt.999~").write_text("half")
    code, out, _ = run("evidence", "put", f"{folder}/in", "-r", "--out", f"{folder}/out", "--json", *node)
    check("a half-written receipt is not deposited", json.loads(out)["deposited"] == 0, out)


def offline(folder):
    trust = ["--trust", f"{folder}/data/trust/main.trust"]
    good = pathlib.Path(folder, "in", "sub", "3.txt")
    receipt = pathlib.Path(folder, "out", "sub", "3.txt.receipt")
    verify = ["evidence", "verify", good, "--receipt"]
    code, out, err = run(*verify, receipt, *trust)
    check("a receipt verifies with the node stopped", code == 0 and "3.txt" in out, out + err)
    code, out, _ = run("evidence", "verify", f"{folder}/in", "--receipt", f"{folder}/out", "--json", *trust)
    check("a whole directory verifies", code == 0 and json.loads(out)["filesVerified"] == 42, out)
    changed = pathlib.Path(folder, "changed.txt")
    changed.write_bytes(good.read_bytes() + b"!")
    code, out, _ = run("evidence", "verify", changed, "--receipt", receipt, "--json", *trust)
    check("a changed file is exit 1, JD-2117", code == 1 and json.loads(out)["code"] == "JD-2117", out)
    whole = receipt.read_bytes()
    spoiled = pathlib.Path(folder, "spoiled.receipt")
    survivors = []
    for place in range(0, len(whole), 37):
        spoiled.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1:])
        code, out, _ = run(*verify, spoiled, *trust)
        if code != 1 or "JD-21" not in out:
            survivors.append(place)
    check("no changed receipt verifies, and each says which link broke", not survivors, survivors)
    check("an absent receipt is exit 2", run(*verify, f"{folder}/none", *trust)[0] == 2)
    check("an absent anchor is exit 2", run(*verify, receipt, "--trust", f"{folder}/none")[0] == 2)
    code, out, _ = run("receipt", "inspect", receipt, "--json")
    check("inspect shows the whole tree", code == 0 and json.loads(out)["bytes"] == len(whole), out)
    strace = shutil.which("strace")
    if strace:
        log = f"{folder}/strace"
        subprocess.run([strace, "-f", "-e", "trace=network", "-o", log, BINARY, *map(str, verify), receipt, *trust],
                       capture_output=True)
        check("verify opens no network socket", "AF_INET" not in open(log).read())
    code, out, err = run("chain", "verify", "--data", f"{folder}/data", "--json")
    check("the store re-checks clean", code == 0 and json.loads(out)["sound"], out + err)


def main():
    folder = tempfile.mkdtemp(prefix="jiuding-cli-")
    port = free_port()
    node = ["--node", f"http://127.0.0.1:{port}", "--data", f"{folder}/data"]
    usage(folder)
    key = keys(folder)
    up = start(folder, port)
    try:
        deposits(folder, node, key)
        overwrite(folder, node)
        code, out, _ = run("doctor", "--json", *node, "--port", port)
        check("doctor finds the node and nothing broken", code == 0 and json.loads(out)["healthy"], out)
    finally:
        ended = stop(up)
    check("Ctrl-C stops the network with exit 0", ended == 0, ended)
    offline(folder)
    if not FAILED:
        shutil.rmtree(folder)
    print(f"{COUNT - len(FAILED)} passed, {len(FAILED)} failed, 0 skipped")
    sys.exit(1 if FAILED else 0)


main()
