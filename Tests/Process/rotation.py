# SPDX-License-Identifier: Apache-2.0
"""A validator's key changes on the machine it runs on: a second node beside the first, another key, another certificate; a
committee changes under load; and who is frozen."""
import os
import re
import shutil
import signal
import time

from governance import HOMES, Polity, credit_code
from harness import check, test, until

ALONE = True


class Move:
    """The way docs/spec/node.md goes (NODE-21), for node-1: its machine gets a second node, which becomes the validator."""

    def __init__(self, room):
        self.room, self.polity = room, Polity(room, observers=1, idle=(4,)).staff(2)
        self.site = self.polity.site
        # The fifth folder gives addresses only: all that names a node in it is made anew below.
        self.old, self.new = self.site[1], self.site[4]
        self.members = [self.site[index] for index in (0, 2, 3)]

    def account(self, folder):
        return self.room.run("key", "show", os.path.join(folder, "keys", "validator.key"), "--json").expect(0).json

    def rewrite(self, member, *pairs):
        with open(member.config, encoding="utf-8") as handle:
            text = handle.read()
        for old, new in pairs:
            check(old in text, f"{member.name}: {old!r} is not in its configuration")
            text = text.replace(old, new)
        with open(member.config, "w", encoding="utf-8") as handle:
            handle.write(text)

    def make_keys(self):
        """Another key, and certificates by the same organisation's authority, as two commands make them."""
        room, folder = self.room, self.new.data
        shutil.rmtree(os.path.join(folder, "keys"))
        shutil.rmtree(os.path.join(folder, "certificates"))
        os.makedirs(os.path.join(folder, "keys"), mode=0o700)
        secret = room.file("node-secret", b"another passphrase\n")
        key = os.path.join(folder, "keys", "validator.key")
        room.run("key", "new", "--out", key, "--passphrase-file", secret).expect(0)
        authority = os.path.join(self.site.path, "authorities", "organization-1")
        requests = os.path.join(room.path, "requests")
        room.run("ca", "request", "--name", "node-1", "--organisation", HOMES[1], "--key", key, "--encryption-key",
                 os.path.join(folder, "keys", "encryption.key"), "--out", requests, "--passphrase-file", secret).expect(0)
        room.run("ca", "issue", "--node", "node-1", "--request-signing", os.path.join(requests, "node-1.signing.csr"),
                 "--request-encryption", os.path.join(requests, "node-1.encryption.csr"), "--out", os.path.join(folder, "certificates"),
                 "--ca", authority, "--passphrase-file", os.path.join(authority, "root.key.passphrase")).expect(0)
        for name in ("validator", "encryption"):
            shutil.copy(secret, os.path.join(folder, "keys", f"{name}.key.passphrase"))
        self.rewrite(self.new, ("certificates/signing.crt", "certificates/node-1.signing.crt"),
                     ("certificates/encryption.crt", "certificates/node-1.encryption.crt"))

    def introduce(self, stranger, account):
        """Every node lets the new one in, without a restart."""
        for member in (*self.members, self.old):
            self.rewrite(member, (stranger, account))
            member.signal(signal.SIGHUP)

    def takes_leave(self, account):
        """Nobody links with the old key any more."""
        for member in (*self.members, self.new):
            with open(member.config, encoding="utf-8") as handle:
                text = handle.read()
            shorter = re.sub(rf"  - name: node-1\n    account: {account}\n    addresses:\n      default: \S+\n", "", text)
            check(shorter != text, f"{member.name} does not know {account}")
            with open(member.config, "w", encoding="utf-8") as handle:
                handle.write(shorter)
            member.signal(signal.SIGHUP)


def votes(member):
    return "validator" in member.client().get("/v1/node").json["roles"]


@test
def rotation(room):
    """With the chain running a validator's key and certificate are replaced on its machine by its own organisation's admin alone:
    the second node takes over at the epoch, the old key counts for nothing one block later, and no second passes without a
    block (NODE-21, GOV-11, MEMB-11)."""
    move = Move(room)
    site, polity, old, new = move.site, move.polity, move.old, move.new
    stranger, before = move.account(new.data)["account"], move.account(old.data)
    move.make_keys()
    after = move.account(new.data)
    check(after["account"] not in (stranger, before["account"]), after)
    site.load.pause = 0.01
    site.load.start(avoid=[old])
    site.advances(members=move.members)
    since = time.time()
    time.sleep(2)
    move.introduce(stranger, after["account"])
    site.start(new)
    until(lambda: new.height() >= site[0].height() - 3, 60, "the second node keeps step")
    check(not votes(new), "it votes before anybody decided so")
    # The organisation concerned decides alone; the new key says by itself that somebody runs it.
    changing = time.time()
    seen = polity.run("govern", "committee", "rotate", "node-1", "--public-key", after["publicKey"], "--reason", "key of 2026", "--json",
                      key=polity.admins[1]).expect(0).json
    until(lambda: polity.show(seen["id"])["status"] == "effective", 30, "the change is in effect")
    until(lambda: votes(new) and not votes(old), 30, "the second node votes, and the first does not")
    seconds = time.time() - changing
    site.advances(members=[*move.members, new], what="the chain goes on with the new key")
    time.sleep(2)
    status = site[0].status()["committee"]
    seat = status["validators"][1]
    check(int(status["epoch"]) == 1 and seat["name"] == "node-1" and "04" + seat["key"] == after["publicKey"], status)
    site.load.stop()
    site.agree()
    gaps = site.gaps(since)
    quiet = max((gap for gap, at in gaps if since + at < changing), default=0)
    longest = max(gap for gap, at in gaps if since + at >= changing)
    room.note(f"decided to voting {seconds:.1f} s; longest pause {longest * 1000:.0f} ms, {quiet * 1000:.0f} ms before; "
              f"{len(site.load.acks)} acknowledged, refused {site.load.refusals or 'none'}")
    check(longest < 2, f"no block for {longest:.1f} s while the key changed")
    check(not site.load.refusals, site.load.refusals)
    # The old node runs on with the old key: without the new one and another there is no quorum, whatever it says.
    site.kill(new, site[0])
    height = site[2].height()
    site.load.start(avoid=[site[0], new, old])
    time.sleep(4)
    check(site[2].height() <= height + 1, f"the old key counted: {height} to {site[2].height()}")
    site.start(new)
    site.advances(members=[site[2], site[3], new], what="the new key completes the quorum")
    site.load.stop()
    site.start(site[0])
    # At the end nobody links with it any more.
    move.takes_leave(before["account"])
    until(lambda: not old.linked(), 90, "the old key is linked with nobody")
    code, _ = old.stop()
    check(code == 0, f"the old node ends with exit {code}")
    site.agree(members=[*move.members, new])


@test
def freezes(room):
    """A member, an organisation and a contract are frozen with a reason, until somebody ends it or until its height, and each is told
    why (MEMB-6, ORG-5, PERM-7)."""
    polity = Polity(room).staff(2)
    clerk, seen = polity.admit("clerk", HOMES[0], "user")
    check(seen["status"] == "effective", seen)
    paper, words = room.file("paper.txt", b"paper"), ("--act", "call evidence.deposit")
    polity.run("member", "freeze", "clerk").expect(2, "--reason")
    polity.run("member", "freeze", "clerk", "--until", "soon", "--reason", "x").expect(2, "--until")
    # Until somebody ends it.
    polity.run("member", "freeze", "clerk", "--reason", "card lost").expect(0)
    polity.ask("why", "--member", "clerk", *words).expect(1, "JD-1801")
    check(polity.run("evidence", "put", paper, key=clerk).code != 0, "a frozen member deposits")
    shown = polity.ask("member", "show", "clerk", "--json").expect(0).json
    check((shown["status"], shown["reason"], shown["until"]) == ("frozen", "card lost", None), shown)
    polity.run("member", "unfreeze", "clerk").expect(0)
    polity.run("evidence", "put", paper, key=clerk).expect(0)
    polity.run("member", "unfreeze", "clerk").expect(1, "JD-1825")
    # Until a height: nobody need do anything then.
    polity.run("member", "freeze", "clerk", "--until", "+40", "--reason", "on leave").expect(0)
    shown = polity.ask("member", "show", "clerk", "--json").expect(0).json
    check(shown["until"] and not shown["isActive"], shown)
    polity.site.load.start()
    until(lambda: polity.site[0].height() >= int(shown["until"]), 60, "the height of the freeze's end")
    polity.site.load.stop()
    polity.ask("why", "--member", "clerk", *words).expect(0, "allowed")
    # A contract, and an organisation: all decide.
    for frozen, code, act, end in (
            ("clerk", "JD-1808", ("govern", "freeze-contract", "evidence"), ("govern", "unfreeze-contract", "evidence")),
            ("admin-1", "JD-1803", ("org", "freeze", HOMES[1]), ("org", "unfreeze", HOMES[1]))):
        seen = polity.run(*act, "--reason", "looked at", "--json").expect(0).json
        check(seen["status"] == "open", seen)
        check(polity.approve(seen["id"], 1)["status"] == "effective", act)
        polity.ask("why", "--member", frozen, *words).expect(1, code)
        seen = polity.run(*end, "--json").expect(0).json
        if seen["status"] == "open":
            seen = polity.approve(seen["id"], 1)
        check(seen["status"] == "effective", end, seen)
        polity.ask("why", "--member", frozen, *words).expect(0, "allowed")
    polity.site.agree()


@test
def committee(room):
    """Under load a fifth organisation's observer is seated, a validator leaves, another's key is changed: nothing lost, refused, or held up for long (NODE-20)."""
    polity = Polity(room, observers=1).staff(2)
    site, fifth = polity.site, "机构5"
    newcomer = site[4]
    shown = room.run("key", "show", os.path.join(newcomer.data, "keys", "validator.key"), "--json").expect(0).json
    change = room.file("change.yaml", f"""reason: a fifth organisation runs a node
acts:
  - change-organization: {{id: {fifth}, name: 第五机构, credit-code: {credit_code("11330100MB0000005")}, region: 330100, cloud: 云5}}
  - add-validator: {{public-key: "{shown["publicKey"]}", name: validator-4, organization: {fifth}, failure-domain: 云5}}
""".encode())
    site.load.pause = 0.01
    site.load.start()
    site.advances()
    since = time.time()
    # Quiet first, so that the pause of a change is not taken for one of this machine.
    time.sleep(3)
    changing = time.time()
    seen = polity.run("govern", "propose", "--file", change, "--json").expect(0).json
    check(seen["status"] == "open", seen)
    check(any("2 of 5 validators can stop the chain" in each["english"] for each in seen["effects"]), seen["effects"])
    polity.approve(seen["id"], 1)
    begun = time.monotonic()
    until(lambda: polity.show(seen["id"])["status"] == "effective", 60, "the fifth validator is seated")
    until(lambda: "validator" in newcomer.client().get("/v1/node").json["roles"], 60, "the newcomer votes")
    seated = time.monotonic() - begun
    site.advances(what="the chain goes on with five validators")
    time.sleep(2)
    seen = polity.run("govern", "committee", "remove", "node-3", "--json").expect(0).json
    polity.approve(seen["id"], 1)
    until(lambda: "validator" not in site[3].client().get("/v1/node").json["roles"], 60, "the fourth validator has left")
    site.advances(what="the chain goes on without the fourth")
    time.sleep(2)
    # The machine that has left takes over another's seat: the organisation concerned decides that alone.
    spare = room.run("key", "show", os.path.join(site[3].data, "keys", "validator.key"), "--json").expect(0).json
    seen = polity.run("govern", "committee", "rotate", "node-1", "--public-key", spare["publicKey"], "--json", key=polity.admins[1]).expect(0).json
    check(seen["status"] in ("decided", "effective") and (seen["status"] == "effective" or seen["code"] == "JD-1921"), seen)
    until(lambda: "validator" in site[3].client().get("/v1/node").json["roles"], 60, "the new key votes")
    until(lambda: "validator" not in site[1].client().get("/v1/node").json["roles"], 60, "the old key does not")
    site.advances(what="the chain goes on with another key")
    time.sleep(2)
    site.load.stop()
    site.agree()
    status = site[0].status()
    names = [each["name"] for each in status["committee"]["validators"]]
    check(names == ["node-0", "node-1", "node-2", "validator-4"] and int(status["committee"]["epoch"]) == 3, status["committee"])
    check("04" + status["committee"]["validators"][1]["key"] == spare["publicKey"], status["committee"])
    gaps = site.gaps(since)
    quiet = max(gap for gap, at in gaps if since + at < changing)
    later = max(gap for gap, at in gaps if since + at >= changing)
    room.note(f"seated {seated:.1f} s after it was decided; longest pause {later * 1000:.0f} ms across all three changes, {quiet * 1000:.0f} ms before them; "
              f"{len(site.load.acks)} acknowledged, refused {site.load.refusals or 'none'}")
    refused = dict(site.load.refusals)
    # That both newcomers vote is seen where one of the others is gone: three of four are the quorum.
    others = [site[2], site[3], newcomer]
    site.load.start(avoid=[site[0]])
    site.kill(site[0])
    site.advances(members=others, what="the newcomers vote: the chain goes on without another")
    site.load.stop()
    site.agree(members=others)
    check(later < 2, f"no block for {later:.1f} s while the committee changed")
    check(not refused, "refused while the committee changed:", refused)
