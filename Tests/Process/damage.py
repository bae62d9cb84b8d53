# SPDX-License-Identifier: Apache-2.0
"""One flipped byte anywhere in a node's directory: named and refused, or without any effect. Never silently other data."""
import os
import random
import shutil
import subprocess

from client import Client
from harness import Failed, check, free_port, test
from load import Load


def history(client):
    """All the chain says: every block with its transactions, certificate and leaf, by height."""
    return {height: client.block(height) for height in range(int(client.status()["height"]) + 1)}


class Original:
    """A stopped node's directory, and what it said while it ran."""

    def __init__(self, room, restarts):
        load = Load(room)
        node = room.node("original", members=load.members).start()
        self.load = load
        target = 1_500
        while len(load.acks) < target:
            load.chain, load.first = Client(node.port).chain_id, 0
            load.once(Client(node.port), load.keys[0])
        if restarts:
            # A clean stop and start writes tables; what follows lies in the log, which a kill leaves as it is.
            node.stop()
            node.start()
            for _ in range(5):
                load.once(Client(node.port), load.keys[0])
        self.acked = set(load.acks)
        self.history = history(Client(node.port))
        self.tip = max(self.history)
        node.kill()
        self.node = node
        self.transactions = sum(len(block["transactions"]) for block in self.history.values())

    def files(self):
        found = []
        for folder, _, names in os.walk(self.node.store):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.getsize(path):
                    found.append(os.path.relpath(path, self.node.data))
        return sorted(found)


def offsets(path, count):
    """Places worth a flip: the ends, and by chance; only places that hold something, where a file is mostly zeros."""
    size = os.path.getsize(path)
    with open(path, "rb") as handle:
        content = handle.read()
    used = [i for i in range(0, size, max(1, size // 4_000)) if content[i]] or [0]
    last = max(used[-1], len(content.rstrip(b"\0")) - 1)
    chosen = {last, *random.choices(used, k=count)} | ({0} if count > 1 else set())
    return sorted(chosen)


def flip(path, offset):
    with open(path, "r+b") as handle:
        handle.seek(offset)
        byte = handle.read(1)[0]
        handle.seek(offset)
        handle.write(bytes([byte ^ random.choice((1, 0x80, 0xFF))]))


def copy(original, target):
    subprocess.run(["cp", "-a", "--reflink=auto", original, target], check=True)


def verdict(room, original, copied, name, offset):
    """What `chain verify` makes of a damaged copy: `named`, or `harmless` with nothing missing."""
    ran = room.run("chain", "verify", "--data", copied, "--json", timeout=120)
    place = f"byte {offset} of {name}"
    check(ran.code in (0, 1), f"{place}: exit {ran.code}:", ran.err[-300:])
    seen = ran.json
    if ran.code == 1:
        told = seen.get("error", {}).get("message") or next((s["fault"] for s in seen.get("stores", []) if s["fault"]), "")
        check(told, f"{place}: refused without a word")
        return "named"
    store = seen["stores"][0]
    check(store["transactions"] >= original.transactions, f"{place}: {store['transactions']} of {original.transactions} "
          "transactions are left and nobody says so")
    check(store["heights"] >= original.tip, f"{place}: {store['heights']} of {original.tip} heights, and nobody says so")
    return "harmless"


def served(room, original, copied, name, offset):
    """What `up` makes of a damaged copy: refuses with a code, or serves what the original served and nothing else."""
    place = f"byte {offset} of {name}"
    node = room.node(copied, port=free_port())
    try:
        node.start(patience=30)
    except Failed as flaw:
        check("JD-" in str(flaw), f"{place}: `up` fails without a code:", flaw)
        return "refused"
    try:
        client = Client(node.port, patience=20)
        for height, block in original.history.items():
            answer = client.get(f"/v1/chains/main/blocks/{height}")
            if answer.status >= 500:
                return "refused"
            check(answer.status == 200, f"{place}: block {height} is answered {answer.status}")
            seen = answer.json
            # The proof of a block's finality may come from a later block; what it says may not differ.
            for field in ("id", "transactions", "header", "leaf"):
                check(seen[field] == block[field], f"{place}: block {height} is served with another {field}")
        for transaction in random.sample(sorted(original.acked), 5):
            answer = client.get(f"/v1/chains/main/transactions/{transaction}?proof=true")
            if answer.status >= 500:
                return "refused"
            check(answer.status == 200, f"{place}: transaction {transaction} is answered {answer.status}")
        return "served"
    finally:
        node.kill()


def flips(room, restarts):
    original = Original(room, restarts)
    counts, harmless = {}, {}
    tries = 12 if room.full else 1
    for name in original.files():
        for offset in offsets(os.path.join(original.node.data, name), tries):
            copied = os.path.join(room.path, "copy")
            copy(original.node.data, copied)
            flip(os.path.join(copied, name), offset)
            found = verdict(room, original, copied, name, offset)
            counts[found] = counts.get(found, 0) + 1
            if found == "harmless":
                harmless.setdefault(os.path.basename(name), []).append(offset)
            # What the audit does not mind, a running node may not serve wrongly either; and the other way round a few.
            important = "safety" in name or found == "harmless" and "LOG" not in name or room.full
            if important or random.random() < 0.1:
                shutil.rmtree(copied)
                copy(original.node.data, copied)
                flip(os.path.join(copied, name), offset)
                found = served(room, original, copied, name, offset)
                counts[found] = counts.get(found, 0) + 1
            shutil.rmtree(copied)
    room.note(", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
              + "; harmless in " + ", ".join(sorted(harmless)))
    check(counts.get("named"), "no flip was ever noticed")
    # A table's blocks are all read by the audit; only a filter that nobody asks may hide one.
    hidden = [place for name, places in harmless.items() if name.endswith(".sst") for place in places]
    check(len(hidden) < 2, f"{len(hidden)} flips in tables go unseen, at", hidden)


@test
def flipped_log(room):
    """A byte flipped in the store of a node killed in its first run is named and refused, or changes nothing at all."""
    flips(room, restarts=False)


@test
def flipped_tables(room):
    """A byte flipped in the store of a node that was restarted, with tables and log, is named or changes nothing at all."""
    flips(room, restarts=True)


@test
def missing_files(room):
    """A missing file of the store is named, never made up for by an empty one."""
    original = Original(room, restarts=True)
    for name in original.files():
        base = os.path.basename(name)
        # `growth` tells how fast the store grows, and is none of it (BACK-9).
        if base.startswith(("LOG", "LOCK", "OPTIONS", "IDENTITY", "growth")):
            continue
        copied = os.path.join(room.path, "copy")
        copy(original.node.data, copied)
        os.remove(os.path.join(copied, name))
        if base in ("safety.a", "safety.b"):
            served(room, original, copied, name, "all")
        elif base == "trust":
            # Made anew by `up`, which has the validators' keys; the node alone says that it is missing.
            lone = os.path.join(copied, "node-0", "node.yaml")
            room.run("node", "--config", lone, timeout=20).expect(1, "JD-1508", "trust")
            served(room, original, copied, name, "all")
        elif base == "spec":
            room.run("chain", "verify", "--data", copied).expect(1, "JD-4014")
            served(room, original, copied, name, "all")
        else:
            check(verdict(room, original, copied, name, "all") == "named", f"{name} is missing and nobody says so")
        shutil.rmtree(copied)
    copied = os.path.join(room.path, "copy")
    copy(original.node.data, copied)
    for twin in ("safety.a", "safety.b"):
        os.remove(os.path.join(copied, os.path.relpath(original.node.store, original.node.data), twin))
    room.run("up", "--data", copied, "--port", free_port(), timeout=30).expect(1, "JD-1505")
