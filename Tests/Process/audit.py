# SPDX-License-Identifier: Apache-2.0
"""The audit log of a running node: what is in it, what is found in a forged one, its anchors, and what a kill leaves."""
import glob
import json
import os
import random
import shutil
import signal
import time

from client import Key, sm3, transaction
from governance import HOMES, Polity
from harness import Node, check, test, until

ZERO = "0" * 64


def configure(node, *changes):
    """Prepares a node and changes its configuration's text."""
    node.prepare()
    with open(node.config, encoding="utf-8") as file:
        text = file.read()
    for old, new in changes:
        check(old in text, f"{old!r} is not in the configuration")
        text = text.replace(old, new)
    with open(node.config, "w", encoding="utf-8") as file:
        file.write(text)
    return node


def quick(node, *changes):
    """With anchors each second and counts of a second."""
    anchor = "anchor-key: keys/anchor.key"
    return configure(node, (anchor, anchor + "\n  anchor-seconds: 1\n  count-seconds: 1"), *changes)


def home(node):
    return os.path.join(node.data, "node-0")


def rows(node, log="acts"):
    return logged(home(node), log)


def logged(folder, log="acts"):
    """Every row below a node's directory, checked with nothing of ours: numbers, digests, order of members."""
    found, previous = [], ZERO
    for path in sorted(glob.glob(os.path.join(folder, "audit", log + "-*.log"))):
        with open(path, "rb") as file:
            text = file.read()
        for line in text.split(b"\n")[:-1]:
            row = json.loads(line)
            body = line[:line.rindex(b',"digest":')]
            check(row["digest"] == sm3(body).hex(), "a digest is not its row's", row)
            check(row["previous"] == previous and row["row"] == len(found) + 1, "a row does not follow", row)
            previous = row["digest"]
            found.append(row)
    return found


def acts(node, act):
    return [row for row in rows(node) if row["act"] == act]


def verify(node, *words, code=0):
    return node.run("audit", "verify", "--data", home(node), "--json", *words).expect(code).json


def on_chain(folder):
    """What a node's log tells of its chain, a tuple a row, in order."""
    return [(row["height"], row["act"], row["verdict"], row["code"], row["who"], row["object"], row["count"]) for row in logged(folder)
            if row["chain"] == "main" and row["height"] and (row["act"] == "call" or row["act"].split(".")[0] in (
                "governance", "membership", "committee", "permissions"))]


@test
def written(room):
    """Start, reload, snapshot, token, denial and stop stand in the log; list and export show them, beside the running node (AUD-9, AUD-10)."""
    node = quick(room.node()).start()
    node.process.send_signal(signal.SIGHUP)
    until(lambda: acts(node, "configuration.reload"), 20, "the reload is in the log")
    room.file("a.txt", b"a")
    node.put("a.txt").expect(0)
    node.run("chain", "snapshot", "--data", home(node), "--out", "main.snapshot").expect(0)
    account = node.run("evidence", "list", "--data", node.data, "--json")
    made = node.run("token", "create", "--data", home(node), "--member", "ab" * 32, "--expires", "1h", "--json").expect(0).json
    node.run("chain", "status", "--token-file", room.file("t", made["token"].encode())).expect(0)
    node.run("chain", "status", "--token-file", room.file("wrong", b"jdt1-wrong")).expect(4, "JD-3107")
    until(lambda: [row for row in rows(node) if row["verdict"] == "denied"], 10, "the denial is in the log")
    until(lambda: rows(node, "reads"), 10, "reads are in their log")
    keepers = room.file("keepers", b"one of two\ntwo of two\n")
    node.run("key", "backup", os.path.join(home(node), "keys", "validator.key"), "--shares", "2", "--threshold", "2", "--out",
             "shares", "--share-passphrases", keepers).expect(0)
    check(acts(node, "key.backup")[0]["object"] == "validator.key", acts(node, "key.backup"))
    seen = {row["act"] for row in rows(node)}
    check({"node.start", "configuration.reload", "chain.snapshot", "token.create"} <= seen, seen, account.code)
    denied = node.run("audit", "list", "--data", home(node), "--denied", "--json").expect(0).json["rows"]
    check(denied and denied[0]["code"] == "JD-3107" and denied[0]["act"] == "read", denied)
    for log in ("acts", "reads"):
        for row in rows(node, log):
            check(made["token"] not in json.dumps(row), "a token stands in a row", row)
    lines = node.run("audit", "export", "--data", home(node), "--from", "2020-01-01").expect(0).out.splitlines()
    check([json.loads(line)["row"] for line in lines] == list(range(1, len(lines) + 1)), "the export is not the log")
    node.run("audit", "export", "--data", home(node), "--csv", "--act", "token", "--out", "t.csv").expect(0)
    with open(os.path.join(room.path, "t.csv"), encoding="utf-8") as file:
        table = file.read().splitlines()
    check(table[0].startswith("row,time,act") and len(table) == 2 and made["id"] in table[1], table)
    check(node.run("audit", "export", "--data", home(node), "--to", "2020-01-01").expect(0).out == "", "rows of the future")
    check(node.stop()[0] == 0, "not stopped cleanly")
    check(rows(node)[-1]["act"] == "node.stop", rows(node)[-1])
    check(verify(node)["sound"], "the log does not hold")
    node.run("audit", "list", "--data", room.path).expect(2, "JD-4003")
    node.run("audit", "list", "--from", "yesterday").expect(2, "2026-11-21")


@test
def forged(room):
    """In a real log a changed, a deleted and a moved row are named exactly, and a cut tail by its anchor on the chain, proven by a trust anchor (AUD-12)."""
    node = quick(room.node()).start()
    for number in range(8):
        node.run("token", "create", "--data", home(node), "--member", f"{number:064x}", "--json").expect(0)

    def anchored():
        return [int(row["object"]) for row in acts(node, "audit.anchored") if row["verdict"] == "done"]

    place = next(row["row"] for row in acts(node, "token.create")[1:] if row["row"] not in anchored())
    until(lambda: [row for row in anchored() if row > place + 2], 30, "the log is anchored")
    path = glob.glob(os.path.join(home(node), "audit", "acts-*.log"))[0]
    good = verify(node, "--node", node.url)
    log = good["logs"][0]
    check(good["sound"] and log["anchors"] >= 1 and log["anchorsHeld"] == log["anchors"], good)
    check(log["provenRow"] in anchored() and log["provenBy"] and log["accountsFrom"] == "log" and good["trust"].endswith("trust/main.trust"), good)
    account = acts(node, "audit.anchored")[0]["who"]
    said = node.run("audit", "verify", "--data", home(node), "--node", node.url).expect(0, "proven up to row", "--account", "trusted: chain main@")
    check("may have kept newer anchors" in said.out, said.out)
    said = node.run("audit", "verify", "--data", home(node), "--node", node.url, "--node", node.url, "--account", account, "--of", "node-0").expect(0)
    check("taken from" not in said.out and "may have kept" not in said.out, said.out)
    # Trust comes from where the other commands have it, and never from the node that is asked.
    node.run("audit", "verify", "--data", home(node), "--node", node.url, "--trust", "nowhere.trust").expect(2, "JD-4010")
    other = room.node("foreign").start()
    foreign = os.path.join(other.data, "trust", "main.trust")
    told = node.run("audit", "verify", "--data", home(node), "--node", node.url, "--trust", foreign).expect(1, "JD-2305", "none is proven")
    check("proven up to" not in told.out, told.out)
    other.stop()
    copy = os.path.join(room.path, "copy")

    def forge(change):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(home(node), copy, ignore=shutil.ignore_patterns("chains"))
        with open(path, "rb") as file:
            lines = file.read().split(b"\n")[:-1]
        change(lines)
        with open(os.path.join(copy, "audit", os.path.basename(path)), "wb") as file:
            file.write(b"".join(line + b"\n" for line in lines))
        trust = os.path.join(node.data, "trust", "main.trust")
        told = node.run("audit", "verify", "--data", copy, "--node", node.url, "--trust", trust, "--json").expect(1).json
        check(all(flaw["proven"] for flaw in told["logs"][0]["flaws"] if flaw["kind"] == "replaced"), told)
        # The node goes on and anchors rows that are newer than the copy: those are cut from it, truly.
        return [(flaw["kind"], flaw["row"], flaw["last"]) for flaw in told["logs"][0]["flaws"] if flaw["kind"] != "cut"]

    def change(lines):
        lines[place - 1] = lines[place - 1].replace(b"token.create", b"token.revoke")

    def reseal(lines):
        body = lines[place - 1].replace(b"token.create", b"token.revoke")
        body = body[:body.rindex(b',"digest":')]
        lines[place - 1] = body + b',"digest":"' + sm3(body).hex().encode() + b'"}'

    def rewrite(lines):
        """Everything sealed anew from a row on: only the chain knows."""
        previous = None
        for index in range(place - 1, len(lines)):
            row = lines[index] if previous else lines[index].replace(b"token.create", b"token.revoke")
            body = row[:row.rindex(b',"digest":')]
            if previous:
                at = body.rindex(b',"previous":"') + len(b',"previous":"')
                body = body[:at] + previous + body[at + 64:]
            previous = sm3(body).hex().encode()
            lines[index] = body + b',"digest":"' + previous + b'"}'

    check(place not in anchored(), "the row to be forged was anchored itself")
    check(forge(change) == [("changed", place, place)], forge(change))
    check(forge(reseal) == [("changed", place, place)], forge(reseal))
    check(forge(lambda lines: lines.pop(place - 1)) == [("missing", place, place)], "a deleted row is not named")
    check(forge(rewrite)[0][0] == "replaced", forge(rewrite))
    shutil.rmtree(copy)
    shutil.copytree(home(node), copy, ignore=shutil.ignore_patterns("chains"))
    with open(path, "rb") as file:
        kept = file.read().split(b"\n")[:2]
    with open(os.path.join(copy, "audit", os.path.basename(path)), "wb") as file:
        file.write(b"".join(line + b"\n" for line in kept))
    node.run("audit", "verify", "--data", copy).expect(0)
    node.run("audit", "verify", "--data", copy, "--node", node.url, "--trust", os.path.join(node.data, "trust", "main.trust")).expect(2, "--account")
    trust = ("--trust", os.path.join(node.data, "trust", "main.trust"))
    cut = node.run("audit", "verify", "--data", copy, "--node", node.url, "--account", account, *trust).expect(1, "JD-2305")
    check("3–" in cut.out, cut.out)
    # The log of reads: rows and files that are gone at its beginning were taken by no rule, and a whole log is missed.
    until(lambda: [row for row in acts(node, "reads.sealed") if int(row["object"]) > 1], 30, "the log of reads is sealed")

    def without(change):
        shutil.rmtree(copy)
        shutil.copytree(home(node), copy, ignore=shutil.ignore_patterns("chains"))
        change(glob.glob(os.path.join(copy, "audit", "reads-*.log"))[0])
        told = node.run("audit", "verify", "--data", copy, "--json").expect(1).json["logs"]
        check([log["sound"] for log in told] == [True, False], told)
        return [(flaw["kind"], flaw["row"]) for flaw in told[1]["flaws"]]

    def behead(reads):
        with open(reads, "rb") as file:
            kept = file.read().split(b"\n")[1:]
        with open(reads, "wb") as file:
            file.write(b"\n".join(kept))

    check(("missing", 1) in without(behead), "the first row of reads is not missed")
    check(("cut", 1) in without(os.remove), "the log of reads is not missed")


@test
def governed(room):
    """Acts that fail, denied calls, announcements, scheduled effects and expiries are in every node's log, each once: also where a node was killed again and again (AUD-9, AUD-11)."""
    polity = Polity(room).staff(2)
    site = polity.site
    client = site[0].client()

    def send(key, contract, method, arguments, count=1):
        first = site[0].height()
        signed = [transaction(key, client.chain_id, arguments, first, first + 10_000, contract, method)[1] for _ in range(count)]
        return client.submit(signed, wait="attested", patience=30).json["results"]

    # An auditor may not deposit; it also fails at governance, three times alike in one block or in a few.
    auditor = Key()
    _, seen = polity.admit("auditor", HOMES[0], "auditor", "04" + auditor.public.hex())
    check(seen["status"] == "effective", seen)
    check(send(auditor, "evidence", "deposit", b"")[0]["result"] == "JD-1809", "the auditor deposits")
    check(send(auditor, "governance", "propose", b"\xff")[0]["result"].startswith("JD-"), "it proposes")
    check({each["result"] for each in send(auditor, "governance", "nothing", b"", count=3)} == {"JD-1202"}, "a method that is not there")
    # An announcement alone changes no right, and is an act all the same.
    announced = send(auditor, "membership", "announce", Key().public)
    check(announced[0]["result"] == "ok", announced)
    stranger = Key()
    first = site[0].height()
    refused = client.submit([transaction(stranger, client.chain_id, b"", first, first + 100)[1]], wait="final").json["results"]
    check(refused[0]["code"] == "JD-1106", refused)
    # One takes effect at a height, one of two that contradict each other is void, one runs out of time.
    due = site[0].height() + 40
    first = polity.run("member", "remove", "auditor", "--at", due, "--reason", "a", "--json").expect(0).json
    second = polity.run("member", "roles", "auditor", "user", "--at", due, "--reason", "b", "--json").expect(0).json
    path, public = polity.key("late")
    late = polity.run("member", "add", "--public-key", public, "--name", "late", "--organization", HOMES[1], "--json", "--expires", "+30").expect(0).json
    check((first["status"], second["status"], late["status"]) == ("decided", "decided", "open"), first, second, late)
    site.load.start()
    for _ in range(4):
        time.sleep(random.uniform(0.2, 1.5))
        site.kill(site[3])
        site[3].start()
    until(lambda: site[0].height() > max(due, late["expires"]) + 2, 120, "all of it is over")
    site.load.stop()
    heights = {first["id"]: due, second["id"]: due, late["id"]: late["expires"] + 1}

    def told():
        return {row[5]: row for row in on_chain(site[0].data) if row[1] in ("governance.effect", "governance.void", "governance.expire")}

    until(lambda: set(heights) <= set(told()), 30, "the log has all of it")
    for proposal, act, code in ((first, "governance.effect", ""), (second, "governance.void", "JD-1827"), (late, "governance.expire", "JD-1907")):
        row = told()[proposal["id"]]
        check((row[0], row[1], row[3]) == (heights[proposal["id"]], act, code), row, proposal)
    rows = on_chain(site[0].data)
    check([row for row in rows if row[1] == "call" and row[2] == "denied" and row[3] == "JD-1809"], rows)
    check([row for row in rows if row[1] == "governance.propose" and row[2] != "done" and row[4] == auditor.account.hex()], rows)
    check(sum(row[6] for row in rows if row[3] == "JD-1202") == 3, rows)
    check([row for row in rows if row[1] == "membership.announce" and row[2] == "done"], rows)
    # What never reached a block is told by the node that refused it.
    until(lambda: [row for row in logged(site[0].data) if row["act"] == "request" and row["code"] == "JD-1106"], 10, "the stranger is told of")

    def same():
        return all(on_chain(member.data) == on_chain(site[0].data) for member in site)

    until(same, 30, "all nodes' logs tell the same of the chain")
    check(len(set(rows)) == len(rows), "a row stands twice", rows)
    check([row["height"] for row in logged(site[0].data) if row["act"] == "chain.watch"] == [1], "it does not begin at the first height")
    # A node that comes back with a snapshot did not see what lies between, says so, and what became of proposals is told all the same.
    site.stop()
    seen, gone = on_chain(site[3].data), site[3]
    others = [site[0], site[1], site[2]]
    site.start(*others)
    site.load.start(avoid=[gone])
    end = site[0].height() + 25
    third = polity.run("member", "add", "--public-key", public, "--name", "later", "--organization", HOMES[0], "--reason", "c", "--at", end, "--json").expect(0).json
    until(lambda: site[0].height() > end + 20, 60, "the chain goes on without the fourth")
    site.load.stop()
    room.run("chain", "snapshot", "--data", site[0].data, "--out", "main.snapshot").expect(0)
    shutil.rmtree(os.path.join(gone.store, "store"))
    trust = os.path.join(site.path, "trust", "main.trust")
    room.run("chain", "restore", "main.snapshot", "--data", gone.data, "--trust", trust).expect(0)
    gone.start()
    until(lambda: [row for row in on_chain(gone.data) if row[1] == "governance.unseen"], 60, "the gap is told of")
    after = on_chain(gone.data)[len(seen):]
    gap = [row for row in after if row[1] == "governance.unseen"]
    low, high = (int(word) for word in gap[0][5].split("-"))
    check(len(gap) == 1 and gap[0][6] == high - low + 1 and low <= end <= high, gap)
    check([row for row in after if row[1] == "governance.effect" and row[5] == third["id"] and row[0] == end], after)
    gone.stop()
    gone.start()
    time.sleep(3)
    check([row for row in on_chain(gone.data) if row[1] == "governance.unseen"] == gap, "a gap is told of twice")
    room.run("audit", "verify", "--data", gone.data).expect(0)


@test
def killed(room):
    """SIGKILL in the middle of writing, many times over: every row that was told of is there and the chain of rows holds."""
    node = quick(room.node())
    told = 0
    for round_number in range(5):
        node.start()
        end = time.monotonic() + random.uniform(0.3, 1.2)
        while time.monotonic() < end:
            # Each is on the disk when the command ends; the node writes denials meanwhile.
            node.run("token", "create", "--data", home(node), "--member", "cd" * 32, "--expires", "1s", "--json").expect(0)
            node.run("chain", "status", "--token-file", room.file("no", f"jdt1-{told}".encode())).expect(4)
            told += 1
            if told % 60 == 0:
                break
        node.kill()
        check(len(acts(node, "token.create")) == told, f"{told} rows were told of, round {round_number}")
    check(len(acts(node, "node.start")) == 5, "a start is missing")
    path = sorted(glob.glob(os.path.join(home(node), "audit", "acts-*.log")))[-1]
    with open(path, "ab") as file:
        file.write(b'{"row":99999,"time":"2026')
    check(verify(node)["logs"][0]["unfinished"], "the torn row is not told of")
    node.start()
    check(verify(node)["sound"] and not verify(node)["logs"][0]["unfinished"], "the torn row is still there")
    room.note(f"{told} rows over 5 kills, {len(rows(node))} rows in all")


@test
def full(room):
    """On a full disk the audit log raises an alarm and the chain goes on; what found no room is told of later."""
    disk = room.tmpfs("small", "1m")
    node = quick(room.node())
    os.symlink(disk, os.path.join(home(node), "audit"))
    node.start()
    filler = os.path.join(disk, "filler")
    handle = os.open(filler, os.O_WRONLY | os.O_CREAT)
    try:
        while True:
            os.write(handle, b"x" * 4096)
    except OSError:
        os.close(handle)
    node.run("chain", "status", "--token-file", room.file("no", b"jdt1-no")).expect(4)

    def failing():
        node.run("chain", "status", "--token-file", room.file("no", b"jdt1-other")).expect(4)
        return "the audit log cannot be written" in node.said()

    until(failing, 30, "the alarm")
    room.file("b.txt", b"b")
    node.put("b.txt").expect(0)
    os.remove(filler)
    until(lambda: "the audit log is written again" in node.said(), 30, "it is written again")
    check([row for row in rows(node) if row["verdict"] == "denied"], "the denials are lost")
    check(verify(node)["sound"], "the log does not hold")
