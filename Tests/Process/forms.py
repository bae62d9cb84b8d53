# SPDX-License-Identifier: Apache-2.0
"""Registries by form: from a YAML file to calls, with no toolchain; and whatever else starts with arguments."""
import os
import shutil

from contracts import ask, built, propose, tree
from governance import HOMES, Polity
from harness import ROOT, check, test
from templates import BARE_PATH, interpreter

EXAMPLE = os.path.join(ROOT, "Contracts", "Templates", "form", "Examples", "real-estate.yaml")
UNIT = "330106001001GB00001F00010001"


def approved(polity, seen):
    """Two more organisations approve what the first proposed."""
    for index in (1, 2):
        if seen["status"] == "open":
            seen = polity.approve(seen["id"], index)
    check(seen["status"] == "effective", seen)
    return seen


def by(polity, index, *words):
    """A call of the registry by one organisation."""
    return polity.run("contract", "call", "real-estate", *words, "--json", key=polity.admins[index])


@test
def forms(room):
    """A form in YAML becomes a contract with no compiler at hand: its roles, states, signatures and bounds hold on the chain."""
    check(shutil.which("swiftc", path=BARE_PATH) is None, "Swift is on the bare path")
    module = interpreter()
    bare = {"PATH": BARE_PATH, "JIUDING_SCRATCH": os.path.dirname(os.path.dirname(module))}
    mistaken(room, bare)
    ran = room.run("contract", "form", EXAMPLE, "--json", env=bare).expect(0).json
    check(ran["name"] == "real-estate" and ran["module"] == "real-estate.wasm", ran)
    room.run("contract", "inspect", "real-estate.wasm").expect(0, "real-estate", "unseal")
    polity = Polity(room).staff(4)
    seen = polity.run("contract", "propose", "real-estate", os.path.join(room.path, "real-estate.wasm"), "--json").expect(0).json
    shown = polity.ask("govern", "show", seen["id"]).expect(0, "asks the chain for", "register", 'form="').out
    check(f"code {ran['digest'][:12]}" in shown, shown)
    approved(polity, seen)
    worked(polity)


def mistaken(room, env):
    """Every mistake is told with line and column, in both languages; nothing is written."""
    with open(EXAMPLE, encoding="utf-8") as handle:
        text = handle.read().replace("type: digest", "type: hash").replace("to: sealed", "to: frozen").replace("key: unit", "key: owner")
    path = room.file("wrong.yaml", text.encode())
    lines = text.splitlines()
    line = next(number for number, line in enumerate(lines, 1) if "type: hash" in line)
    place = f"{path}:{line}:{lines[line - 1].index('hash') + 1}"
    told = room.run("contract", "form", path, "--output", "w.wasm", env=env)
    told.expect(2, "JD-4041", "3 mistakes", place, "there is no 'hash'", "write one of: flag, number", "'owner' could change", "'frozen'")
    room.run("contract", "form", path, "--lang", "zh", env=env).expect(2, "3 处错误", place, "请写其中之一")
    check(not os.path.exists(os.path.join(room.path, "w.wasm")), "a module was written")
    room.run("contract", "form", "nowhere.yaml", env=env).expect(2, "JD-4041")


def worked(polity):
    """The life of a record: who may do what, in which state, with how many signatures."""
    for group, index in (("registrar", 0), ("reviewer", 1), ("reviewer", 2), ("bank", 3)):
        by(polity, 0, "join", f"group={group}", f"organization={HOMES[index]}").expect(0)
    by(polity, 1, "join", "group=court", f"organization={HOMES[1]}").expect(1, "JD-10007")
    fields = ["owner=张三", "place=杭州市西湖区文三路 1 号", "purpose=residence", "area=9800", "until=2090-01-01T00:00:00.000Z",
              "file=" + "5a" * 32]
    by(polity, 1, "create", f"unit={UNIT}", *fields).expect(1, "JD-10003")
    by(polity, 0, "create", "unit=short", *fields).expect(1, "JD-10005")
    by(polity, 0, "create", f"unit={UNIT}", *fields).expect(0)
    by(polity, 0, "change", f"unit={UNIT}", "area=9900").expect(0)
    by(polity, 3, "mortgage", f"unit={UNIT}").expect(1, "JD-10004")
    by(polity, 0, "register", f"unit={UNIT}").expect(1, "JD-10003")
    by(polity, 1, "register", f"unit={UNIT}").expect(0)
    by(polity, 1, "register", f"unit={UNIT}").expect(1, "JD-10006")
    check(state(polity) == "accepted", "one signature was enough")
    by(polity, 2, "register", f"unit={UNIT}").expect(0)
    check(state(polity) == "registered", state(polity))
    by(polity, 0, "change", f"unit={UNIT}", "area=1").expect(1, "JD-10004")
    by(polity, 3, "mortgage", f"unit={UNIT}", "note=第一顺位").expect(0)
    by(polity, 0, "transfer", f"unit={UNIT}", "owner=李四", "file=" + "5b" * 32).expect(1, "JD-10004")
    polity.site.agree()
    for node in range(4):
        told = ask(polity, node, "real-estate", "get", f"unit={UNIT}", "--json").expect(0).json["answer"]
        check(told["state"] == "mortgaged" and told["area"] == 9900 and told["note"] == "第一顺位", told)


def state(polity):
    return polity.ask("contract", "ask", "real-estate", "get", f"unit={UNIT}", "--json").expect(0).json["answer"]["state"]


@test
def proposing(room):
    """One command from a module to a proposal: approvers read what the code is and what an upgrade changes; starts take typed arguments."""
    polity = Polity(room).staff(3)
    hello, ledger = built(room, "hello", "hello"), built(room, "ledger", "ledger")
    seen = polity.run("contract", "propose", "desk", hello, "--dry-run", "--json").expect(0).json
    check(not seen["sent"] and not seen["isPublished"] and "greet" in seen["effects"][2]["english"], seen)
    seen = polity.run("contract", "propose", "desk", hello, "--json").expect(0).json
    polity.ask("govern", "show", seen["id"]).expect(0, "bytes", "pages of memory", "asks the chain for: ", "greet", "gas")
    approved(polity, seen)
    polity.run("contract", "propose", "desk", hello).expect(1, "JD-2610", "--upgrade")
    polity.run("contract", "propose", "desk", room.file("torn.wasm", open(hello, "rb").read()[:-40])).expect(1, "JD-25")
    polity.run("contract", "propose", "desk").expect(2)
    upgraded(room, polity, hello)
    typed(room, polity, ledger)
    approved(polity, polity.run("contract", "propose", "desk", "--retire", "--json").expect(0).json)
    polity.run("contract", "call", "desk", "salute", "greeting=x").expect(1, "JD-2612")
    strange(polity)


def upgraded(room, polity, hello):
    """The report of an upgrade names what goes and what comes."""
    folder = os.path.join(room.path, "other-desk")
    room.run("contract", "new", folder, "--from", "hello", env=tree(room)).expect(0)
    place = os.path.join(folder, "Sources")
    source = os.path.join(place, next(each for each in os.listdir(place) if each.endswith(".swift")))
    with open(source, encoding="utf-8") as handle:
        text = handle.read()
    with open(source, "w", encoding="utf-8") as handle:
        handle.write(text.replace('"greet"', '"salute"'))
    room.run("contract", "build", folder, env=tree(room), timeout=400).expect(0)
    module = f"{folder}/.build/contract/app.wasm"
    polity.run("contract", "propose", "desk", module, "--upgrade", "--migrate").expect(1, "JD-2614")
    seen = polity.run("contract", "propose", "desk", module, "--upgrade", "--json").expect(0).json
    polity.ask("govern", "show", seen["id"]).expect(
        0, "methods, no longer: greet(greeting: text)", "methods, new: salute(greeting: text)", "the state stays as it is")
    approved(polity, seen)
    polity.run("contract", "call", "desk", "salute", "greeting=x").expect(0)
    polity.run("contract", "propose", "desk", hello, "x=y", "--upgrade").expect(2)


def typed(room, polity, ledger):
    """A start's arguments are given by name: to a proposal, in a file of acts, to a template's instance."""
    polity.run("contract", "propose", "money", ledger, "owner=x").expect(2, "JD-4036", "operator")
    polity.run("contract", "propose", "money", ledger).expect(2, "JD-4036", "operator")
    seen = polity.run("contract", "propose", "money", ledger, f"operator={HOMES[0]}", "--json").expect(0).json
    polity.ask("govern", "show", seen["id"]).expect(0, f'operator="{HOMES[0]}"')
    approved(polity, seen)
    polity.run("contract", "call", "money", "open-issuing", "account=treasury").expect(0)
    code = polity.ask("contract", "show", "money", "--json").expect(0).json["code"]
    acts = f"acts:\n  - deploy-contract: {{contract: more, code: {code}, arguments: {{owner: x}}}}\n"
    polity.run("govern", "propose", "--file", room.file("wrong.yaml", acts.encode())).expect(2, "JD-4032", "wrong.yaml:2", "operator")
    seen = propose(polity, f"deploy-contract: {{contract: more, code: {code}, arguments: {{operator: {HOMES[1]}}}}}",
                   f'set-template: {{template: accounts, code: {code}, policy: "any of role(user)"}}')
    check(seen["status"] == "effective", seen)
    polity.run("contract", "instantiate", "accounts", "accounts-third").expect(2, "JD-4036", "operator")
    polity.run("contract", "instantiate", "accounts", "accounts-third", f"operator={HOMES[1]}").expect(0)
    for name in ("more", "accounts-third"):
        polity.run("contract", "call", name, "open-issuing", "account=a", key=polity.admins[1]).expect(0)
        polity.run("contract", "call", name, "open-issuing", "account=b").expect(1, "JD-1000")


def strange(polity):
    """A stranger asks where strangers may read, and is nobody there; where only members read it is refused."""
    told = polity.ask("contract", "ask", "money", "account", "account=treasury", "--json").expect(0).json
    check(told["answer"] is not None, told)
    member = polity.site[3]
    check(member.stop()[0] == 0, "a node does not stop")
    with open(member.config, encoding="utf-8") as handle:
        text = handle.read()
    with open(member.config, "w", encoding="utf-8") as handle:
        handle.write(text.replace("reads: public", "reads: members"))
    polity.site.start(member)
    env = {"JIUDING_NODE": member.url}
    words = ("contract", "ask", "money", "account", "account=treasury", "--json")
    polity.room.run(*words, env=env, before=member.before).expect(4)
    body = b'{"method":"account","argument":"","gas":1000}'
    client = member.client()
    answer = client.ask("POST", "/v1/chains/main/contracts/money/ask", body, {"Content-Type": "application/json"})
    check(answer.status == 401, answer.status, answer.body)
    client.close()
    key = os.path.join(polity.site.path, "users", "default.key")
    polity.room.run(*words, "--as", key, env=env, before=member.before).expect(0)
