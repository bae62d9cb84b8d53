# SPDX-License-Identifier: Apache-2.0
"""The contract templates that ship: deployed by `up` beside the running chain, and at work side by side."""
import json
import os
import shutil
import signal
import subprocess
import time

from client import Client, Key, blob, deposit, label, num, sm3, transaction
from contracts import tree
from harness import ROOT, check, free_port, test, until

HOME = "市大数据局"
SHIPPED = ["evidence-registry", "ledger", "workflow", "traceability"]
# Directories with everything but Swift.
BARE_PATH = ":".join(each for each in ("/usr/bin", "/bin") if not shutil.which("swiftc", path=each))


def interpreter():
    """The module of the template `form`, built once a run by the script that `up` uses."""
    done = subprocess.run([os.path.join(ROOT, "scripts", "contract-templates"), "form"], capture_output=True, check=False)
    check(done.returncode == 0, done.stderr.decode()[-400:])
    scratch = os.environ.get("JIUDING_SCRATCH") or os.path.join(ROOT, ".build")
    return os.path.join(scratch, "contract-templates", "form.wasm")


class Up:
    """`jiuding up` as a person starts it, and what it says."""

    def __init__(self, room, *words, env=None):
        self.room, self.words, self.env = room, words, env or {}
        self.log = os.path.join(room.path, f"up-{time.monotonic_ns()}.log")
        self.begun = time.monotonic()
        with open(self.log, "wb") as out, open(self.log + ".err", "wb") as err:
            self.process = room.spawn("up", "--json", *words, env=self.env, out=out, err=err)
        self.ready = self.object("ready", 60)
        self.url, self.seconds = self.ready["url"], time.monotonic() - self.begun

    def object(self, key, patience):
        """The first object it printed that has a key."""
        def found():
            check(self.process.poll() is None, "up has ended:", self.errors()[-600:])
            with open(self.log, encoding="utf-8") as log:
                objects = [json.loads(line) for line in log if line.endswith("\n")]
            return next((each for each in objects if key in each), None)
        return until(found, patience, f"up says {key}")

    def errors(self):
        with open(self.log + ".err", encoding="utf-8") as err:
            return err.read()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        check(self.process.wait(30) == 0, "up does not stop cleanly:", self.errors()[-600:])

    def run(self, *words, url=None, **more):
        return self.room.run(*words, env={"JIUDING_NODE": url or self.url, **more.pop("env", {})}, **more)


class Calls:
    """Calls of contracts by one key, several in one submission."""

    def __init__(self, up, key):
        self.client, self.key = Client(int(up.url.rsplit(":", 1)[1])), key
        self.chain = self.client.chain_id

    def send(self, *calls):
        """Contract, method and argument each; the results in their order."""
        first = int(self.client.status()["height"])
        signed = []
        for contract, method, argument in calls:
            purse = b"" if contract == "evidence" else num(2_000_000)
            signed.append(transaction(self.key, self.chain, purse + argument, first, first + 1000, contract, method)[1])
        results = self.client.submit(signed, wait="attested", patience=20).json["results"]
        for call, result in zip(calls, results):
            check(result["status"] == "attested" and result["result"] == "ok", call[:2], result)
        return results


@test
def templates(room):
    """`up` deploys four templates beside the running chain, once; they, native evidence and a form work in the same blocks, alike at all nodes."""
    key = Key()
    members = room.file("members", f"{key.public.hex()} sender\n".encode())
    form = interpreter()
    up = Up(room, "--port", 0, "--members", members, env=tree(room))
    begun = time.monotonic()
    room.file("a.txt", b"a document")
    up.run("evidence", "put", "a.txt").expect(0)
    seen = up.object("contracts", 300)
    check(sorted(seen["deployed"]) == sorted(SHIPPED) and seen["code"] is None, seen, up.errors()[-600:])
    room.note(f"ready after {up.seconds:.1f} s, contracts {time.monotonic() - begun:.1f} s later")
    listed = up.run("contract", "list", "--json").expect(0).json["contracts"]
    check(sorted(each["name"] for each in listed) == sorted(SHIPPED), listed)
    with open(os.path.join(ROOT, "Contracts/Templates/form/Examples/licence-index.yaml"), encoding="utf-8") as handle:
        text = handle.read().replace("operator: market-bureau", f"operator: {HOME}")
    path = room.file("licences.yaml", text.encode())
    up.run("contract", "form", path, "--output", "l.wasm", "--interpreter", form).expect(0, "approve")
    up.run("contract", "propose", "licences", "l.wasm").expect(0, "in effect", "asks the chain for")
    together(room, up, Calls(up, key))
    up.stop()
    again(room, len(listed) + 1)


def together(room, up, calls):
    """Six contracts in one submission, until one block has held all of them; then every node says the same."""
    calls.send(("ledger", "open-issuing", label("treasury")), ("ledger", "open", label("schools")),
               ("traceability", "register", label(HOME)), ("licences", "join", label("issuer") + label(HOME)))
    heights, rounds = [], 0
    while len(set(heights)) != 1:
        rounds += 1
        check(rounds < 20, "never all in one block:", heights)
        name, digest = f"no-{rounds:03}", sm3(f"document {rounds}".encode())
        results = calls.send(
            ("evidence", "deposit", deposit(digest, 10)),
            ("evidence-registry", "deposit", digest + label("a decree") + num(10)),
            ("ledger", "transfer", label("treasury") + label("schools") + num(5) + label("books")),
            ("workflow", "open", label("a case") + digest + num(1) + label(HOME) + num(1) + num(4_000_000_000_000)),
            ("traceability", "make", label(name) + label("milk") + num(100)),
            ("licences", "create", label(name) + label("ACME") + b"\x01" + num(4_000_000_000_000) + b"\0\0"))
        heights = [result["height"] for result in results]
    room.note(f"native evidence and five contracts in block {heights[0]}, round {rounds}")
    standing(up)
    views = [("ledger", "account", "account=schools"), ("workflow", "waiting", f"organization={HOME}"),
             ("traceability", "item", f"item={name}"), ("evidence-registry", "find", f"digest={digest.hex()}"),
             ("licences", "get", f"number={name}")]
    for view in views:
        told = [up.run("contract", "ask", *view, "--json", url=node["url"]).expect(0).json["answer"]
                for node in up.ready["nodes"]]
        check(told[0] and all(each == told[0] for each in told), view, told)
    balance = up.run("contract", "ask", *views[0], "--json").json["answer"]
    check(5 * rounds in balance.values(), balance, rounds)


def standing(up):
    """All nodes stand at one executed height with equal roots."""
    fields = ("height", "tip", "executedHeight", "stateRoot", "historyRoot")

    def one():
        seen = []
        for node in up.ready["nodes"]:
            client = Client(int(node["url"].rsplit(":", 1)[1]))
            status = client.status()
            client.close()
            seen.append(tuple(str(status[field]) for field in fields))
        return len(set(seen)) == 1 and seen[0][0] == seen[0][2]
    until(one, 30, "all nodes have equal roots")


def again(room, count):
    """A second start finds the contracts, builds and proposes nothing, and is as quick."""
    up = Up(room, env={"PATH": BARE_PATH})
    seen = up.object("contracts", 20)
    check(seen["deployed"] == [] and seen["contracts"] == SHIPPED, seen, up.errors())
    room.note(f"second start: ready after {up.seconds:.1f} s, contracts known {time.monotonic() - up.begun - up.seconds:.1f} s later")
    check(len(up.run("contract", "list", "--json").json["contracts"]) == count, "something was deployed again")
    check(len(up.run("govern", "list", "--all", "--json").json["proposals"]) == 2, "something was proposed again")
    up.stop()


@test
def templates_missing(room):
    """Without sources, toolchain or engine `up` says what is missing and goes on; stopped while it builds, it leaves nothing running."""
    cases = [({}, "JD-4037"), ({**tree(room), "JIUDING_SCRATCH": os.path.join(room.path, "none"), "PATH": BARE_PATH}, "JD-4038"),
             ({**tree(room), "JIUDING_WASMTIME": "/nowhere"}, "JD-4040")]
    for number, (env, code) in enumerate(cases):
        up = Up(room, "--validators", 1, "--data", f"data-{number}", "--port", free_port(), "--peer-port", free_port(), env=env)
        seen = up.object("contracts", 30)
        check(seen["contracts"] == [] and seen["code"] == code and code in up.errors(), seen, up.errors())
        room.file("a.txt", b"a document")
        up.run("evidence", "put", "a.txt", "--data", f"data-{number}").expect(0)
        up.stop()
    up = Up(room, "--validators", 1, "--data", "data-0", "--no-templates", env=tree(room))
    up.stop()
    with open(up.log, encoding="utf-8") as log:
        check("contracts" not in log.read(), "it deploys though it was told not to")
    scratch = os.path.join(room.path, "slow")
    up = Up(room, "--validators", 1, "--data", "data-0", env={**tree(room), "JIUDING_SCRATCH": scratch})
    until(lambda: os.path.isdir(os.path.join(scratch, "contract-kit")), 30, "it builds")
    up.stop()
    left = subprocess.run(["pgrep", "-f", scratch], capture_output=True, check=False).stdout
    check(not left, "still building:", left)
