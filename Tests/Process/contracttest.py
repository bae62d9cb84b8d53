# SPDX-License-Identifier: Apache-2.0
"""Contracts tried before they are on a chain, and looked at afterwards: scenarios with real gas, and traces of past transactions (KIT-22, KIT-24)."""
import os
import re

from contracts import propose, tree
from governance import Polity
from harness import ROOT, check, test

TRAP = """    static func greet(_ text: Text) throws(Failure) {
        if text.isEmpty { throw empty }
        let limits: [UInt64] = [1, 2, 3]
        if limits[text.bytes.count] > 9 {
            throw empty
        }
"""


def started(room, name, template):
    folder = os.path.join(room.path, name)
    room.run("contract", "new", folder, "--from", template, env=tree(room)).expect(0)
    return folder


def trapping(room):
    """A copy of hello that reaches outside an array where a greeting is long; its folder and the line."""
    folder = started(room, "trap-desk", "hello")
    place = os.path.join(folder, "Sources")
    path = os.path.join(place, next(each for each in os.listdir(place) if each.endswith(".swift")))
    with open(path, encoding="utf-8") as handle:
        text = handle.read()
    found = text.replace(TRAP.split("        let")[0], TRAP)
    check(found != text, "hello has changed: the test cannot put its trap in")
    with open(path, "w", encoding="utf-8") as handle:
        handle.write(found)
    lines = found.splitlines()
    return folder, next(number for number, line in enumerate(lines, 1) if "limits[text" in line)


@test
def scenarios(room):
    """The scenarios of every template hold with real gas; one that does not hold says where, and a file that makes no sense too."""
    for template in ("hello", "evidence-registry", "ledger", "workflow", "traceability", "form"):
        folder = os.path.join(ROOT, "Contracts", "Templates", template)
        out = os.path.join(room.path, template)
        room.run("contract", "build", folder, "--out", out, env=tree(room), timeout=400).expect(0)
        seen = room.run("contract", "test", folder, "--module", f"{out}/app.wasm", "--json", timeout=120).expect(0).json
        check(seen["passed"] and seen["scenarios"], seen)
        calls = seen["scenarios"][0]["calls"]
        check(sum(call["gasUsed"] > 5000 for call in calls) >= 8, calls)
    formless(room)
    folder = started(room, "my-desk", "hello")
    module = os.path.join(room.path, "hello", "app.wasm")
    story = os.path.join(folder, "scenarios", "greetings.yaml")
    room.run("contract", "test", folder, "--module", module).expect(0, "greetings.yaml", "gas")
    with open(story, "a", encoding="utf-8") as handle:
        handle.write('  - {call: greet, with: {greeting: x}, gas: 1000}\n  - {ask: read, answer: y}\n')
    with open(story, encoding="utf-8") as handle:
        last = len(handle.read().splitlines())
    room.run("contract", "test", folder, "--module", module).expect(
        1, f"greetings.yaml:{last - 1}: greet", f"greetings.yaml:{last}: read", '"x"', '"y"')
    with open(story, "a", encoding="utf-8") as handle:
        handle.write("  - {cal: greet}\n")
    room.run("contract", "test", folder, "--module", module).expect(2, "JD-4038", f"greetings.yaml:{last + 1}:")
    # From sources: the module is built, and the folder's Swift tests run before the scenarios.
    os.remove(story)
    room.run("contract", "test", folder, env=tree(room), timeout=580).expect(0, "passed")


def formless(room):
    """A scenario whose form has a mistake, is not there, or is not named is told so, with its place."""
    folder = os.path.join(ROOT, "Contracts", "Templates", "form")
    with open(os.path.join(folder, "scenarios", "licences.yaml"), encoding="utf-8") as handle:
        story = handle.read()
    with open(os.path.join(folder, "Examples", "licence-index.yaml"), encoding="utf-8") as handle:
        form = handle.read()
    room.file("wrong.yaml", form.replace("key: number", "key: holders").encode())
    module = os.path.join(room.path, "form", "app.wasm")

    def play(name):
        path = room.file(f"of-{name}", story.replace("../Examples/licence-index.yaml", name).encode())
        return room.run("contract", "test", folder, "--module", module, "--scenario", path)

    play("wrong.yaml").expect(2, "JD-4041", "wrong.yaml:", "'holders'")
    play("nowhere.yaml").expect(2, "JD-4041", "nowhere.yaml")
    path = room.file("of-none", story.replace("form: ", "# ").encode())
    room.run("contract", "test", folder, "--module", module, "--scenario", path).expect(1, "of-none:")


def transaction(result):
    return re.search(r"\b[0-9a-f]{64}\b", result.out).group(0)


@test
def traces(room):
    """A past transaction is replayed beside a running node: the same receipt, what changed, and the Swift line of a failure."""
    polity = Polity(room).staff(3)
    trap, line = trapping(room)
    ledger = os.path.join(ROOT, "Contracts", "Templates", "ledger")
    codes = {}
    for name, folder in (("desk", trap), ("money", ledger)):
        out = os.path.join(room.path, f"{name}-module")
        room.run("contract", "build", folder, "--out", out, env=tree(room), timeout=400).expect(0)
        codes[name] = polity.run("contract", "publish", f"{out}/app.wasm", "--json").expect(0).json["code"]
    home = b"gov".hex()
    seen = propose(polity, f"deploy-contract: {{contract: desk, code: {codes['desk']}}}",
                   f"deploy-contract: {{contract: money, code: {codes['money']}, argument: 03{home}}}")
    check(seen["status"] == "effective", seen)
    good = polity.run("contract", "call", "desk", "greet", "greeting=hi", "--json").expect(0).json["transaction"]
    trapped = transaction(polity.run("contract", "call", "desk", "greet", "greeting=hello").expect(1, "JD-2622"))
    polity.run("contract", "call", "money", "open", "account=a").expect(0)
    polity.run("contract", "call", "money", "open", "account=b").expect(0)
    poor = transaction(
        polity.run("contract", "call", "money", "transfer", "from=a", "to=b", "amount=5", "memo=").expect(1, "JD-10004"))

    def trace(tx, *words):
        return room.run(
            "contract", "trace", tx, "--data", polity.site[1].store, "--json", *words, env=tree(room), timeout=400).expect(0).json

    seen = trace(good)
    check(seen["sameAsReceipt"] and seen["code"] == 0 and not seen["failures"], seen)
    check([each["contract"] for each in seen["changes"]] == ["desk"], seen["changes"])
    check(seen["changes"][0]["before"] is None and b"hi".hex() in seen["changes"][0]["after"], seen["changes"])
    check("put" in [step["function"] for step in seen["runs"][0]["steps"]] and seen["events"], seen)
    seen = trace(trapped, "--source", trap)
    check(seen["sameAsReceipt"] and seen["code"] == 2622 and not seen["changes"], seen)
    place = seen["failures"][0]
    check((os.path.basename(place["file"]), place["line"]) == ("TrapDesk.swift", line), place)
    seen = trace(poor, "--source", trap, "--source", ledger)
    check(seen["sameAsReceipt"] and seen["code"] == 10004, seen)
    place = seen["failures"][0]
    check(place["file"] == "Sources/Ledger.swift" and "throw tooLittle" in place["text"], place)
    said = room.run(
        "contract", "trace", poor, "--data", polity.site[1].store, "--source", ledger, env=tree(room), timeout=400)
    said.expect(0, "money.transfer", f"Ledger.swift:{place['line']}", "throw tooLittle")
    room.run("contract", "trace", "0" * 64, "--data", polity.site[1].store).expect(1, "JD-3102")
