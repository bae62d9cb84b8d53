# SPDX-License-Identifier: Apache-2.0
"""A site: four validators, and observers where wanted, as processes with wires between them, load on all of them, and what must hold of them together."""
import atexit
import datetime
import functools
import json
import os
import random
import re
import shutil
import tempfile
import time

from client import Client, Key
from harness import Node, check, until
from network import network
from site_load import Load

COUNT = 4


class Member(Node):
    """One node of a site."""

    def __init__(self, site, index):
        super().__init__(site.room, os.path.join(site.path, f"node-{index}"), port=site.network.gateway(index),
                         before=site.network.before(index))
        self.site, self.index, self.name, self.prepared = site, index, f"node-{index}", True
        self.log, self.begin = os.path.join(site.room.path, f"node-{index}.log"), 0
        self.checked, self.connect = 0, functools.partial(site.network.connect, index)
        self.frozen, self.wrapper, self.env = False, (), None

    @property
    def store(self):
        return os.path.join(self.data, "chains", "main")

    @property
    def config(self):
        return os.path.join(self.data, "node.yaml")

    def launch(self):
        """Starts the process and does not wait for it."""
        self.begin = os.path.getsize(self.log) if os.path.exists(self.log) else 0
        with open(self.log, "ab") as log:
            self.process = self.room.spawn(
                "node", "--config", self.config, before=(*self.before, *self.wrapper), env=self.env, out=log, err=log)
        self.begun = time.monotonic()

    def ready(self, patience=60):
        """Waits until the process said `ready`."""
        until(lambda: self.process.poll() is not None or '"ready"' in self.said(), patience, f"{self.name} is ready")
        check(self.process.poll() is None, f"{self.name} did not start:", self.said()[-800:])
        self.seconds_to_ready = time.monotonic() - self.begun

    def start(self, patience=60):
        self.launch()
        self.ready(patience)
        return self

    def said(self):
        """What this run logged."""
        with open(self.log, encoding="utf-8", errors="replace") as log:
            log.seek(self.begin)
            return log.read()

    def logged(self):
        """The objects that this run logged."""
        return [json.loads(line) for line in self.said().splitlines() if line.startswith("{")]

    def signal(self, number):
        self.process.send_signal(number)

    def client(self, patience=20):
        return Client(self.port, patience=patience, connect=self.connect)

    def status(self):
        client = self.client()
        try:
            return client.status()
        finally:
            client.close()

    def height(self):
        return int(self.status()["height"])

    def metrics(self):
        client = self.client()
        try:
            text = client.get("/metrics").body.decode()
        finally:
            client.close()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in text.splitlines() if line[:1] != "#")}

    def refused(self):
        """Refused links so far, by cause."""
        found = {}
        for name, value in self.metrics().items():
            if match := re.match(r'jiuding_link_refused_total\{.*cause="(\w+)"', name):
                found[match[1]] = found.get(match[1], 0) + int(value)
        return found

    def linked(self):
        """Names of the nodes this one is linked with."""
        client = self.client()
        try:
            return {peer["name"] for peer in client.get("/v1/node").json["peers"] if peer["connected"]}
        finally:
            client.close()


class Site:
    """Four validators, perhaps observers behind them, and what they are found to agree on."""

    def __init__(self, room, kind=None, senders=4, env=None, observers=0):
        self.room, self.path = room, os.path.join(room.path, "site")
        self.network = network(COUNT + observers, kind)
        room.at_end(self.network.close)
        room.note(f"over {self.network.name}")
        founding, keys = founded(room, env, observers)
        self.load = Load(self, keys[:senders])
        shutil.copytree(founding, self.path, dirs_exist_ok=True)
        self.members = [Member(self, index) for index in range(COUNT + observers)]
        for member in self.members:
            configure(member, self.network)
        self.blocks, self.found, self.tip = {}, {}, 0

    def __getitem__(self, index):
        return self.members[index]

    def __iter__(self):
        return iter(self.members)

    def live(self):
        return [member for member in self.members if member.alive() and not member.frozen]

    def others(self, *members):
        return [member for member in self.members if member not in members]

    def start(self, *members, patience=60):
        for member in members or self.members:
            member.launch()
        for member in members or self.members:
            member.ready(patience)
        return self

    def kill(self, *members):
        for member in members:
            member.process.kill()
        for member in members:
            member.process.wait()

    def stop(self):
        for member in self.live():
            code, _ = member.stop()
            check(code == 0, f"{member.name} ends with exit {code}:", member.said()[-400:])

    # --- What must hold ---------------------------------------------------------------------------

    def agree(self, patience=60, members=None):
        """All live nodes stand at one height with one history, and hold all that was acknowledged at its place.

        The load must rest. Only what is new since a node was last looked at is read. Returns the height.
        """
        members = members or self.live()
        check(members, "no node lives")
        fields = ("height", "tip", "executedHeight", "stateRoot", "historyRoot")

        def one():
            seen = []
            for member in members:
                check(member.alive(), f"{member.name} has ended:", member.said()[-600:])
                status = member.status()
                check(not status["halted"], f"{member.name} has halted:", status["halted"])
                seen.append(tuple(str(status[field]) for field in fields))
            self.last = dict(zip((member.name for member in members), seen))
            return seen[0] if len(set(seen)) == 1 and seen[0][0] == seen[0][2] else None

        try:
            seen = until(one, patience, "all live nodes stand at one height with equal roots")
        except AssertionError as flaw:
            check(False, flaw, *(f"\n    {name}: {' '.join(word[:12] for word in each)}" for name, each in self.last.items()))
        tip = int(seen[0])
        check(tip >= self.tip, f"the chain went back from {self.tip} to {tip}")
        for member in members:
            self._read(member, tip)
        self.tip = tip
        lost = [name for name in self.load.acks if name not in self.found]
        check(not lost, f"{len(lost)} of {len(self.load.acks)} acknowledged transactions are lost, e.g.", lost[:1])
        moved = [name for name, place in self.load.acks.items() if self.found[name] != place]
        check(not moved, f"{len(moved)} transactions are not where they were said to be, e.g.", moved[:1])
        return tip

    def _read(self, member, tip):
        """Reads a node's blocks above those known of it, and holds them against what other nodes and earlier reads said."""
        client, height = member.client(), member.checked + 1
        while height <= tip:
            blocks = client.get(f"/v1/chains/main/blocks?from={height}&limit=1000").json["blocks"]
            check(blocks, f"{member.name} has no block {height}")
            for block in blocks:
                if height > tip:
                    break
                check(int(block["height"]) == height, f"{member.name}: asked for block {height}, got", block["height"])
                names = client.block(height)["transactions"] if block["transactionCount"] else []
                check(len(names) == block["transactionCount"], f"{member.name}: block {height} lacks transactions")
                mine = {"id": block["id"], "parent": block["parent"], "root": block["stateRoot"], "names": names,
                        "time": block["time"], "proposer": block["proposer"]}
                known = self.blocks.get(height)
                if known is None:
                    self._enter(height, mine)
                else:
                    for field in ("id", "root", "names"):
                        check(known[field] == mine[field],
                              f"FORK at height {height}: {member.name} has {field} {mine[field]}, others", known[field])
                height += 1
        client.close()
        member.checked = tip

    def _enter(self, height, block):
        before = self.blocks.get(height - 1)
        check(before is None or before["id"] == block["parent"], f"block {height} has another parent than block {height - 1}")
        self.blocks[height] = block
        for index, name in enumerate(block["names"]):
            check(name not in self.found, f"transaction {name} stands twice, in {self.found.get(name)} and", (height, index))
            self.found[name] = (height, index)

    def advances(self, members=None, patience=60, what="the chain goes on", least=3):
        """Every one of `members` sees blocks and acknowledgements come while the load runs; seconds that took."""
        members = members or self.live()
        begun, acks = time.monotonic(), len(self.load.acks)
        heights = {member: member.height() for member in members}
        until(lambda: len(self.load.acks) > acks and all(
            member.height() >= heights[member] + least for member in members), patience, what)
        return time.monotonic() - begun

    def votes(self, member, patience=90):
        """A node votes: with one of the others killed there is no quorum without it. The load must run."""
        voters = [each for each in self.live() if each.index < COUNT]
        check(len(voters) == COUNT, "not all validators live")
        other = random.choice([each for each in voters if each is not member])
        self.kill(other)
        self.advances(patience=patience, what=f"{member.name} votes: the chain goes on without {other.name}")
        other.start()

    def catches_up(self, member, patience=120):
        """Waits until a node is at most three blocks behind the others; returns the seconds since its start."""
        def near():
            tip = max(other.height() for other in self.live() if other is not member)
            status = member.status()
            check(not status["halted"], f"{member.name} has halted:", status["halted"])
            return int(status["executedHeight"]) >= tip - 3
        until(near, patience, f"{member.name} catches up")
        return time.monotonic() - member.begun

    def gaps(self, since):
        """Pauses between blocks proposed after a moment (seconds since 1970), longest first, each with when it began."""
        times = sorted(moment(block["time"]) for block in self.blocks.values())
        times = [each for each in times if each >= since - 0.5]
        return sorted(((later - earlier, earlier - since) for earlier, later in zip(times, times[1:])), reverse=True)


def moment(text):
    """Seconds since 1970 of a block's time."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


FOUNDED = {}


def founded(room, env=None, observers=0):
    """A folder that `up --prepare` made, and the keys of its senders: once a run, since making keys takes its time."""
    mark = observers, tuple(sorted((env or {}).items()))
    if mark not in FOUNDED:
        folder = tempfile.mkdtemp(prefix="jiuding-founding-")
        atexit.register(shutil.rmtree, folder, True)
        keys = [Key() for _ in range(COUNT)]
        members = room.file("members", "".join(f"{key.public.hex()} sender-{i}\n" for i, key in enumerate(keys)).encode())
        room.run("up", "--prepare", "--validators", COUNT, "--observers", observers, "--data", folder, "--port", 8600, "--peer-port", 8700,
                 "--chain", "main", "--members", members, env=env).expect(0)
        FOUNDED[mark] = folder, keys
    return FOUNDED[mark]


def configure(member, wires):
    """Puts a node's addresses and those of its peers into its configuration."""
    with open(member.config, encoding="utf-8") as handle:
        text = handle.read()
    text = re.sub(r"127\.0\.0\.1:87(\d\d)", lambda match: wires.listen(member.index) if int(match[1]) == member.index
                  else wires.address(member.index, int(match[1])), text)
    text = re.sub(r"127\.0\.0\.1:86\d\d", f"127.0.0.1:{member.port}", text)
    with open(member.config, "w", encoding="utf-8") as handle:
        handle.write(text)
