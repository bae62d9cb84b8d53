# SPDX-License-Identifier: Apache-2.0
"""One node as a service manager runs it: configuration, readiness, signals, renewed certificates, the log."""
import datetime
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

from client import Client
from harness import check, free_port, test, until

PASSPHRASE = "authorities/organization-1/root.key.passphrase"


class Pair:
    """Two of four nodes, linked with each other: enough to look at links, too few to make blocks."""

    def __init__(self, room):
        self.room, self.port, self.peer_port = room, free_port(), free_port()
        self.data = os.path.join(room.path, "net")
        room.run("up", "--prepare", "--validators", "4", "--data", self.data, "--port", self.port,
                 "--peer-port", self.peer_port).expect(0)
        self.processes, self.logs = {}, {}

    def path(self, *names):
        return os.path.join(self.data, *names)

    def config(self, index):
        return self.path(f"node-{index}", "node.yaml")

    def edit(self, index, old, new):
        with open(self.config(index), encoding="utf-8") as file:
            text = file.read()
        check(old in text, f"{old!r} is not in node {index}'s configuration")
        with open(self.config(index), "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))

    def start(self, index, wait=True):
        self.logs[index] = os.path.join(self.room.path, f"{index}.log")
        log = open(self.logs[index], "ab")  # noqa: SIM115 - the child's for as long as it lives
        self.processes[index] = self.room.spawn("node", "--config", self.config(index), out=log, err=log)
        if wait:
            until(lambda: self.is_ready(index), 60, f"node {index} is ready")

    def is_ready(self, index):
        check(self.processes[index].poll() is None, f"node {index} ended while it started:", self.said(index))
        return '"ready"' in self.said(index)

    def said(self, index):
        with open(self.logs[index], encoding="utf-8") as log:
            return log.read()

    def lines(self, index):
        return [json.loads(line) for line in self.said(index).splitlines() if line.startswith("{")]

    def messages(self, index, message):
        return [line for line in self.lines(index) if line["message"] == message]

    def peers(self, index):
        answer = Client(self.port + index).get("/v1/node").json
        return {peer["name"]: peer["connected"] for peer in answer["peers"]}

    def linked(self, index, other, is_linked=True, patience=45):
        until(lambda: self.peers(index).get(f"node-{other}", False) == is_linked, patience,
              f"node {index} {'is' if is_linked else 'is not'} linked with node {other}")

    def hang_up(self, index):
        before = len(self.messages(index, "configuration read again")) + len(self.messages(index, "configuration not taken"))
        self.processes[index].send_signal(signal.SIGHUP)
        until(lambda: len(self.messages(index, "configuration read again"))
              + len(self.messages(index, "configuration not taken")) > before, 20, "it answers SIGHUP")

    def metric(self, index, name):
        text = Client(self.port + index).get("/metrics").body.decode()
        return [line for line in text.splitlines() if line.startswith(name)]

    def ca(self, *words):
        return self.room.run("ca", *words, "--ca", self.path("authorities", "organization-1"),
                             "--passphrase-file", self.path(PASSPHRASE)).expect(0)


@test
def configuration(room):
    """A mistake in the configuration is exit 2 with file, line and what would be right, and nothing is started (NODE-1)."""
    pair = Pair(room)
    path = pair.config(0)
    room.run("node", "--config", path, "--check").expect(0, "good")
    pair.edit(0, "default-chain", "defualt-chain")
    for words in ((), ("--check",)):
        ran = room.run("node", "--config", path, *words, timeout=20)
        ran.expect(2, "JD-1511", path, "defualt-chain", "default-chain")
        check(re.search(r"node\.yaml:\d+:\d+", ran.err), "no line and column in", ran.err)
    ran = room.run("node", "--config", path, "--json", timeout=20).expect(2)
    check(ran.json["error"]["code"] == "JD-1511", ran.out)
    room.run("node", "--config", "/nonexistent", timeout=20).expect(2, "JD-1511")
    pair.edit(0, "defualt-chain", "default-chain")
    os.rename(pair.path("node-0", "chains", "main", "spec"), pair.path("spec"))
    room.run("node", "--config", path, timeout=20).expect(1, "JD-1508", "spec")


@test
def passphrases(room):
    """A key's passphrase is taken from the credentials folder before the file beside it; none is told by name (NODE-3)."""
    pair = Pair(room)
    beside = pair.path("node-0", "keys", "validator.key.passphrase")
    os.makedirs(pair.path("credentials"))
    kept = pair.path("credentials", "validator.key.passphrase")
    os.rename(beside, kept)
    room.run("node", "--config", pair.config(0), timeout=20).expect(1, "JD-4006", beside)
    room.file(beside, b"wrong")
    room.run("node", "--config", pair.config(0), timeout=20).expect(1, "JD-16")
    ready = listen(room)
    process = room.spawn("node", "--config", pair.config(0),
                         env={"CREDENTIALS_DIRECTORY": pair.path("credentials"), "NOTIFY_SOCKET": ready.getsockname()})
    check(ready.recv(100) == b"READY=1", "not ready with the passphrase among the credentials")
    process.terminate()
    check(process.wait(20) == 0, "did not stop cleanly")


def listen(room):
    """What systemd listens on for a service's words."""
    end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    end.bind(os.path.join(room.path, "notify"))
    end.settimeout(60)
    return end


@test
def ready(room):
    """A node says READY=1 to its manager when it serves and STOPPING=1 when it goes; --json says the same (NODE-4, NODE-5)."""
    node = room.node()
    words = node.words()
    manager = listen(room)
    process = room.spawn(*words, "--json", env={"NOTIFY_SOCKET": manager.getsockname()}, out=subprocess.PIPE)
    check(manager.recv(100) == b"READY=1", "the first word is not READY=1")
    check(Client(node.port).get("/readyz").status == 200, "it said ready and is not")
    said = json.loads(process.stdout.readline())
    check(said["ready"] is True and said["url"] == node.url, said)
    process.terminate()
    check(manager.recv(100) == b"STOPPING=1", "it goes without STOPPING=1")
    check(process.wait(20) == 0 and not process.stdout.read(), "stopping failed, or it said more than one object")


@test
def end_of_input(room):
    """With --stop-on-end-of-input a node stops cleanly when its starter closes stdin, or dies; without, it does not (NODE-5)."""
    node = room.node()
    words = node.words()
    log = os.path.join(room.path, "log")
    with open(log, "wb") as out:
        stays = room.spawn(*words, out=out, err=out)
        until(lambda: '"ready"' in open(log, encoding="utf-8").read(), 60, "ready with an empty stdin")
        stays.terminate()
        check(stays.wait(20) == 0, "did not stop cleanly")
        goes = room.spawn(*words, "--stop-on-end-of-input", out=out, err=out, stdin=subprocess.PIPE)
        until(lambda: open(log, encoding="utf-8").read().count('"ready"') == 2, 60, "ready")
        goes.stdin.close()
        check(goes.wait(20) == 0, "did not stop at the end of its input")
    # The same, seen from `up`: killed without a word, it leaves no node behind.
    up = room.spawn("up", "--data", node.data, "--json", out=subprocess.PIPE)
    child = json.loads(up.stdout.readline())["nodes"][0]["pid"]
    up.kill()
    up.wait()
    until(lambda: not os.path.exists(f"/proc/{child}/fd"), 20, "the node of a killed `up` is gone")


@test
def log_lines(room):
    """Every line of the log is a JSON object with time, level, node and message; no secret is ever in it (NODE-7)."""
    pair = Pair(room)
    pair.edit(0, "level: notice", "level: debug")
    pair.start(0)
    pair.start(1)
    pair.linked(0, 1)
    Client(pair.port).get("/v1/chains/nowhere")
    secrets = []
    for folder, _, names in os.walk(pair.data):
        for name in names:
            if name.endswith((".passphrase", ".token")):
                with open(os.path.join(folder, name), "rb") as file:
                    secrets.append(file.read().strip().decode())
    for index in (0, 1):
        pair.processes[index].terminate()
        check(pair.processes[index].wait(20) == 0, "did not stop cleanly")
        text = pair.said(index)
        for line in text.splitlines():
            entry = json.loads(line)
            check({"time", "level", "node", "message"} <= set(entry), "a line without its parts:", line)
            check(entry["node"] == f"node-{index}", line)
            datetime.datetime.fromisoformat(entry["time"].replace("Z", "+00:00"))
        check(not any(secret in text for secret in secrets), "a secret is in the log")
        check([entry for entry in pair.lines(index) if entry["message"] == "linked"], "no line says that it is linked")
    check(len(secrets) > 8, secrets)


@test
def reload(room):
    """SIGHUP takes level, peers, certificates and revocations; a flaw changes nothing; the rest waits by name (NODE-6)."""
    pair = Pair(room)
    pair.start(0)
    pair.start(1)
    pair.linked(0, 1)
    made = len(pair.messages(0, "linked"))
    # A flaw changes nothing.
    pair.edit(0, "level: notice", "level: loud")
    pair.hang_up(0)
    check("level" in pair.messages(0, "configuration not taken")[-1]["reason"], pair.said(0)[-400:])
    check(pair.peers(0)["node-1"], "the link ended for a flawed file")
    # A new port waits for a restart and is named; the level is in force.
    pair.edit(0, "level: loud", "level: debug")
    pair.edit(0, f"listen: 127.0.0.1:{pair.port}\n", f"listen: 127.0.0.1:{free_port()}\n")
    pair.hang_up(0)
    waiting = until(lambda: pair.messages(0, "these settings wait for a restart"), 10, "it names what waits")
    check(waiting[-1]["settings"] == "gateway", waiting)
    # A peer that left the list is unlinked and stays so; put back, it is linked again.
    with open(pair.config(0), encoding="utf-8") as file:
        text = file.read()
    entry = re.search(r" *- name: node-1\n(?: {4}.*\n)+", text).group(0)
    pair.edit(0, entry, "")
    pair.hang_up(0)
    until(lambda: "node-1" not in pair.peers(0), 20, "node 1 is off the list")
    pair.linked(1, 0, False)
    pair.edit(0, "  nodes:\n", "  nodes:\n" + entry)
    pair.hang_up(0)
    pair.linked(0, 1)
    check(len(pair.messages(0, "linked")) > made, "no new link was made")
    # Node 1's certificates renewed: its next links show the new ones, without a restart.
    for use in ("signing", "encryption"):
        path = pair.path("node-1", "certificates", f"{use}.crt")
        pair.ca("renew", path, "--days", "20", "--out", path + ".new")
        os.replace(path + ".new", path)
    pair.hang_up(1)
    days = [float(line.split()[-1]) for line in pair.metric(1, 'jiuding_certificate_days_left{certificate="signing"}')]
    check(days and 18 <= days[0] <= 20, "the renewed certificate is not in force:", days)
    # Revoked, it is cut off where the list is known, within a minute.
    pair.ca("revoke", pair.path("node-1", "certificates", "signing.crt"), "--reason", "keyCompromise")
    crl = pair.path("authorities", "organization-1", "root.crl")
    pair.edit(0, "authorities: ../trust/authorities.crt", f"authorities: ../trust/authorities.crt\n  revocations: {crl}")
    pair.hang_up(0)
    # The link was made with the certificate before the renewed one, which nobody took back.
    pair.processes[1].terminate()
    pair.processes[1].wait(20)
    pair.start(1)
    until(lambda: any("revoked" in line.get("reason", "") for line in pair.messages(0, "a handshake failed")), 45,
          "node 0 says that node 1's certificate is revoked")
    check(not pair.peers(0)["node-1"], "a revoked node is linked")


@test
def revoked_link(room):
    """A link that is up ends within 60 s once its certificate is on a list its node knows (NODE-6, LINK-9)."""
    pair = Pair(room)
    pair.start(0)
    pair.start(1)
    pair.linked(0, 1)
    pair.ca("revoke", pair.path("node-1", "certificates", "encryption.crt"))
    crl = pair.path("authorities", "organization-1", "root.crl")
    pair.edit(0, "authorities: ../trust/authorities.crt", f"authorities: ../trust/authorities.crt\n  revocations: {crl}")
    begun = time.monotonic()
    pair.hang_up(0)
    pair.linked(0, 1, False, patience=60)
    room.note(f"ended {time.monotonic() - begun:.1f} s after SIGHUP")
    check(pair.messages(0, "a link ends: its certificate holds no longer"), "the log does not say why")
    check(pair.metric(0, 'jiuding_link_refused_total{cause="lapsed"}'), "the end is not counted by its cause")


@test
def expiry(room):
    """A certificate near its end is warned of in the log once, and /metrics has the days left of each (NODE-8)."""
    pair = Pair(room)
    path = pair.path("node-1", "certificates", "signing.crt")
    pair.ca("renew", path, "--days", "6", "--out", path + ".new")
    os.replace(path + ".new", path)
    pair.start(1)
    found = until(lambda: pair.messages(1, "expires soon"), 20, "it warns")
    check([(line["certificate"], line["level"]) for line in found] == [("signing", "error")], found)
    pair.hang_up(1)
    check(len(pair.messages(1, "expires soon")) == 1, "it warns again without reason")
    # One that was renewed and comes near its end again is warned of again.
    for days in ("400", "6"):
        pair.ca("renew", path, "--days", days, "--out", path + ".new")
        os.replace(path + ".new", path)
        pair.hang_up(1)
    check(len(pair.messages(1, "expires soon")) == 2, "it does not warn of the second end")
    rows = pair.metric(1, "jiuding_certificate_days_left")
    names = [re.search(r'certificate="([^"]*)"', row).group(1) for row in rows]
    check(len(rows) == 6 and sum(name.startswith("authority ") for name in names) == 4, rows)
    check(any('"signing"' in row and float(row.split()[-1]) in (5, 6) for row in rows), rows)


@test
def founded_once(room):
    """However often a founding is cut short, and whichever node's files are lost later, there is one chain in a directory."""
    data = os.path.join(room.path, "net")
    words = ("up", "--prepare", "--validators", "4", "--data", data, "--port", free_port(), "--peer-port", free_port())
    for _ in range(15):
        process = room.spawn(*words)
        time.sleep(random.uniform(0, 1.4))
        process.kill()
        process.wait()
    room.run(*words).expect(0)

    def files(name):
        found = [os.path.join(data, f"node-{index}", *name) for index in range(4)]
        return [open(path, "rb").read() for path in found]

    specs = files(("chains", "main", "spec"))
    check(len(set(specs)) == 1, "the nodes are of several chains")
    configs = files(("node.yaml",))
    edited = os.path.join(data, "node-2", "node.yaml")
    room.file(edited, configs[2] + b"    blocks-kept: 5000\n")
    shutil.rmtree(os.path.join(data, "node-0", "chains"))
    os.remove(os.path.join(data, "node-0", "node.yaml"))
    room.run(*words[:6]).expect(0)
    check(files(("chains", "main", "spec")) == specs, "a second chain was founded beside the first")
    check(files(("node.yaml",))[0] == configs[0], "the lost configuration is not as it was")
    check(b"blocks-kept" in files(("node.yaml",))[2], "an edited configuration was written over")
    # Another chain's files beside them are refused by name.
    room.file(os.path.join(data, "node-1", "chains", "main", "spec"), b"no")
    room.run(*words[:6]).expect(1, "JD-1502")
    room.run("up", "--prepare", "--data", "other", "--port", 8697).expect(2, "overlap")
    check(not os.path.exists(os.path.join(room.path, "other")), "a refused start left a data directory behind")


@test
def many_hangups(room):
    """A hundred SIGHUPs while requests come harm nothing (NODE-6)."""
    node = room.node().start()
    stop = threading.Event()

    def bother():
        while not stop.is_set():
            node.process.send_signal(signal.SIGHUP)
            time.sleep(0.01)

    thread = threading.Thread(target=bother)
    thread.start()
    try:
        for number in range(20):
            node.put(room.file(f"{number}.txt", b"%d" % number)).expect(0)
    finally:
        stop.set()
        thread.join()
    check(node.stop()[0] == 0, "did not stop cleanly")
