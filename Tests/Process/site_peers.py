# SPDX-License-Identifier: Apache-2.0
"""Whoever knocks at a node's links and is no peer of it: refused, counted by cause, at a bounded cost."""
import glob
import json
import os
import random
import re
import select
import shutil
import signal
import socket
import ssl
import threading
import time

from harness import Background, check, test, until
from network import Namespaces
from sites import Site

ALONE = True

HELLO = b"\x16\x01\x01"


def ended(connection, patience):
    """Reads until the other side ends the connection; the seconds that took, or None where it did not."""
    begun = time.monotonic()
    connection.setblocking(False)
    while time.monotonic() - begun < patience:
        if select.select([connection], [], [], 0.5)[0]:
            try:
                if not connection.recv(65_536):
                    return time.monotonic() - begun
            except BlockingIOError:
                continue
            except OSError:
                return time.monotonic() - begun
    return None


def send(connection, content):
    try:
        connection.sendall(content)
    except OSError:
        pass  # It had enough before the end.


def drip(connection):
    """A record without end, a byte at a time."""
    for byte in HELLO + b"\x40\x00" + bytes(60):
        send(connection, bytes([byte]))
        if select.select([connection], [], [], 0.4)[0]:
            return


def tls(connection):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        context.wrap_socket(connection)
    except (ssl.SSLError, OSError):
        return
    check(False, "a TLS client got through the handshake")


KINDS = {
    "garbage": lambda c: send(c, os.urandom(60_000)),
    "an HTTP request": lambda c: send(c, b"GET /v1/node HTTP/1.1\r\nHost: x\r\n\r\n"),
    "a TLS hello": tls,
    "a hello of garbage": lambda c: send(c, HELLO + b"\x02\x00" + os.urandom(512)),
    "an oversized record": lambda c: send(c, HELLO + b"\xff\xff" + bytes(65_535)),
    "an oversized message": lambda c: send(c, HELLO + b"\x40\x00\x01\xff\xff\xff" + bytes(16_380)),
    "an alert": lambda c: send(c, b"\x15\x01\x01\x00\x02\x02\x28"),
    "application data": lambda c: send(c, b"\x17\x01\x01\x01\x00" + os.urandom(256)),
    "an end at once": lambda c: c.shutdown(socket.SHUT_WR),
    "silence": lambda c: None,
    "a drip": drip,
}


def descriptors(member):
    return len(os.listdir(f"/proc/{member.process.pid}/fd"))


@test
def strangers(room):
    """Whatever a stranger says to a node's links, it is cut off in time and counted, and the chain goes on."""
    site = Site(room).start()
    site.load.start()
    site.advances()
    target = site[0]
    linked, memory, open_before = target.linked(), target.memory(), descriptors(target)
    check(len(linked) == 3, linked)
    slowest = {}
    for name, say in KINDS.items():
        before = sum(target.refused().values())
        with site.network.to_links(0) as connection:
            begun = time.monotonic()
            say(connection)
            if name != "a TLS hello":
                check(ended(connection, 30) is not None, f"{name}: still connected after 30 s")
        slowest[name] = time.monotonic() - begun
        until(lambda: sum(target.refused().values()) > before, 20, f"{name} is counted")
    worst = max(slowest, key=slowest.get)
    room.note(f"{len(KINDS)} kinds, slowest to be cut off: {worst}, {slowest[worst]:.1f} s; {target.refused()}")
    # A crowd that is silent, then one that comes again and again.
    crowd = [site.network.to_links(0) for _ in range(1_000 if room.full else 300)]
    until(lambda: target.refused().get("crowded", 0) > 0, 20, "the crowd is counted")
    most = descriptors(target)
    check(most < open_before + 120, f"the crowd holds {most - open_before} descriptors")
    for each in crowd:
        check(ended(each, 30) is not None, "one of the crowd is still connected after 30 s")
        each.close()
    stop, counts = threading.Event(), [0]

    def knock():
        while not stop.is_set():
            try:
                with site.network.to_links(0) as connection:
                    send(connection, random.choice((os.urandom(2_000), HELLO + b"\x02\x00" + os.urandom(512))))
                counts[0] += 1
            except OSError:
                pass
            # As fast as one machine can would measure the machine.
            time.sleep(0.002)

    begun, ticks = time.monotonic(), processor(target)
    knockers = [Background(knock) for _ in range(2)]
    site.advances(what="the chain goes on under a storm of handshakes")
    time.sleep(20 if room.full else 3)
    check(target.linked() == linked, f"linked with {target.linked()} only")
    spent = (processor(target) - ticks) / (time.monotonic() - begun)
    if isinstance(site.network, Namespaces):
        # Strangers from another address do not keep a node out.
        site.kill(site[3])
        site[3].start()
        until(lambda: "node-3" in target.linked(), 60, "a restarted node links under a storm")
        site.catches_up(site[3])
    stop.set()
    for each in knockers:
        each.result()
    site.load.stop()
    site.agree()
    grown = target.memory() - memory
    room.note(f"{counts[0]} knocks; {target.refused()}; {spent * 100:.0f} % of a core, load included; memory {grown >> 20:+} MiB")
    check(grown < 200 << 20, f"the node grew by {grown >> 20} MiB")
    until(lambda: descriptors(target) < open_before + 30, 30, "the descriptors are given back")


def processor(member):
    """Seconds of processor time a node has used."""
    with open(f"/proc/{member.process.pid}/stat", encoding="ascii") as stat:
        words = stat.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


class Outsider:
    """A real node with a configuration of the test's making, where strangers live."""

    def __init__(self, site, config):
        self.site, self.config, self.log = site, config, config + ".log"
        index = getattr(site.network, "stranger", None)
        before = site.network.before(index) if index is not None else ()
        with open(self.log, "wb") as log:
            self.process = site.room.spawn("node", "--config", config, before=before, out=log, err=log)
        until(lambda: self.process.poll() is not None or '"ready"' in self.said(), 60, "the stranger is ready")
        check(self.process.poll() is None, "the stranger did not start:", self.said()[-500:])

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def end(self):
        self.process.kill()
        self.process.wait()


def outside(site, text):
    """A configuration that listens where a stranger may: beside the nodes of the site."""
    port = 8700 if isinstance(site.network, Namespaces) else random.randrange(20_000, 32_000)
    host = f"198.18.0.{site.network.stranger + 1}" if isinstance(site.network, Namespaces) else "127.0.0.1"
    text = re.sub(r"listen: \S+:87\d\d|(?<=peers:\n  )listen: \S+", f"listen: {host}:{port}", text, count=1)
    # Its gateway is nobody's business.
    return re.sub(r"^gateway:\n(?:[ ].*\n)+", "", text, flags=re.M)


def read(path):
    with open(path, encoding="utf-8") as handle:
        return handle.read()


def link_denied(member, reason):
    """Whether a node's audit log has a row of a link that was refused for this."""
    for path in glob.glob(os.path.join(member.data, "audit", "acts-*.log")):
        with open(path, encoding="utf-8") as file:
            found = [json.loads(line) for line in file if line.endswith("\n")]
        if any((row["act"], row["verdict"], row["object"]) == ("link", "denied", reason) for row in found):
            return True
    return False


@test
def another_network(room):
    """A node of another network is refused for its authority, and where that is trusted for not being on the allow-list."""
    site = Site(room).start()
    site.load.start()
    site.advances()
    foreign = os.path.join(room.path, "foreign")
    room.run("up", "--prepare", "--validators", 4, "--data", foreign, "--port", 8600, "--peer-port", 8700,
             "--chain", "main").expect(0)
    config = os.path.join(foreign, "node-3", "node.yaml")
    # The foreign node dials the nodes of this site by their true names.
    peers = re.search(r"^  nodes:\n(?:  .*\n)+", read(site[3].config), re.M)[0]
    if not isinstance(site.network, Namespaces):
        for (a, b), port in site.network.wires.items():
            peers = peers.replace(f":{port}\n", f":{site.network.links[b]}\n")
    text = re.sub(r"^  nodes:\n(?:  .*\n)+", lambda _: peers, read(config), flags=re.M)
    room.file(config, outside(site, text).encode())
    before = [member.refused().get("handshake", 0) for member in site.members[:3]]
    outsider = Outsider(site, config)
    until(lambda: all(member.refused().get("handshake", 0) > old for member, old in zip(site, before)), 30,
          "all refuse it in the handshake")
    until(lambda: link_denied(site[0], "handshake"), 10, "the refusal stands in the audit log")
    check('"linked"' not in outsider.said(), "it is linked:", outsider.said()[-400:])
    outsider.end()
    # Each trusts the other's authorities now; a list of names is what remains between them.
    ours, theirs = (os.path.join(folder, "trust", "authorities.crt") for folder in (site.path, foreign))
    both = (read(ours) + read(theirs)).encode()
    room.file(ours, both)
    room.file(theirs, both)
    for member in site:
        check(member.stop()[0] == 0, "no clean end")
        member.start()
    before = [member.refused().get("unknown", 0) for member in site.members[:3]]
    outsider = Outsider(site, config)
    until(lambda: all(member.refused().get("unknown", 0) > old for member, old in zip(site, before)), 30,
          "all refuse it as unknown")
    check('"linked"' not in outsider.said(), "it is linked:", outsider.said()[-400:])
    outsider.end()
    site.advances()
    site.load.stop()
    site.agree()
    room.note(f"{site[0].refused()}")


@test
def twin(room):
    """A second machine with a node's keys and an old copy of its data is refused as a twin; the chain goes on as one."""
    site = Site(room).start()
    site.load.start()
    site.advances()
    original = site[3]
    check(original.stop()[0] == 0, "no clean end")
    copied = os.path.join(site.path, "node-9")
    shutil.copytree(original.data, copied)
    original.start()
    site.catches_up(original)
    config = os.path.join(copied, "node.yaml")
    text = outside(site, read(config))
    if not isinstance(site.network, Namespaces):
        for (a, b), port in site.network.wires.items():
            text = text.replace(f":{port}\n", f":{site.network.links[b]}\n")
    room.file(config, text.encode())
    outsider = Outsider(site, config)
    until(lambda: any(member.refused().get("twin") for member in site.members[:3]), 60, "the twin is refused")
    site.advances(what="the chain goes on beside a twin")
    # It takes the place of the original when that is gone, and then it is the validator; no history may split on that.
    site.kill(original)
    time.sleep(8)
    site.advances(what="the chain goes on with the twin in its place")
    original.start()
    time.sleep(3)
    outsider.end()
    site.catches_up(original)
    site.votes(original)
    site.load.stop()
    site.agree()
    room.note(f"refused by node 0: {site[0].refused()}")


@test
def configuration_again(room):
    """SIGHUP takes a peer off the allow-list and puts it back: its link ends and is made again, and the chain goes on."""
    site = Site(room).start()
    site.load.start()
    site.advances()
    member, whole = site[0], read(site[0].config)

    def again(text):
        room.file(member.config, text.encode())
        count = member.said().count("configuration read again")
        member.signal(signal.SIGHUP)
        until(lambda: member.said().count("configuration read again") > count, 20, "the log says that it was read again")

    without = re.sub(r"^  - name: node-3\n(?:    .*\n)+", "", whole, flags=re.M)
    check("node-3" not in without and "node-2" in without, "the configuration has another form:", without)
    again(without)
    until(lambda: member.linked() == {"node-1", "node-2"}, 70, "node-3 is unlinked")
    site.advances(what="the chain goes on without that link")
    again(whole)
    until(lambda: len(member.linked()) == 3, 30, "node-3 is linked again")
    room.file(member.config, b"nonsense: true\n")
    member.signal(signal.SIGHUP)
    until(lambda: "JD-1511" in member.said(), 20, "a flaw is logged")
    check(len(member.linked()) == 3, "a flaw changed the links")
    site.advances()
    site.load.stop()
    site.agree()
