# SPDX-License-Identifier: Apache-2.0
"""Data directories and ports that are not to be had: refused with the reason, whoever has them keeps going."""
import os
import socket

from client import Client
from harness import check, test


@test
def one_owner(room):
    """A second node on a data directory is refused by its name, and so is `chain verify`; the first keeps serving."""
    first = room.node().start()
    second = room.node()
    ran = room.run(*second.words(), timeout=20).expect(1, "JD-1503", first.data)
    check("ready" not in ran.out, "it said ready:", ran.out)
    first.verify_store().expect(1, "JD-1503")
    first.put(room.file("a.txt", b"a")).expect(0)
    check(first.stop()[0] == 0, "the first did not stop cleanly")
    first.verify_store().expect(0)


@test
def newer_format(room):
    """A store of a later or an earlier format is refused with both numbers, and not a byte of it is touched."""
    node = room.node().start()
    node.put(room.file("a.txt", b"a")).expect(0)
    node.stop()
    path = os.path.join(node.store, "store", "FORMAT")
    with open(path, "rb") as handle:
        old = handle.read()
    for number in ("7", "3", "2", "1"):
        room.file(path, b"jiuding-store %s\n" % number.encode())
        before = snapshot(node.store)
        room.run(*node.words(), timeout=20).expect(1, "JD-1504", number, "4")
        node.verify_store().expect(1, "JD-1504")
        check(snapshot(node.store) == before, "the refused store was written to")
    for content in (b"", b"jiuding-store x\n", b"jiuding-store 0\n", b"jiuding-store 4"):
        room.file(path, content)
        room.run(*node.words(), timeout=20).expect(1, "JD-1502", "FORMAT")
    room.file(path, old)
    node.start()
    node.run("evidence", "verify", os.path.join(room.path, "a.txt"), "--data", node.data).expect(0)


def snapshot(folder):
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(place, name), "rb") as handle:
                found[os.path.join(place, name)] = handle.read()
    return found


@test
def other_name(room):
    """Asking for a chain the node does not have is answered with JD-3101, by command and over HTTP."""
    node = room.node().start()
    node.run("chain", "status", "--chain", "elsewhere").expect(1, "JD-3101")
    node.run("evidence", "put", room.file("a.txt", b"a"), "--data", node.data, "--chain", "elsewhere").expect(1, "JD-3101")
    answer = Client(node.port).get("/v1/chains/elsewhere")
    check(answer.status == 404 and answer.json["code"] == "JD-3101", answer.body)


@test
def taken_port(room):
    """A taken port is named together with the process that holds it, and nothing is made in the data directory."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        room.run("up", "--data", "fresh", "--port", port, timeout=20).expect(1, "JD-1509", str(port), f"({os.getpid()})")
    check(not os.path.exists(os.path.join(room.path, "fresh")), "a refused start left a data directory behind")
