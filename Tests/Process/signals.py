# SPDX-License-Identifier: Apache-2.0
"""Stopping on request, while the node is busy."""
import signal
import time

from client import Client
from harness import check, test
from load import Load, verify_receipts


def under_load(room, number):
    load = Load(room)
    node = room.node(members=load.members).start()
    load.start(node)
    time.sleep(1.5)
    code, seconds = node.stop(number)
    load.stop()
    check(code == 0, f"exit {code}:", node.said()[-400:])
    check(seconds < 5, f"stopping took {seconds:.1f} s")
    check('"message":"stopped"' in node.said(), node.said()[-300:])
    check(load.acks, "nothing was acknowledged before the signal:", load.refusals)
    node.start()
    load.check_chain(Client(node.port))
    verified = verify_receipts(room, node, load)
    node.stop()
    check(node.verify_store().expect(0).json["sound"], "the store is not sound")
    room.note(f"{len(load.acks)} acknowledged, {verified} receipts verified, stopped in {seconds:.2f} s")


@test
def interrupt(room):
    """Ctrl-C under load stops the node within 5 s with exit 0 and loses nothing acknowledged."""
    under_load(room, signal.SIGINT)


@test
def terminate(room):
    """SIGTERM under load stops the node within 5 s with exit 0 and loses nothing acknowledged."""
    under_load(room, signal.SIGTERM)


@test
def impatient(room):
    """A second Ctrl-C ends a node that is still draining at once, and the store is sound afterwards."""
    load = Load(room)
    node = room.node(members=load.members).start()
    load.start(node)
    time.sleep(0.7)
    node.process.send_signal(signal.SIGINT)
    code, seconds = node.stop(signal.SIGINT)
    load.stop()
    check(code in (0, 130) and seconds < 5, f"exit {code} after {seconds:.1f} s")
    node.start()
    load.check_chain(Client(node.port))
    node.stop()
    check(node.verify_store().expect(0).json["sound"], "the store is not sound")


@test
def idle_connections(room):
    """Open but idle connections and streams do not keep a node from stopping within 5 s."""
    import socket
    node = room.node().start()
    sockets = [socket.create_connection(("127.0.0.1", node.port)) for _ in range(50)]
    for each in sockets[:10]:
        each.sendall(b"GET /v1/chains/main/blocks/stream HTTP/1.1\r\nHost: x\r\n\r\n")
    for each in sockets[10:20]:
        each.sendall(b"POST /v1/chains/main/transactions HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
                     b"Content-Type: application/octet-stream\r\n\r\nabc")
    time.sleep(0.5)
    code, seconds = node.stop(signal.SIGTERM)
    check(code == 0 and seconds < 5.5, f"exit {code} after {seconds:.1f} s")
    room.note(f"stopped in {seconds:.2f} s")
    for each in sockets:
        each.close()
