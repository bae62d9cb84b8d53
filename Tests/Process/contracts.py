# SPDX-License-Identifier: Apache-2.0
"""Contracts of a running network: built, inspected, published, decided on, called, asked, frozen, upgraded; and nodes that come and go."""
import json
import os
import shutil

from governance import Polity, commands_of, typed
from harness import BINARY, ROOT, check, test, until


def tree(room):
    """What `contract build` needs to know beside its arguments."""
    kit = os.path.join(room.path, "kit")
    return {"JIUDING_ROOT": ROOT, "JIUDING_SCRATCH": os.environ.get("JIUDING_SCRATCH") or kit}


def built(room, template, out):
    """A template's module, made by the program itself; its path."""
    folder = os.path.join(ROOT, "Contracts", "Templates", template)
    place = os.path.join(room.path, out)
    room.run("contract", "build", folder, "--out", place, env=tree(room), timeout=400).expect(0, "SM3")
    return os.path.join(place, "app.wasm")


def other_version(room, name):
    """The sources of hello, saying another thing; their folder."""
    folder = os.path.join(room.path, name)
    room.run("contract", "new", folder, "--from", "hello", env=tree(room)).expect(0)
    place = os.path.join(folder, "Sources")
    source = os.path.join(place, next(each for each in os.listdir(place) if each.endswith(".swift")))
    with open(source, encoding="utf-8") as handle:
        text = handle.read()
    with open(source, "w", encoding="utf-8") as handle:
        handle.write(text.replace("version: 1", "version: 2"))
    return folder


def propose(polity, *lines):
    """Lets three organisations decide on acts; the proposal as it stands then."""
    text = "acts:\n" + "".join(f"  - {line}\n" for line in lines)
    path = polity.room.file("acts.yaml", text.encode())
    seen = polity.run("govern", "propose", "--file", path, "--json").expect(0).json
    for index in (1, 2):
        if seen["status"] == "open":
            seen = polity.approve(seen["id"], index)
    return seen


def ask(polity, node, *words):
    member = polity.site[node]
    return polity.room.run("contract", "ask", *words, env={"JIUDING_NODE": member.url}, before=member.before)


@test
def contracts(room):
    """A contract goes from sources to calls: decided on by organisations, called at one node, asked at another; failures have codes."""
    module = built(room, "hello", "hello")
    seen = room.run("contract", "inspect", module, "--json").expect(0).json
    check(seen["passes"] and "greet" in [each["name"] for each in seen["description"]["methods"]], seen)
    room.run("contract", "inspect", module).expect(0, "greet", seen["digest"])
    room.run("contract", "inspect", room.file("torn.wasm", open(module, "rb").read()[:-40])).expect(1, "JD-25", "byte")
    digest = seen["digest"]
    polity = Polity(room).staff(3)
    first = polity.run("contract", "publish", module, "--json").expect(0).json
    check(first["code"] == digest and not first["wasKnown"] and first["partsSent"] == 1, first)
    again = polity.run("contract", "publish", module, "--json").expect(0).json
    check(again["wasKnown"] and again["partsSent"] == 0, again)
    deployed = propose(polity, f"deploy-contract: {{contract: desk, code: {digest}}}")
    check(deployed["status"] == "effective", deployed)
    called = polity.run("contract", "call", "desk", "greet", "greeting=你好", "--json").expect(0).json
    check(called["transaction"] and called["gasUsed"] > 0, called)
    polity.site.agree()
    told = ask(polity, 2, "desk", "read", "--json").expect(0).json
    check(told["answer"] == "你好", told)
    polity.run("contract", "call", "desk", "greet", "greeting=").expect(1, "JD-10001", "empty")
    polity.run("contract", "call", "desk", "greet", "greeting=x", "--gas", "10").expect(1, "JD-2620")
    polity.run("contract", "call", "desk", "greet", "word=x").expect(2, "JD-4036", "greeting")
    ask(polity, 1, "desk", "dance", "--argument-hex", "").expect(1, "JD-19001")
    listed = polity.ask("contract", "list", "--json").expect(0).json["contracts"]
    check([each["name"] for each in listed] == ["desk"] and listed[0]["code"] == digest, listed)
    polity.ask("contract", "show", "desk").expect(0, "greet", digest)
    frozen(polity)
    upgraded(room, polity, digest)
    leftover(polity, other=f"{room.path}/desk-two/.build/contract/app.wasm")
    comings(polity)


def frozen(polity):
    """A freeze stops calls and ends."""
    seen = propose(polity, "freeze-contract: {contract: desk, reason: a test}")
    check(seen["status"] == "effective", seen)
    polity.run("contract", "call", "desk", "greet", "greeting=x").expect(4, "JD-1808")
    check(polity.ask("contract", "list", "--json").json["contracts"][0]["standing"] == "frozen", "it is not shown as frozen")
    check(propose(polity, "unfreeze-contract: {contract: desk}")["status"] == "effective", "it stays frozen")
    polity.run("contract", "call", "desk", "greet", "greeting=x").expect(0)


def upgraded(room, polity, digest):
    """Other code answers, with the data as they were; a migration the code does not have is refused before anybody votes."""
    folder = other_version(room, "desk-two")
    room.run("contract", "build", folder, env=tree(room), timeout=400).expect(0)
    code = polity.run("contract", "publish", f"{folder}/.build/contract/app.wasm", "--json").expect(0).json["code"]
    check(code != digest, "another version is the same module")
    path = room.file("migrate.yaml", f"acts:\n  - upgrade-contract: {{contract: desk, code: {code}, migrate: true}}\n".encode())
    polity.run("govern", "propose", "--file", path).expect(1, "JD-2614")
    seen = propose(polity, f"upgrade-contract: {{contract: desk, code: {code}, migrate: false}}")
    check(seen["status"] == "effective", seen)
    polity.site.agree()
    check(ask(polity, 3, "desk", "read", "--json").expect(0).json["answer"] == "x", "the data are gone")
    member = polity.site[1]
    env = {**tree(room), "JIUDING_NODE": member.url}
    room.run("contract", "verify-source", folder, "desk", env=env, before=member.before, timeout=400).expect(0, code)
    hello = os.path.join(ROOT, "Contracts", "Templates", "hello")
    room.run("contract", "verify-source", hello, "desk", env=env, before=member.before, timeout=400).expect(1)
    room.run("contract", "verify-source", hello, digest, env=env, before=member.before, timeout=400).expect(0)


def leftover(polity, other):
    """An upload that may not be published lies in the state, is listed, and its member ends it; nobody else does so soon."""
    polity.ask("contract", "uploads").expect(0, "no upload")
    rule = "{resource: method contracts.publish, policy: any of role(auditor)}"
    check(propose(polity, f"set-policy: {rule}")["status"] == "effective", "the policy is not set")
    with open(other, "rb") as handle:
        path = polity.room.file("annex.wasm", handle.read() + b"\x00\x03\x01jx")
    polity.run("contract", "publish", path).expect(4, "JD-1809")
    polity.ask("contract", "uploads").expect(0, "1/1")
    upload, = polity.ask("contract", "uploads", "--json").expect(0).json["uploads"]
    check(upload["parts"] == upload["partsWanted"] == 1 and not upload["abandoned"] and upload["lastPart"] > 1, upload)
    polity.run("contract", "discard", "zz").expect(2, "64")
    words = ("contract", "discard", upload["code"])
    polity.run(*words, "--member", upload["member"], key=polity.admins[1]).expect(1, "JD-2608")
    polity.run(*words, key=polity.admins[1]).expect(1, "JD-2603")
    polity.run(*words).expect(0, "height")
    polity.run(*words).expect(1, "JD-2603")
    check(polity.ask("contract", "uploads", "--json").json["uploads"] == [], "it is still there")


def comings(polity):
    """A node that was stopped and one that lost its chain come to the same state; one without the library says so."""
    site = polity.site
    check(site[1].stop()[0] == 0, "a node does not stop")
    site.kill(site[3])
    shutil.rmtree(os.path.join(site[3].store, "store"))
    site.start(site[3])
    site[1].env = {"JIUDING_WASMTIME": "/nowhere"}
    site.start(site[1])
    polity.run("contract", "call", "desk", "greet", "greeting=back").expect(0)
    told = until(lambda: unready(site[1]), 30, "the node without the library is not ready")
    check("/nowhere" in told, told)
    doctor = polity.room.run("doctor", env=site[1].env)
    check("/nowhere" in doctor.out + doctor.err, "doctor does not name the library:", doctor.out[-600:])
    site[1].stop()
    site[1].env = None
    site.start(site[1])
    site.agree()
    check(ask(polity, 1, "desk", "read", "--json").expect(0).json["answer"] == "back", "the node has another state")


def unready(member):
    """Why a node is not ready; empty where it is."""
    client = member.client()
    try:
        answer = client.get("/readyz")
        return answer.body.decode() if answer.status == 503 else ""
    finally:
        client.close()


@test
def readme(room):
    """The commands under "Contracts that are there" and "A contract of one's own" work word for word after `up`; both READMEs have the same."""
    scripts = []
    for english, chinese in (("Contracts that are there", "自带合约"), ("A contract of one's own", "自编合约")):
        script, other = commands_of("README.md", english), commands_of("README.zh-CN.md", chinese)
        bare = [[line.split(" #")[0].rstrip() for line in text.splitlines()] for text in (script, other)]
        check(bare[0] == bare[1], "the READMEs differ:", bare)
        scripts.append(script)
    log = os.path.join(room.path, "up.log")
    with open(log, "wb") as handle:
        room.spawn("up", "--port", "0", "--json", env=tree(room), out=handle)
    until(lambda: os.path.getsize(log) and b'"contracts"' in open(log, "rb").read(), 300, "the contracts are deployed")
    with open(log, encoding="utf-8") as handle:
        url = next(json.loads(line)["url"] for line in handle if '"ready"' in line)
    for name, path in (("jiuding", BINARY), ("Contracts", os.path.join(ROOT, "Contracts")), ("LICENSE", os.path.join(ROOT, "LICENSE"))):
        os.symlink(path, os.path.join(room.path, name))
    env = {**room.environment(), **tree(room), "JIUDING_NODE": url, "TERM": "dumb"}
    for script, texts in zip(scripts, (("deposited", "workflow", "real-estate.wasm", "in effect", "transfer"), ("app.wasm", "greet", "in effect", "hello"))):
        said = typed(script, room.path, env)
        for text in texts:
            check(text in said, f"no {text!r} in what the commands said:", said[-3000:])
        check("unexpected" not in said and "JD-" not in said, said[-3000:])
