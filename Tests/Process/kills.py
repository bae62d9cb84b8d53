# SPDX-License-Identifier: Apache-2.0
"""kill -9 at random moments: what was promised is there, the chain goes on, the store is sound."""
import os
import random
import time

from client import Client
from harness import check, test
from load import Load, verify_receipts


def folder_of_files(room, name, count):
    for number in range(count):
        room.file(f"{name}/{number // 100}/{number}.txt", f"{name} {number}\n".encode() * (1 + number % 7))
    return os.path.join(room.path, name)


def receipts_hold(node, folder):
    """Every receipt in a folder verifies; files without one are not done yet. Returns how many there are."""
    seen = node.run("evidence", "verify", folder, "--data", node.data, "--json").json
    broken = [each for each in seen["failures"] if each["code"] != "JD-4013"]
    check(not broken, "receipts that do not verify:", broken[:2])
    return seen["filesVerified"]


@test
def kill(room):
    """However often the node is killed under load, every acknowledged transaction and receipt is there afterwards."""
    rounds = 200 if room.full else 50
    load = Load(room)
    node = room.node(members=load.members).start()
    folder = folder_of_files(room, "papers", 9_000 if room.full else 2_400)
    had, height, slowest = 0, 0, 0
    for number in range(rounds):
        load.wait = "final" if number % 3 == 2 else "attested"
        load.start(node)
        put = room.spawn("evidence", "put", folder, "--recursive", "--data", node.data, "--node", node.url)
        # Some kills come while the node is still warming up, some in full swing.
        time.sleep(random.choice((random.uniform(0, 0.1), random.uniform(0.1, 1.2))))
        node.kill()
        load.stop()
        # The command sees a dead node; it may not hang on it.
        put.wait(45)
        node.start()
        slowest = max(slowest, node.seconds_to_ready)
        tip = load.check_chain(Client(node.port))
        check(tip >= height, f"the chain went back from {height} to {tip}")
        height = tip
        count = receipts_hold(node, folder)
        check(count >= had, f"{had} receipts became {count}")
        had = count
    load.start(node)
    before = len(load.acks)
    time.sleep(0.5)
    load.stop()
    check(len(load.acks) > before, "the chain does not go on:", load.refusals)
    done = node.put(folder, "--recursive", "--json").expect(0).json
    check(done["alreadyHad"] >= had and done["failed"] == 0, "a repeated put:", {k: v for k, v in done.items() if k != "files"})
    check(done["alreadyHad"] == had, f"{done['alreadyHad']} skipped, {had} had receipts")
    again = node.put(folder, "--recursive", "--json").expect(0).json
    check(again["deposited"] == 0, "a third put deposits again")
    load.check_chain(Client(node.port))
    some = random.sample(sorted(load.acks), 3)
    for name in some:
        node.run("chain", "tx", name).expect(0)
    verified = verify_receipts(room, node, load)
    node.stop()
    seen = node.verify_store().expect(0).json
    check(seen["sound"], seen)
    room.note(f"{rounds} kills, {len(load.acks)} acknowledged and found, {verified} of {len(load.receipts)} receipts verified, "
              f"{height} blocks, slowest start {slowest:.2f} s")


@test
def killed_put(room):
    """A killed `evidence put` leaves whole receipts or none; repeated, it skips those and ends with one for each file."""
    node = room.node().start()
    folder = folder_of_files(room, "papers", 1_500)
    had = 0
    for _ in range(4):
        put = room.spawn("evidence", "put", folder, "--recursive", "--data", node.data, "--node", node.url)
        time.sleep(random.uniform(0.15, 0.6))
        put.kill()
        put.wait()
        count = receipts_hold(node, folder)
        check(count >= had, f"{had} receipts became {count}")
        had = count
    done = node.put(folder, "--recursive", "--json").expect(0).json
    check(done["alreadyHad"] == had and done["deposited"] == 1_500 - had, {k: v for k, v in done.items() if k != "files"})
    check(receipts_hold(node, folder) == 1_500, "not every file has a receipt")
    # What was deposited before a kill and got no receipt is not recorded a second time.
    numbers = {each["number"] for each in done["files"]}
    check(len(numbers) == 1_500, f"{len(numbers)} numbers for 1500 files of different content")
    room.note(f"{had} receipts survived 4 kills")
