# SPDX-License-Identifier: Apache-2.0
"""Snapshots of running and stopped nodes, and what is made of them."""
import os
import random
import shutil
import signal
import time

from harness import check, test


def filled(room, count=40):
    """A running node that holds some deposits, and its trust anchor."""
    node = room.node().start()
    for number in range(count):
        room.file(f"in/{number}.txt", b"%d" % number)
    node.put(os.path.join(room.path, "in"), "--recursive").expect(0)
    return node, os.path.join(node.data, "trust", "main.trust")


@test
def snapshot_of_a_running_node(room):
    """A running node is backed up without stopping it; the file checks offline, and nothing changed in it passes."""
    node, trust = filled(room)
    out = os.path.join(room.path, "main.snapshot")
    told = room.run("chain", "snapshot", "--data", node.data, "--out", out, "--json").expect(0).json
    check(told["height"] > 0 and told["parts"] >= 1 and told["bytes"] == os.path.getsize(out), told)
    node.put(room.file("later.txt", b"later")).expect(0)
    checked = room.run("chain", "snapshot", "--check", out, "--trust", trust, "--json").expect(0).json
    check(checked["sound"] and checked["digest"] == told["digest"] and not checked["olderThanAnchor"], checked)
    check(not [name for name in os.listdir(room.path) if name.endswith("~")], os.listdir(room.path))
    with open(out, "rb") as handle:
        good = handle.read()
    for place in [0, 5, len(good) // 2, len(good) - 1, *random.choices(range(len(good)), k=12)]:
        bad = bytearray(good)
        bad[place] ^= 1 << random.randrange(8)
        ran = room.run("chain", "snapshot", "--check", room.file("bad.snapshot", bad), "--trust", trust).expect(1)
        check("JD-22" in ran.err, place, ran.err)
    room.run("chain", "snapshot", "--check", room.file("cut", good[:-9]), "--trust", trust).expect(1, "JD-2202")
    room.run("chain", "snapshot", "--check", out, "--trust", room.file("no.trust", b"x")).expect(1, "JD-2101")
    room.run("chain", "snapshot", "--data", node.data).expect(2)
    check(node.stop()[0] == 0, "the node did not stop cleanly")
    again = room.run("chain", "snapshot", "--data", node.data, "--out", out, "--json").expect(0).json
    check(again["height"] >= told["height"], again)


@test
def restore(room):
    """A snapshot becomes a directory once, whatever kills it on the way; the node in it stands at that height."""
    node, trust = filled(room)
    out = os.path.join(room.path, "main.snapshot")
    check(node.stop()[0] == 0, "the node did not stop cleanly")
    told = room.run("chain", "snapshot", "--data", node.data, "--out", out, "--json").expect(0).json
    fresh = os.path.join(room.path, "fresh")
    words = ["chain", "restore", out, "--data", fresh, "--trust", trust]
    chain = os.path.join(fresh, "chains", "main")
    for millis in (1, 5, 10, 20, 30, 50, 80):
        process = room.spawn(*words)
        time.sleep(millis / 1000)
        process.send_signal(signal.SIGKILL)
        process.wait()
        if os.path.exists(chain):
            check(sorted(os.listdir(chain)) == ["spec", "store", "trust"], os.listdir(chain))
            shutil.rmtree(chain)
    made = room.run(*words, "--json").expect(0).json
    check(made["height"] == told["height"] and made["digest"] == told["digest"] and not made["safetyRecord"], made)
    check(sorted(os.listdir(os.path.join(fresh, "chains"))) == ["main"], os.listdir(os.path.join(fresh, "chains")))
    room.run(*words).expect(1, "JD-2209", "store")
    room.run("chain", "restore", out, "--data", node.data, "--trust", trust).expect(2, "node-0")
    room.run("chain", "verify", "--data", fresh).expect(0)
    # The node's own directory, its safety files left where they were.
    shutil.rmtree(os.path.join(node.store, "store"))
    room.run("chain", "restore", out, "--data", os.path.join(node.data, "node-0"), "--trust", trust).expect(0)
    node.start()
    status = node.run("chain", "status", "--json").expect(0).json
    check(int(status["executedHeight"]) >= told["height"], status)
    node.run("evidence", "verify", os.path.join(room.path, "in", "7.txt"), "--data", node.data).expect(0)
    node.stop()
    node.verify_store().expect(0)
