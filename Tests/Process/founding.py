# SPDX-License-Identifier: Apache-2.0
"""A chain founded by four organisations in four folders, between which only public files travel (FOUND-7 to FOUND-18)."""
import os
import re
import shutil

from harness import check, free_port, test, until
from keys import private_number

NAMES = ("bigdata", "market", "tax", "court")


class Bureau:
    """One organisation: a folder of its own, a passphrase of its own, and what it hands out."""

    def __init__(self, room, name, agreement):
        self.room, self.name, self.path = room, name, os.path.join(room.path, name)
        self.secret = f"passphrase of {name} 4e1d"
        self.passphrase = room.file(f"{name}/passphrase", (self.secret + "\n").encode())
        room.file(f"{name}/consortium.yaml", agreement)

    def found(self, *words, **options):
        needs = words[0] in ("prepare", "sign")
        return self.room.run("found", *words, *(("--passphrase-file", self.passphrase) if needs else ()), cwd=self.path, **options)

    def prepare(self, *words, organization=None, out="ceremony"):
        return self.found("prepare", "--spec", "consortium.yaml", "--organization", organization or self.name, "--out", out, *words)

    def assemble(self, *words):
        return self.found("assemble", "--folder", "ceremony", *words)

    def sign(self, fingerprint, *words):
        return self.found("sign", "--folder", "ceremony", "--fingerprint", fingerprint, *words)

    def finish(self, *words):
        return self.found("finish", "--folder", "ceremony", "--out", "site", *words)

    def file(self, *names):
        return os.path.join(self.path, "ceremony", *names)

    def bytes(self, *names):
        with open(self.file(*names), "rb") as handle:
            return handle.read()

    def status(self):
        return self.room.run("found", "--folder", "ceremony", "--json", cwd=self.path).expect(0).json

    def hidden(self):
        """What must never leave: each private number, the passphrase, and even the encrypted files."""
        found = {self.secret.encode(): "the passphrase"}
        for folder, _, names in os.walk(self.file("private")):
            for path in (os.path.join(folder, name) for name in names if name.endswith(".key")):
                number = private_number(path, self.secret.encode())
                for form in (number, number.hex().encode(), number.hex().upper().encode()):
                    found[form] = path
                with open(path, "rb") as handle:
                    found[b"".join(handle.read().split(b"\n")[1:-2])] = path
        return found


class Ceremony:
    """Four bureaus that agreed on the example, on free ports of this machine."""

    def __init__(self, room, change=lambda text: text):
        self.room = room
        text = room.run("found", "example").expect(0).out
        self.gateways = {name: free_port() for name in NAMES}
        for index, name in enumerate(NAMES):
            text = text.replace(f":{8700 + index}", f":{free_port()}").replace(f":{8600 + index}", f":{self.gateways[name]}")
        self.agreement = change(text).encode()
        self.bureaus = [Bureau(room, name, self.agreement) for name in NAMES]
        self.handed = 0

    def hand(self, kind):
        """Everyone gives everyone the public file of this kind; nothing private may be in it."""
        for giver in self.bureaus:
            name = f"{giver.name}.{kind}"
            content = giver.bytes(name)
            for form, what in giver.hidden().items():
                check(form not in content and form not in content.replace(b"\n", b""), f"{what} stands in {name}")
            for taker in self.bureaus:
                if taker is not giver:
                    shutil.copy(giver.file(name), taker.file(name))
            self.handed += 1

    def prepared(self):
        for bureau in self.bureaus:
            bureau.prepare().expect(0)
        self.hand("contribution")
        return self

    def assembled(self):
        self.prepared()
        prints = {bureau.assemble("--json").expect(0).json["fingerprint"] for bureau in self.bureaus}
        check(len(prints) == 1, "not all have the same fingerprint:", prints)
        self.fingerprint = prints.pop()
        return self

    def signed(self):
        self.assembled()
        for bureau in self.bureaus:
            bureau.sign(self.fingerprint).expect(0)
        self.hand("signature")
        return self


@test
def ceremony(room):
    """Four organisations found a chain, handing each other public files only; its nodes start from the four folders, and a
    receipt verifies offline with the founded anchor (FOUND-7, FOUND-10, FOUND-12, FOUND-14, FOUND-15)."""
    held = Ceremony(room)
    steps = []
    for bureau in held.bureaus:
        made = bureau.prepare("--json").expect(0).json
        check(re.fullmatch(r"(\d{4} ){11}\d{4}", made["fingerprint"]), made)
        again = bureau.prepare("--json").expect(0).json
        check(again == made, "a second run changed something:", again)
        modes = {oct(os.stat(os.path.join(folder, name)).st_mode & 0o777) for folder, _, names in os.walk(bureau.file("private"))
                 for name in names if name.endswith((".key", "own.contribution", "issued.txt"))}
        check(modes == {"0o600"} and os.stat(bureau.file("private")).st_mode & 0o777 == 0o700, modes)
    steps.append(held.bureaus[0].status()["step"])
    held.hand("contribution")
    steps.append(held.bureaus[0].status()["step"])
    drafts = {bureau.assemble("--json").expect(0).json["fingerprint"] for bureau in held.bureaus}
    check(len(drafts) == 1 and len({bureau.bytes("genesis.draft") for bureau in held.bureaus}) == 1, drafts)
    seen = held.bureaus[1].found("show", "ceremony/genesis.draft", "--json").expect(0).json
    check(seen["survivesAnyCloud"] and seen["validators"] == 4 and len(seen["organizations"]) == 4 and seen["waived"] == [], seen)
    steps.append(held.bureaus[0].status()["step"])
    for bureau in held.bureaus:
        # As people type it: other separators, full-width digits.
        typed = drafts.copy().pop().replace(" ", "-").translate({48 + digit: 0xFF10 + digit for digit in range(10)})
        bureau.sign(typed).expect(0)
    steps.append(held.bureaus[0].status()["step"])
    held.hand("signature")
    steps.append(held.bureaus[0].status()["step"])
    check(steps == ["collect", "assemble", "sign", "collect-signatures", "finish"], steps)
    done = [bureau.finish("--json").expect(0).json for bureau in held.bureaus]
    check(len({one["trustFingerprint"] for one in done}) == 1 and len({one["id"] for one in done}) == 1, done)
    nodes_run(room, held, done)


def nodes_run(room, held, done):
    """Starts each organisation's node from its own folder, and deposits through one for another to prove."""
    logs = []
    for bureau, one in zip(held.bureaus, done):
        for key in ("validator", "encryption", "anchor"):
            room.file(f"{bureau.name}/credentials/{key}.key.passphrase", bureau.secret.encode())
        config = os.path.join(bureau.path, one["nodes"][0])
        log = open(os.path.join(room.path, f"{bureau.name}.log"), "wb")  # noqa: SIM115 - the child's for as long as it lives
        logs.append(log.name)
        room.spawn("node", "--config", config, out=log, err=log,
                   env={"CREDENTIALS_DIRECTORY": os.path.join(bureau.path, "credentials")})

    def said(path):
        with open(path, encoding="utf-8") as handle:
            return handle.read()

    until(lambda: all('"ready"' in said(path) for path in logs), 60, "four nodes are ready")
    first = held.bureaus[0]
    node = f"http://127.0.0.1:{held.gateways['bigdata']}"
    paper = room.file("papers/paper.txt", b"founded by four")
    room.run("evidence", "put", paper, "--node", node, "--key", first.file("private", "members", "admin.key"),
             "--passphrase-file", first.passphrase, "--trust", os.path.join(first.path, "site", "trust", "main.trust")).expect(0)
    # Every organisation's anchor proves it, with no node asked.
    for bureau in held.bureaus:
        anchor = os.path.join(bureau.path, "site", "trust", "main.trust")
        room.run("evidence", "verify", paper, "--trust", anchor).expect(0, "verified")
    for bureau in held.bureaus:
        # What the ceremony founds is read by members only: each asks its own node by its own key.
        gateway = f"http://127.0.0.1:{held.gateways[bureau.name]}"
        words = ("chain", "status", "--node", gateway, "--json")
        room.run(*words).expect(4, "JD-3107")
        own = {"JIUDING_AS": bureau.file("private", "members", "admin.key"), "JIUDING_PASSPHRASE": bureau.secret}
        until(lambda: int(room.run(*words, env=own).expect(0).json["height"]) >= 1, 20, f"{bureau.name} has the block")
        check(room.run(*words, env=own).expect(0).json["id"] == done[0]["id"], "another chain")
    record = os.path.join(first.path, "site", "trust", "main.founding")
    shown = room.run("found", "show", record, "--json").expect(0).json
    check(shown["kind"] == "record" and shown["trustFingerprint"] == done[0]["trustFingerprint"], shown)
    room.note(f"{held.handed} public files handed on, none with a private byte; 4 nodes of 4 folders")


@test
def changed_on_the_way(room):
    """A contribution that is cut, changed, too long, newer, another's or made for another agreement is refused by name
    (FOUND-6, FOUND-8, FOUND-9)."""
    held = Ceremony(room).prepared()
    first, second = held.bureaus[0], held.bureaus[1]
    good, own = first.bytes("market.contribution"), first.bytes("bigdata.contribution")
    place = first.file("market.contribution")

    def refused(content, code):
        with open(place, "wb") as handle:
            handle.write(content)
        ran = first.assemble().expect(1, code, "market.contribution")
        check(not os.path.exists(first.file("genesis.draft")), "a draft was written all the same")
        told = first.status()
        check(told["step"] == "collect" and any(flaw["code"] == code for flaw in told["flaws"]), code, told)
        return ran

    refused(good[:-1], "JD-2411")
    refused(b"", "JD-2411")
    refused(good + b"\0", "JD-2411")
    refused(good[:4] + b"\x02" + good[5:], "JD-2412")
    refused(good[:5] + bytes(3 << 20), "JD-2413")
    refused(good[:5] + bytes(32) + good[37:], "JD-2414")
    # The organisation's first key is the node's signing key; it stands behind the root's certificate.
    key_at = _first_key(good)
    refused(good[:key_at] + own[_first_key(own):][:64] + good[key_at + 64:], "JD-2419")
    refused(good[:-65] + bytes([good[-65] ^ 1]) + good[-64:], "JD-2419")
    with open(place, "wb") as handle:
        handle.write(good)
    # Somebody in market's name, with keys of his own, beside the true one.
    liar = Bureau(room, "liar", held.agreement)
    liar.prepare(organization="market").expect(0)
    shutil.copy(liar.file("market.contribution"), first.file("market-2.contribution"))
    told = first.assemble().expect(1, "JD-2416", "market.contribution", "market-2.contribution")
    check(len(re.findall(r"(?:\d{4} ){11}\d{4}", told.err)) == 2, "not both fingerprints:", told.err)
    # Alone he is not noticed by the first, but by market, which does not sign for him.
    os.replace(first.file("market-2.contribution"), place)
    fingerprint = first.assemble("--json").expect(0).json["fingerprint"]
    shutil.copy(first.file("genesis.draft"), second.file("genesis.draft"))
    second.sign(fingerprint).expect(1, "JD-2432")
    os.remove(first.file("tax.contribution"))
    first.assemble("--out", "other.draft").expect(1, "JD-2417", "tax")
    other = Bureau(room, "other", held.agreement.replace(b"chain: main", b"chain: tax"))
    other.prepare(organization="tax").expect(0)
    shutil.copy(other.file("tax.contribution"), first.file("tax.contribution"))
    first.assemble("--out", "other.draft").expect(1, "JD-2414", "tax.contribution")


def _first_key(content):
    """Where the first node's signing key stands in a contribution (FOUND-6)."""
    at = 5 + 32
    at += 1 + content[at]
    size, shift = 0, 0
    while True:
        size |= (content[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not content[at - 1] & 0x80:
            break
    return at + size + 1


@test
def signed_by_all(room):
    """Nobody signs another fingerprint, nothing is founded while one has not signed, and nothing is overwritten
    (FOUND-12, FOUND-13, FOUND-14, FOUND-16)."""
    held = Ceremony(room).assembled()
    first, last = held.bureaus[0], held.bureaus[3]
    wrong = ("1" if held.fingerprint[0] != "1" else "2") + held.fingerprint[1:]
    for digits in (wrong, "", held.fingerprint[:-1]):
        first.sign(digits).expect(1, "JD-2431")
    check(not os.path.exists(first.file("bigdata.signature")), "it was signed all the same")
    bad = room.file("bad", b"wrong\n")
    room.run("found", "sign", "--folder", "ceremony", "--fingerprint", held.fingerprint, "--passphrase-file", bad,
             cwd=first.path).expect(1, "JD-1609")
    for bureau in held.bureaus:
        bureau.sign(held.fingerprint).expect(0)
        before = bureau.bytes(f"{bureau.name}.signature")
        bureau.sign(held.fingerprint).expect(0)
        check(bureau.bytes(f"{bureau.name}.signature") == before, "it signed a second time")
    for bureau in held.bureaus[1:3]:
        shutil.copy(bureau.file(f"{bureau.name}.signature"), first.path + "/ceremony")
    first.finish().expect(1, "JD-2434", "court")
    check(not os.path.exists(os.path.join(first.path, "site")), "something was written without all signatures")
    good = last.bytes("court.signature")
    for content, code in ((good[:-1], "JD-2411"), (good[:-1] + bytes([good[-1] ^ 1]), "JD-2435"),
                          (good[:5] + bytes([good[5] ^ 1]) + good[6:], "JD-2433"),
                          (first.bytes("market.signature"), "JD-2434")):
        room.file("bigdata/ceremony/court.signature", content)
        first.finish().expect(1, code)
    shutil.copy(last.file("court.signature"), first.file("court.signature"))
    first.finish().expect(0)
    config = os.path.join(first.path, "site", "bigdata-1", "node.yaml")
    with open(config, "ab") as handle:
        handle.write(b"# edited\n")
    first.finish().expect(0)
    with open(config, "rb") as handle:
        check(handle.read().endswith(b"# edited\n"), "an edited configuration was written over")
    room.file("bigdata/site/trust/main.trust", b"something else")
    first.finish().expect(1, "JD-2438", "main.trust")
    # The folder stays what it was prepared for; a stranger has none.
    room.file("bigdata/consortium.yaml", held.agreement.replace(b"chain: main", b"chain: tax"))
    first.prepare().expect(1, "JD-2436")
    first.prepare(organization="nobody", out="elsewhere").expect(1, "JD-2415")
    room.run("found", "sign", first.file("genesis.draft"), "--folder", room.path, "--fingerprint", held.fingerprint).expect(1, "JD-2437")


@test
def named_admin(room):
    """Where the agreement names an admin's key, only that key speaks for the organisation (FOUND-7, FOUND-13)."""
    phrase = room.file("admin.pass", b"the admin's own\n")
    made = room.run("key", "new", "--out", "boss.key", "--passphrase-file", phrase, "--json").expect(0).json
    boss = os.path.join(room.path, "boss.key")

    def name_it(text):
        head, tail = text.split("  - id: tax")
        return head + "  - id: tax" + tail.replace("roles: [orgAdmin, operator, user]",
                                                   f"roles: [orgAdmin]\n        key: {made['publicKey']}", 1)

    held = Ceremony(room, name_it)
    tax = held.bureaus[2]
    tax.prepare().expect(1, "JD-2423")
    tax.prepare("--key", boss, "--key-passphrase-file", phrase).expect(0)
    check(not os.path.exists(tax.file("private", "members")), "a key was made for a member that has one")
    held.assembled()
    tax.sign(held.fingerprint).expect(1, "JD-2437", "tax")
    tax.sign(held.fingerprint, "--key", boss, "--key-passphrase-file", phrase).expect(0)
    held.bureaus[0].sign(held.fingerprint, "--key", boss, "--key-passphrase-file", phrase).expect(1, "JD-2435")


@test
def agreements(room):
    """An agreement no chain can be founded on is refused before any key is made, in both languages (FOUND-1, FOUND-3, FOUND-18)."""
    text = room.run("found", "example").expect(0).out
    for old, new, code, told in (
            ("电信云", "移动云", "JD-2406", "移动云, 2/4, 3"), ("  - id: court", "  - id: tax", "JD-2402", "tax"),
            ("roles: [orgAdmin, operator, user]", "roles: [user]", "JD-2403", "bigdata"),
            ("roles: [orgAdmin, operator, user]", "roles: [orgAdmin, systemAdmin]", "JD-2404", "bigdata/admin"),
            ("chain: main", "chain: main\nparameters:\n  heartbeat: 5", "JD-2407", "heartbeat"),
            ("    region: 350100\n", "", "JD-2408", "bigdata"), ("chain: main", "chain: ../main", "JD-2401", ":4:"),
            ("11350100MB0000017M", "11350100MB0000017N", "JD-2401", "credit-code")):
        check(old in text, old)
        room.file("consortium.yaml", text.replace(old, new, 1).encode())
        words = ("found", "prepare", "--organization", "bigdata", "--out", "ceremony")
        code_of = 2 if code == "JD-2401" else 1
        room.run(*words).expect(code_of, code, told)
        seen = room.run(*words, "--json", "--lang", "zh").expect(code_of).json
        check(seen["error"]["code"] == code and re.search("[一-鿿]", seen["error"]["fix"]), seen)
        check(not os.path.exists(os.path.join(room.path, "ceremony")), "something was made all the same")
    os.remove(os.path.join(room.path, "consortium.yaml"))
    told = room.run("found", "--json").expect(0).json
    check(told["step"] == "agree" and os.listdir(room.path) == [], told)
    room.run("found").expect(0, "jiuding found example")


@test
def unchecked(room):
    """No fingerprint is shown of a genesis that `sign` would refuse, but what is wrong with it (FOUND-18)."""
    held = Ceremony(room).assembled()
    first = held.bureaus[0]
    told = first.status()
    check(told["fingerprint"] == held.fingerprint and told["step"] == "sign" and not told["flaws"], told)
    good = first.bytes("genesis.draft")

    def standing(content):
        with open(first.file("genesis.draft"), "wb") as handle:
            handle.write(content)
        return first.status()

    # A proof that does not verify; another contribution in our name; cut off; nothing.
    twin = Bureau(room, "twin", held.agreement)
    twin.prepare(organization=first.name).expect(0)
    for other in held.bureaus[1:]:
        shutil.copy(other.file(f"{other.name}.contribution"), twin.file(f"{other.name}.contribution"))
    twin.assemble().expect(0)
    changed = bytearray(good)
    changed[-20] ^= 1
    for content, code in ((bytes(changed), "JD-2419"), (twin.bytes("genesis.draft"), "JD-2432"), (good[:-9], "JD-2411"), (b"", "JD-2411")):
        told = standing(content)
        check(told["fingerprint"] is None and told["step"] == "mend-draft", code, told)
        check([flaw["code"] for flaw in told["flaws"]] == [code], code, told)
        shown = first.found("status", "--folder", "ceremony").expect(0)
        check(held.fingerprint not in shown.out + shown.err and code in shown.err + shown.out, shown.out, shown.err)
    check(standing(good)["fingerprint"] == held.fingerprint, "the good one is not shown again")


@test
def signed_twice(room):
    """Where an organisation signed twice and not all have the same file, all found the same chain and name the same trust anchor, and
    what was written stays (FOUND-14, FOUND-16)."""
    held = Ceremony(room).signed()
    first, other = held.bureaus[0], held.bureaus[1]
    first.sign(held.fingerprint, "--out", "second.signature").expect(0)
    second = os.path.join(first.path, "second.signature")
    with open(second, "rb") as handle:
        check(handle.read() != first.bytes("bigdata.signature"), "SM2 signed the same bytes twice")
    paths = [other.file(f"{name}.signature") for name in NAMES]
    done = other.found("finish", *paths, "--folder", "ceremony", "--out", "site", "--json").expect(0).json
    def content(place, name):
        with open(os.path.join(other.path, place, "trust", os.path.basename(done[name])), "rb") as handle:
            return handle.read()

    anchor, record = content("site", "trust"), content("site", "record")
    # The same organisation, later, with the other file: nothing is overwritten, and nothing is wrong.
    again = other.found("finish", second, *paths[1:], "--folder", "ceremony", "--out", "site", "--json").expect(0).json
    check(again == done, again)
    elsewhere = other.found("finish", second, *paths[1:], "--folder", "ceremony", "--out", "elsewhere", "--json").expect(0).json
    check(elsewhere["trustFingerprint"] == done["trustFingerprint"] and elsewhere["id"] == done["id"], elsewhere)
    check(content("elsewhere", "trust") != anchor, "the seals are the same, so this shows nothing")
    check((content("site", "trust"), content("site", "record")) == (anchor, record), "something was written anew")
