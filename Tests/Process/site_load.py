# SPDX-License-Identifier: Apache-2.0
"""Load on a site: senders that go to another node when theirs is gone, and remember all that was acknowledged."""
import http.client
import os
import random
import threading
import time

from client import deposit, receipt_bytes, sm3, transaction
from harness import Background, check

# What an honest node may answer while others are down: the sender tries another, or again later. JD-1103, not yet valid, is
# what a node that lags says to a sender who saw a later height elsewhere.
PASSING = {"JD-1103", "JD-1106", "JD-1108", "JD-1109", "JD-1110", "JD-1111", "JD-3106"}


class Load:
    """Senders that begin at different nodes, go to another when theirs does not answer, and repeat what was not acknowledged.

    `acks` is what was acknowledged as final, with its place.
    """

    def __init__(self, site, keys, batch=8):
        self.site, self.batch, self.running, self.keys = site, batch, False, keys
        self.acks, self.receipts, self.refusals, self.lock = {}, {}, {}, threading.Lock()
        self.count, self.first, self.slowest = 0, 0, 0.0
        self.pause, self.moved = 0.0, 0

    def start(self, avoid=()):
        """Starts the senders; none goes to a node in `avoid`."""
        check(not self.running, "the load runs already")
        probe = next(member for member in self.site.live() if member not in avoid).client()
        self.chain, self.first = probe.chain_id, max(0, int(probe.status()["height"]) - 16)
        probe.close()
        self.stopping, self.running, self.avoid = threading.Event(), True, set(avoid)
        self.threads = [Background(lambda index=index, key=key: self._work(index, key)) for index, key in enumerate(self.keys)]

    def stop(self):
        self.stopping.set()
        self.running = False
        for thread in self.threads:
            thread.result(90)
        strange = {code: count for code, count in self.refusals.items() if code not in PASSING}
        check(not strange, "refused under load:", strange)

    def _make(self, key):
        with self.lock:
            first = self.count
            self.count += self.batch
        made = {}
        for number in range(first, first + self.batch):
            content = f"content {number}".encode()
            name, signed = transaction(key, self.chain, deposit(sm3(content), len(content)), self.first, self.first + 40_000)
            made[name.hex()] = (number, signed)
        return made

    def _work(self, index, key):
        place, pending, client, begun = index, {}, None, 0
        while not (self.stopping.is_set() and (not pending or time.monotonic() > begun + 20)):
            if not pending:
                pending, begun = self._make(key), time.monotonic()
            nodes = [member for member in self.site.members if member not in self.avoid]
            client = client or nodes[place % len(nodes)].client(patience=8)
            try:
                went = self.once(client, pending, "attested" if index % 2 else "final")
            except (OSError, http.client.HTTPException, ValueError):
                went = False
            if not pending:
                self.slowest = max(self.slowest, time.monotonic() - begun)
            if not went:
                # Another node, with the same bytes: what is final already is answered so (API-5).
                client.close()
                client, place, self.moved = None, place + 1, self.moved + 1
                time.sleep(0.05)
            elif self.pause:
                time.sleep(self.pause)

    def once(self, client, pending, wait="final"):
        """Submits what is pending and strikes off what is acknowledged; false where another node should be asked."""
        names = list(pending)
        answer = client.submit([pending[name][1] for name in names], wait=wait, patience=5)
        if answer.status != 200:
            self._refused(answer.json.get("code"))
            return False
        results = answer.json["results"]
        check(len(results) == len(names), f"{len(results)} results for {len(names)} transactions")
        for name, result in zip(names, results):
            check(result["id"] in (name, None), "results are not in order:", result)
            with self.lock:
                if result["status"] in ("final", "attested"):
                    place = (int(result["height"]), int(result["index"]))
                    check(self.acks.get(name, place) == place, f"{name} was acknowledged at {self.acks.get(name)} and at", place)
                    self.acks[name] = place
                    # As wallets do: a node that has not heard of that height yet takes what is 16 heights older.
                    self.first = max(self.first, place[0] - 16)
                if result["status"] == "attested":
                    self.receipts[pending[name][0]] = receipt_bytes(result)
                if result["status"] == wait:
                    del pending[name]
            if result["status"] == "refused":
                self._refused(result["code"])
        return not pending

    def _refused(self, code):
        with self.lock:
            self.refusals[code] = self.refusals.get(code, 0) + 1

    def verify_receipts(self, most=500):
        """Verifies receipts offline, with the program and the site's trust anchor; returns how many."""
        room, chosen = self.site.room, random.sample(sorted(self.receipts), min(most, len(self.receipts)))
        for number in chosen:
            room.file(f"receipts/{number}.txt", f"content {number}".encode())
            room.file(f"receipts/{number}.txt.receipt", self.receipts[number])
        if chosen:
            seen = room.run("evidence", "verify", os.path.join(room.path, "receipts"), "--data", self.site.path, "--json")
            check(seen.expect(0).json["filesVerified"] == len(chosen), seen.out[-400:])
        return len(chosen)
