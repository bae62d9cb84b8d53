# SPDX-License-Identifier: Apache-2.0
"""Modules that mean harm, sent to a running network: each is refused or stopped with its own code, and nothing else is harmed."""
import json
import os
import random
import time

from client import blob, deposit, num, sm3, transaction
from governance import Polity
from harness import ROOT, check, test

ALONE = True

PART, PURSE_MAX, ACTS = 49_152, 10_000_000, 32


def joined(pieces):
    return b"".join((bytes.fromhex(piece) if isinstance(piece, str) else joined(piece)) * count for piece, count in pieces)


class Enemy:
    """A member who sends what no client would, and sees what became of it."""

    def __init__(self, site, key):
        self.client, self.key = site[0].client(patience=120), key
        self.chain = self.client.chain_id

    def signed(self, contract, method, arguments):
        first = int(self.client.status()["height"])
        return transaction(self.key, self.chain, arguments, first, first + 5_000, contract, method)[1]

    def call(self, contract, argument=b"", purse=PURSE_MAX):
        return self.signed(contract, "go", num(purse) + argument)

    def deposit(self):
        content = random.randbytes(16)
        return self.signed("evidence", "deposit", deposit(sm3(content), 16))

    def send(self, transactions):
        """Codes of what they came to, in order; 0 is success."""
        answer = self.client.submit(transactions, wait="attested", patience=100)
        check(answer.status == 200, answer.body[:300])
        out = []
        for result in answer.json["results"]:
            check(result["status"] == "attested", result)
            out.append(0 if result["result"] == "ok" else int(result["result"].removeprefix("JD-")))
        return out

    def publish(self, module):
        """Uploads and publishes; the first code that is no success."""
        digest, size = sm3(module), num(len(module))
        parts = [module[at:at + PART] for at in range(0, len(module), PART)]
        if len(module) > 524_288:
            parts = parts[:1]
        sent = [self.signed("contracts", "upload", num(0) + digest + size + num(place) + blob(part))
                for place, part in enumerate(parts)]
        sent.append(self.signed("contracts", "publish", num(min(PURSE_MAX, 14 * len(module) + 60_000)) + digest))
        codes = self.send(sent)
        worst = next((code for code in codes if code), 0)
        if worst and not codes[0]:
            ended = self.send([self.signed("contracts", "discard", num(0) + digest + b"\x00")])
            check(ended == [0], "an upload that was refused cannot be ended:", ended)
        return worst


def deploy(polity, pairs):
    """Lets governance decide on contracts of published code; the proposals' ends."""
    seen = []
    for at in range(0, len(pairs), ACTS):
        text = "acts:\n" + "".join(f"  - deploy-contract: {{contract: {name}, code: {sm3(module).hex()}}}\n"
                                   for name, module in pairs[at:at + ACTS])
        path = polity.room.file("acts.yaml", text.encode())
        ran = polity.run("govern", "propose", "--file", path, "--json")
        seen.append(ran.out + ran.err)
    return seen


@test
def hostile(room):
    """160 modules that mean harm are refused or stopped with their own codes by a network under load: no node ends, grows or differs."""
    with open(os.path.join(ROOT, "Tests", "Hostile", "modules.json"), encoding="utf-8") as file:
        entries = json.load(file)
    for place, entry in enumerate(entries):
        entry["bytes"] = joined(entry["module"])
        entry["names"] = [f"x{place:02x}{letter}" for letter in "abcdefghi"[:entry["copies"]]]
    polity = Polity(room)
    site = polity.site
    enemy = Enemy(site, site.load.keys.pop())
    site.load.pause = 0.1
    site.load.start()
    processes = [member.process.pid for member in site]
    before = max(member.memory("VmHWM") for member in site)
    begun = time.monotonic()
    for stage in (lambda: refused(enemy, entries), lambda: deployed(polity, entries),
                  lambda: called(enemy, [entry for entry in entries if entry["at"] == "call"])):
        wrong = stage()
        check(not wrong, f"{len(wrong)} of {len(entries)} ended otherwise:", wrong[:12])
    seconds = time.monotonic() - begun
    site.advances()
    site.load.stop()
    tip = site.agree(patience=120)
    check([member.process.pid for member in site] == processes and all(member.alive() for member in site), "a node has ended")
    peak = max(member.memory("VmHWM") for member in site)
    room.note(f"{len(entries)} modules in {seconds:.0f} s, {tip} blocks; {len(site.load.acks)} deposits of others; "
              f"a node's peak went from {before >> 20} to {peak >> 20} MiB")
    check(peak < 1 << 30, f"a node took {peak >> 20} MiB")


def refused(enemy, entries):
    """What nobody publishes."""
    wrong = []
    for entry in entries:
        code = enemy.publish(entry["bytes"])
        expected = entry["code"] if entry["at"] in ("upload", "publish") else 0
        if code != expected:
            wrong.append((entry["name"], expected, code))
    return wrong


def deployed(polity, entries):
    """What voids the proposal that would deploy it; all others are deployed."""
    wrong = []
    for entry in entries:
        if entry["at"] == "deploy":
            told = deploy(polity, [("harm", entry["bytes"])])[0]
            if f"JD-{entry['code']}" not in told:
                wrong.append((entry["name"], entry["code"], told[:400]))
    made = [(name, entry["bytes"]) for entry in entries if entry["at"] == "call" for name in entry["names"]]
    made += [("desk", entry["bytes"]) for entry in entries if entry["at"] == "bystander"]
    for told in deploy(polity, made):
        check('"status":"effective"' in told.replace(" ", ""), told[-600:])
    return wrong


def called(enemy, entries):
    """What ends with its own code, between calls and deposits that succeed."""
    wrong = []
    for at in range(0, len(entries), 4):
        some, sent = entries[at:at + 4], []
        for place, entry in enumerate(some):
            sent += [enemy.call("desk", b"good", 50_000), enemy.call(entry["names"][0], bytes.fromhex(entry["argument"])),
                     enemy.deposit()]
        codes = enemy.send(sent)
        for place, entry in enumerate(some):
            good, bad, evidence = codes[3 * place:3 * place + 3]
            if (good, bad, evidence) != (0, entry["code"], 0):
                wrong.append((entry["name"], entry["code"], (good, bad, evidence)))
    held = enemy.client.get(f"/v1/chains/main/state/desk/{b'value'.hex()}").json
    check(held["value"] in (b"good".hex(), "Z29vZA=="), held)
    return wrong
