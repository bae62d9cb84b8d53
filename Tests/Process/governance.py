# SPDX-License-Identifier: Apache-2.0
"""Who may do what, as people decide it: members, keys, proposals and committees of a running network."""
import json
import os
import pty
import re
import shutil
import subprocess
import threading
import time

from client import Key, deposit, sm3, transaction
from harness import BINARY, ROOT, Background, Skipped, check, test, until
from sites import Site

HOMES = ["市大数据局", "市市场监督管理局", "市税务局", "市中级人民法院"]
SECRET = b"a passphrase for tests\n"
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def credit_code(body):
    """A unified social credit code with its check character (GB 32100-2015)."""
    total = sum(ALPHABET.index(each) * pow(3, place, 31) for place, each in enumerate(body))
    return body + ALPHABET[(31 - total % 31) % 31]


class Polity:
    """A network and the people who govern it, each with a key file of their own."""

    def __init__(self, room, observers=0, env=None, idle=()):
        self.room, self.site = room, Site(room, observers=observers, env=env)
        self.site.start(*(member for member in self.site if member.index not in idle))
        self.secret = room.file("secret", SECRET)
        self.admins = [None] * len(HOMES)

    def run(self, *words, key=None, node=0):
        more = ("--key", key, "--passphrase-file", self.secret) if key else ()
        member = self.site[node]
        return self.room.run(*words, "--data", self.site.path, *more, env={"JIUDING_NODE": member.url}, before=member.before)

    def ask(self, *words):
        """A command that reads."""
        return self.room.run(*words, env={"JIUDING_NODE": self.site[0].url}, before=self.site[0].before)

    def key(self, name):
        """A new key file; its path and its public key."""
        path = os.path.join(self.room.path, name + ".key.pem")
        made = self.room.run("key", "new", "--out", path, "--passphrase-file", self.secret, "--json").expect(0).json
        return path, made["publicKey"]

    def admit(self, name, home, roles, public=None):
        """What `member add` says, by the founding admin."""
        path, public = (None, public) if public else self.key(name)
        words = ("member", "add", "--public-key", public, "--name", name, "--organization", home, "--roles", roles)
        return path, self.run(*words, "--reason", "a test", "--json").expect(0).json

    def staff(self, count=4):
        """Gives so many organisations an admin, each admitted by those that have one already."""
        for index in range(1, count):
            path, seen = self.admit(f"admin-{index}", HOMES[index], "orgAdmin,user")
            for other in range(1, index):
                if seen["status"] == "open":
                    seen = self.approve(seen["id"], other)
            check(seen["status"] == "effective", seen)
            self.admins[index] = path
        return self

    def approve(self, proposal, index):
        return self.run("govern", "approve", proposal, "--json", key=self.admins[index]).expect(0).json

    def show(self, proposal):
        return self.ask("govern", "show", proposal, "--json").expect(0).json


class Sender:
    """Deposits with one key, one after the other, and keeps what each came to."""

    def __init__(self, site, key):
        self.site, self.key, self.results, self.stopping = site, key, [], threading.Event()
        self.thread = Background(self._work)

    def _work(self):
        client, number = self.site[0].client(), 0
        chain = client.chain_id
        while not self.stopping.is_set():
            content, number = f"sent {number}".encode(), number + 1
            first = int(client.status()["height"])
            _, signed = transaction(self.key, chain, deposit(sm3(content), len(content)), first, first + 10_000)
            result = client.submit([signed], wait="attested", patience=20).json["results"][0]
            if result["status"] == "attested":
                self.results.append((int(result["height"]), result["result"]))
            else:
                self.results.append((None, result.get("code", result["status"])))
                time.sleep(0.02)
        client.close()

    def successes(self):
        return [height for height, result in self.results if height is not None and result == "ok"]

    def refusals(self):
        return {result for height, result in self.results if height is None or result != "ok"}

    def stop(self):
        self.stopping.set()
        self.thread.result()


@test
def membership(room):
    """A member is admitted by organisations with their own keys, deposits, is removed, and one block later has no success."""
    polity = Polity(room).staff()
    clerk = Key()
    stranger = Sender(polity.site, clerk)
    until(lambda: len(stranger.results) > 1, 30, "somebody unknown is refused")
    check(not stranger.successes() and stranger.refusals() == {"JD-1106"}, stranger.results[:3])
    _, seen = polity.admit("clerk", HOMES[1], "user", "04" + clerk.public.hex())
    check(seen["status"] == "open" and seen["needs"][0]["awaited"], seen)
    listed = polity.ask("govern", "list", "--json").expect(0).json["proposals"]
    check([each["id"] for each in listed] == [seen["id"]], listed)
    # Two of four are not the majority; the third is.
    check(polity.approve(seen["id"], 2)["status"] == "open", "two of four were enough")
    polity.run("govern", "approve", seen["id"], key=polity.admins[2]).expect(1, "JD-1909")
    seen = polity.approve(seen["id"], 3)
    check(seen["status"] == "effective", seen)
    check(sorted(each["organization"] for each in seen["approvals"]) == sorted([HOMES[0], HOMES[2], HOMES[3]]), seen)
    until(lambda: stranger.successes(), 20, "the member deposits")
    check(min(stranger.successes()) >= seen["statusHeight"], "it had a success before it was admitted")
    names = [each["name"] for each in polity.ask("member", "list", "--organization", HOMES[1], "--json").expect(0).json["members"]]
    check(names == ["admin-1", "anchor-node-1", "clerk"], names)
    # Its own organisation's admin alone removes it.
    gone = polity.run("member", "remove", "clerk", "--reason", "left", "--json", key=polity.admins[1]).expect(0).json
    check(gone["status"] == "effective", gone)
    before = len(stranger.results)
    until(lambda: len(stranger.results) > before + 3, 20, "the removed member tries again")
    stranger.stop()
    last = max(stranger.successes())
    room.note(f"in force at {seen['statusHeight']}, gone at {gone['statusHeight']}, last success at {last}, then {stranger.refusals()}")
    check(last < gone["statusHeight"], f"a success at {last}, though it was gone at {gone['statusHeight']}")
    shown = polity.ask("member", "show", clerk.account.hex(), "--json").expect(0).json
    check(shown["status"] == "removed" and not shown["isActive"], shown)
    check(polity.ask("govern", "list", "--json").expect(0).json["proposals"] == [], "a closed proposal is listed")
    check(len(polity.ask("govern", "list", "--all", "--json").expect(0).json["proposals"]) == 5, "not all proposals are listed")
    polity.site.agree()


@test
def why(room):
    """A denial is explained rule by rule, with its code and what it takes, in both languages; a right as well."""
    polity = Polity(room).staff(2)
    auditor, seen = polity.admit("auditor", HOMES[0], "auditor")
    check(seen["status"] == "effective", seen)
    words = ("why", "--member", "auditor", "--act", "call evidence.deposit")
    told = polity.ask(*words).expect(1, "JD-1809", "auditor is an active member",
                                     "evidence.deposit take, by policy")
    check("✗" in told.out and "✓" in told.out, told.out)
    polity.ask(*words, "--lang", "zh").expect(1, "JD-1809", "有效成员", "按策略")
    seen = polity.ask(*words, "--json").expect(1).json
    check(seen["code"] == "JD-1809" and not seen["allowed"] and [each["holds"] for each in seen["steps"]].count(False) >= 1, seen)
    check({"clause": "any of role(orgAdmin, operator, developer, user)", "found": 0, "needed": 1} in seen["voices"], seen)
    polity.ask("why", "--member", "auditor", "--act", "call evidence.annotate").expect(
        1, "JD-1809", "no policy for evidence.annotate", "calls on this chain take, by the chain's standard policy")
    # The network says the same.
    paper = room.file("paper.txt", b"paper")
    polity.run("evidence", "put", paper, key=auditor).expect(1, "JD-1809")
    polity.ask("why", "--member", "auditor", "--act", "read evidence").expect(0, "allowed")
    polity.ask("why", "--member", "admin-1", "--act", "call evidence.deposit").expect(0, "allowed")
    polity.ask("why", "--member", "admin-1", "--act", "propose set-policy").expect(0, "majority of orgs", "has 1 of 2")
    polity.ask("why", "--member", "auditor", "--act", "propose set-policy").expect(1, "JD-1901")
    polity.ask("why", "--member", "f" * 64, "--act", "call evidence.deposit").expect(1, "JD-1205")
    polity.ask("why", "--member", "nobody", "--act", "read evidence").expect(2, "JD-4030")
    polity.ask("why", "--member", "auditor", "--act", "dance").expect(2)
    # A policy that is set decides alone, and is what the explanation then names.
    seen = polity.run("govern", "policy", "set", "method evidence.deposit", "any of role(auditor)", "--json").expect(0).json
    check(seen["status"] == "open" and seen["needs"][0]["awaited"] == [HOMES[1]], seen)
    check(polity.approve(seen["id"], 1)["status"] == "effective", "the policy is not in force")
    polity.ask(*words).expect(0, "evidence.deposit take, by policy: any of role(auditor)")
    polity.ask("why", "--member", "admin-1", "--act", "call evidence.deposit").expect(1, "JD-1809")
    polity.run("evidence", "put", paper, key=auditor).expect(0)
    resources = [each["resource"] for each in polity.ask("govern", "policy", "list", "--json").expect(0).json["policies"]]
    check("method evidence.deposit" in resources and "acts policies" in resources, resources)


@test
def refusals(room):
    """What must not be is refused with its reason: the last admin, a committee below four, late approvals, contradictions."""
    polity = Polity(room).staff(3)
    polity.run("member", "remove", "admin-1", "--reason", "x").expect(1, "JD-1915", "fix")
    polity.run("member", "remove", "default", "--reason", "x").expect(1, "JD-1914")
    polity.run("govern", "committee", "remove", "node-3").expect(1, "JD-1404", "not possible")
    polity.run("govern", "policy", "set", "acts policies", "forbidden").expect(1, "JD-1916")
    polity.run("govern", "policy", "set", "calls governance", "any").expect(1, "JD-1841")
    polity.run("govern", "policy", "set", "calls evidence", "most of orgs").expect(2, "JD-4033", "byte 0")
    seen = polity.run("govern", "committee", "remove", "node-3", "--dry-run", "--json").expect(1).json
    check(seen["code"] == "JD-1404" and not seen["sent"], seen)
    # Approved by nobody in time: later it is too late.
    path, public = polity.key("late")
    add = ("member", "add", "--public-key", public, "--name", "late", "--organization", HOMES[1], "--json")
    late = polity.run(*add, "--expires", "+12").expect(0).json
    check(late["status"] == "open", late)
    polity.site.load.start()
    until(lambda: polity.site[0].height() > late["expires"], 60, "the proposal expires")
    polity.site.load.stop()
    polity.run("govern", "approve", late["id"], key=polity.admins[1]).expect(1, "JD-1907")
    check(polity.show(late["id"])["status"] == "expired", polity.show(late["id"]))
    # Two that contradict each other: the first takes effect, the second is void with the reason.
    _, seen = polity.admit("both", HOMES[0], "user")
    check(seen["status"] == "effective", seen)
    due = polity.site[0].height() + 60
    first = polity.run("member", "remove", "both", "--at", due, "--reason", "a", "--json").expect(0).json
    second = polity.run("member", "roles", "both", "user,operator", "--at", due, "--reason", "b", "--json").expect(0).json
    check((first["status"], second["status"]) == ("decided", "decided"), first, second)
    polity.site.load.start()
    until(lambda: polity.show(second["id"])["status"] in ("void", "effective"), 60, "both proposals are settled")
    polity.site.load.stop()
    first, second = polity.show(first["id"]), polity.show(second["id"])
    check(first["status"] == "effective" and first["statusHeight"] == due, first)
    check(second["status"] == "void" and second["code"] == "JD-1827", second)
    polity.ask("govern", "show", second["id"]).expect(0, "void", "JD-1827")
    # Approvals are taken back, and proposals ended by who made them only.
    open_one = polity.run(*add).expect(0).json
    polity.run("govern", "withdraw", open_one["id"][:10]).expect(0, "taken back")
    polity.run("govern", "withdraw", open_one["id"]).expect(1, "JD-1911")
    polity.run("govern", "revoke", open_one["id"], key=polity.admins[1]).expect(4, "JD-1912")
    check(polity.run("govern", "revoke", open_one["id"], "--json").expect(0).json["status"] == "revoked", "not revoked")
    # A file that says what nobody asked for names line and column (GOV-21).
    flawed = room.file("flawed.yaml", "acts:\n  - set-policy: {resource: calls, policy: any, color: red}\n".encode())
    polity.run("govern", "propose", "--file", flawed).expect(2, "JD-4032", "flawed.yaml:2:", "color")
    polity.site.agree()


@test
def keys(room):
    """A member's key is replaced: one block later the old one has no success and the new one works; a delegate's word is limited."""
    polity = Polity(room)
    old, seen = polity.admit("carol", HOMES[0], "user")
    check(seen["status"] == "effective", seen)
    paper = room.file("paper.txt", b"paper")
    polity.run("evidence", "put", paper, "--out", "old", key=old).expect(0)
    new, public = polity.key("carol-2")
    told = polity.run("member", "rotate-key", "--new-key", new, "--new-passphrase-file", polity.secret, "--json", key=old).expect(0).json
    refused = polity.run("evidence", "put", paper, "--out", "again", key=old)
    check(refused.code in (1, 4) and ("JD-1106" in refused.out or "JD-1802" in refused.out), refused.out, refused.err)
    polity.run("evidence", "put", paper, "--out", "new", key=new).expect(0)
    polity.run("member", "rotate-key", "--new-key", new, "--new-passphrase-file", polity.secret, key=old).expect(4)
    shown = polity.ask("member", "show", "carol", "--json").expect(0).json
    check(shown["account"] == told["account"] and shown["publicKey"] == public and shown["isActive"], shown)
    everybody = polity.ask("member", "list", "--all", "--json").expect(0).json["members"]
    replaced = [each for each in everybody if each["successor"]]
    check(len(replaced) == 1 and replaced[0]["successor"] == told["account"], replaced)
    # Somebody else's machine may deposit twice, and not annotate, and no more.
    helper, helper_public = polity.key("helper")
    words = ("member", "delegate", "--public-key", helper_public, "--methods", "evidence.deposit", "--until", "+5000", "--calls", "2")
    polity.run(*words, key=new).expect(0, "delegated")
    for number in range(3):
        room.file(f"sent/{number}.txt", f"{number}".encode())
    for number in range(2):
        polity.run("evidence", "put", f"sent/{number}.txt", key=helper).expect(0)
    check(polity.run("evidence", "put", "sent/2.txt", key=helper).code != 0, "a third call had success")
    account = room.run("key", "show", helper, "--passphrase-file", polity.secret, "--json").expect(0).json["account"]
    polity.ask("why", "--member", account, "--act", "call evidence.deposit").expect(1, "JD-1807")
    polity.run("member", "undelegate", account, key=new).expect(0)
    polity.ask("why", "--member", account, "--act", "call evidence.deposit").expect(1, "JD-1205")
    polity.site.agree()


def commands_of(readme, heading):
    """The block of commands under a heading of a README."""
    with open(os.path.join(ROOT, readme), encoding="utf-8") as handle:
        section = handle.read().split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.search(r"```sh\n(.*?)```", section, re.S)[1]


def typed(script, folder, env, passphrase=b"of my own\n"):
    """Runs a script as a person at a terminal would, who types a passphrase wherever one is asked for."""
    child, master = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execvpe("bash", ["bash", "-c", script], env)
    out, answered = b"", 0
    while True:
        try:
            piece = os.read(master, 4_096)
        except OSError:
            break
        if not piece:
            break
        out += piece
        if re.search(rb"(assphrase[^\n]*|Once more): $", out) and len(out) > answered:
            answered = len(out)
            os.write(master, passphrase)
    os.waitpid(child, 0)
    os.close(master)
    return out.decode().replace("\r\n", "\n")


@test
def readme(room):
    """The commands under "Who may do what" work word for word after `up`, and both READMEs have the same."""
    script = commands_of("README.md", "Who may do what")
    bare = [[re.sub(r"\s+#.*", "", line) for line in text.splitlines()] for text in (script, commands_of("README.zh-CN.md", "谁可以做什么"))]
    check(bare[0] == bare[1], "the READMEs differ:", bare)
    log = os.path.join(room.path, "up.log")
    with open(log, "wb") as handle:
        room.spawn("up", "--port", "0", "--json", out=handle)
    until(lambda: os.path.getsize(log) and b'"ready"' in open(log, "rb").read(), 60, "the network is ready")
    with open(log, encoding="utf-8") as handle:
        url = next(json.loads(line)["url"] for line in handle if '"ready"' in line)
    os.symlink(BINARY, os.path.join(room.path, "jiuding"))
    said = typed(script, room.path, {**room.environment(), "JIUDING_NODE": url, "TERM": "dumb"})
    for text in ("allowed", "市中级人民法院", "acts policies", "in effect", "may still approve: 市税务局", "approved", "JD-1901", "JD-1404"):
        check(text in said, f"no {text!r} in what the commands said:", said[-3000:])
    check(said.count("in effect") == 2 and "unexpected" not in said, said[-3000:])


DEVICE = os.path.join(ROOT, "Tests", "Device", "device.c")
# The standard's example key, which the device's library holds as key 1.
DEVICE_KEY = ("09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
              "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13")


@test
def device_person(room):
    """A member whose key lies in a cryptographic device deposits, approves and asks with it; a wrong password is named (KEY-26)."""
    if not shutil.which("clang"):
        raise Skipped("there is no clang to build the device's library with")
    library = os.path.join(room.path, "libdevice.so")
    subprocess.run(["clang", "-shared", "-fPIC", "-o", library, DEVICE, "-lcrypto"], check=True, capture_output=True)
    polity = Polity(room)
    polity.admit("device", HOMES[1], "orgAdmin,user", public=DEVICE_KEY)
    good, bad = room.file("password", b"password\n"), room.file("wrong", b"passwort\n")
    key = f"sdf:{library}:1"

    def person(*words, secret=good):
        member = polity.site[0]
        return room.run(*words, "--key", key, "--passphrase-file", secret, "--data", polity.site.path,
                        env={"JIUDING_NODE": member.url}, before=member.before)

    account = sm3(b"\x14" + bytes.fromhex(DEVICE_KEY)).hex()
    until(lambda: polity.ask("member", "show", account).code == 0, 20, "the device's member is there")
    person("why", "--act", "call evidence.deposit").expect(0)
    paper = room.file("by-device.txt", b"signed in a device")
    person("evidence", "put", paper).expect(0)
    room.run("evidence", "verify", paper, "--data", polity.site.path).expect(0, "verified")
    refused = person("evidence", "put", room.file("other.txt", b"never"), secret=bad)
    check(refused.code != 0 and "JD-1651" in refused.err, refused.err)
    room.run("evidence", "put", paper, "--key", f"sdf:{library}", "--data", polity.site.path).expect(2)
    # Its approval is the second of two organisations that have an admin now.
    made = polity.run("govern", "policy", "set", "reads evidence/title", "any of org(市税务局)", "--reason", "a test", "--json")
    proposal = made.expect(0).json["id"]
    person("govern", "approve", proposal).expect(0)
    shown = lambda: polity.ask("evidence", "list", "--depositor", account, "--json").json["records"][0]
    until(lambda: shown()["withheld"] == ["title"], 20, "the title is kept from the reader")
    check(shown()["title"] is None and shown()["digest"], shown())
    why = person("why", "--act", "read evidence/title")
    check(why.code == 1 and "JD-1810" in why.out + why.err, why.out, why.err)


@test
def certificate_revoked(room):
    """A node whose certificate is taken back on chain loses its links within seconds, and the chain goes on (CERT-20, CERT-22)."""
    polity = Polity(room)
    site = polity.site
    until(lambda: "node-0" in site[1].linked(), 20, "node 0 is linked")
    foreign = os.path.join(site.path, "node-1", "certificates", "signing.crt")
    polity.run("member", "revoke-certificate", foreign, "--reason", "a test", node=2).expect(4, "JD-1850")
    own = os.path.join(site.path, "node-0", "certificates", "signing.crt")
    polity.run("member", "revoke-certificate", own, "--reason", "the key was copied", node=2).expect(0, "revoked")
    begun = time.monotonic()
    until(lambda: all("node-0" not in site[index].linked() for index in (1, 2, 3)), 20, "node 0 is cut off")
    room.note(f"cut off after {time.monotonic() - begun:.1f} s")
    site.load.start(avoid=[site[0]])
    site.advances(members=[site[1], site[2], site[3]])
    # A node that starts anew reads it from the chain.
    site[3].stop()
    site[3].start()
    site.advances(members=[site[1], site[2], site[3]])
    time.sleep(3)
    check("node-0" not in site[3].linked(), "a restarted node links with the revoked one")
    site.load.stop()
    polity.run("member", "revoke-certificate", own, "--reason", "again", node=2).expect(1, "JD-1851")
