# SPDX-License-Identifier: Apache-2.0
"""Load that remembers: what was acknowledged, so that it can be asked for again."""
import http.client
import os
import random
import threading

from client import Client, Key, deposit, receipt_bytes, sm3, transaction
from harness import Background, check


class Load:
    """Submits deposits on threads until told to stop; `acks` is what the node promised.

    Content number i is the text "content i", so a receipt can be verified against a file made later.
    """

    def __init__(self, room, threads=2, batch=40):
        self.room, self.batch = room, batch
        self.keys = [Key() for _ in range(threads)]
        lines = "".join(f"{key.public.hex()} loader-{index}\n" for index, key in enumerate(self.keys))
        self.members = room.file("members", lines.encode())
        self.acks = {}
        self.receipts = {}
        self.places = {}
        self.refusals = {}
        self.lock = threading.Lock()
        self.count = 0
        self.chain = None
        self.wait = "attested"

    def contents(self):
        with self.lock:
            first = self.count
            self.count += self.batch
        return range(first, first + self.batch)

    def start(self, node):
        self.stopping = threading.Event()
        probe = Client(node.port)
        self.chain, first = probe.chain_id, probe.status()["height"]
        self.first = first
        self.threads = [Background(lambda key=key: self._work(node.port, key)) for key in self.keys]

    def _work(self, port, key):
        client = Client(port, patience=30)
        while not self.stopping.is_set():
            try:
                self.once(client, key)
            except (OSError, http.client.HTTPException, ValueError):
                # The node went away; whatever had no answer was not acknowledged.
                if self.stopping.wait(0.02):
                    return

    def once(self, client, key):
        numbers = self.contents()
        made = []
        for number in numbers:
            content = text(number)
            made.append(transaction(key, self.chain, deposit(sm3(content), len(content)), self.first, self.first + 50_000))
        answer = client.submit([signed for _, signed in made], wait=self.wait)
        results = answer.json.get("results") or []
        with self.lock:
            if answer.status != 200:
                self.refusals[answer.json["code"]] = self.refusals.get(answer.json["code"], 0) + 1
            for number, (name, _), result in zip(numbers, made, results):
                if result["status"] == "attested":
                    self.receipts[number] = receipt_bytes(result)
                    self.acks[name.hex()] = number
                elif result["status"] == "final":
                    self.acks[name.hex()] = number
                    self.places[name.hex()] = (result["height"], result["index"])
                elif result["status"] == "refused":
                    self.refusals[result["code"]] = self.refusals.get(result["code"], 0) + 1

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.result()

    def check_chain(self, client):
        """Every acknowledged transaction stands in exactly one block, at the place it was promised."""
        found = {}
        tip = int(client.status()["height"])
        for height in range(1, tip + 1):
            block = client.block(height)
            check(int(block["height"]) == height, "asked for block", height, "and got", block["height"])
            check(len(block["transactions"]) == block["transactionCount"], "block", height, "lacks transactions")
            for index, name in enumerate(block["transactions"]):
                check(name not in found, "transaction", name, "stands twice")
                found[name] = (height, index)
        lost = [name for name in self.acks if name not in found]
        check(not lost, f"{len(lost)} of {len(self.acks)} acknowledged transactions are lost, e.g.", lost[:1])
        moved = [name for name, (h, i) in self.places.items() if found[name] != (int(h), int(i))]
        check(not moved, f"{len(moved)} transactions are not where they were said to be, e.g.", moved[:1])
        for name in random.sample(sorted(self.acks), min(40, len(self.acks))):
            seen = client.get(f"/v1/chains/main/transactions/{name}").json
            check(int(seen["height"]) == found[name][0], "transaction", name, "is elsewhere:", seen)
        return tip

    def write_receipts(self, folder, most=3_000):
        """Files and receipts as a person would have them, for `evidence verify FOLDER`."""
        os.makedirs(folder, exist_ok=True)
        chosen = random.sample(sorted(self.receipts), min(most, len(self.receipts)))
        for number in chosen:
            with open(os.path.join(folder, f"{number}.txt"), "wb") as handle:
                handle.write(text(number))
            with open(os.path.join(folder, f"{number}.txt.receipt"), "wb") as handle:
                handle.write(self.receipts[number])
        return len(chosen)


def text(number):
    return f"content {number}".encode()


def verify_receipts(room, node, load, folder="acknowledged"):
    """Verifies receipts that clients got, offline, with the program; returns how many."""
    path = os.path.join(room.path, folder)
    count = load.write_receipts(path)
    if count:
        seen = room.run("evidence", "verify", path, "--data", node.data, "--json").expect(0).json
        check(seen["filesVerified"] == count, seen)
    return count
