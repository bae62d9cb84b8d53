# SPDX-License-Identifier: Apache-2.0
"""A site whose nodes are killed, frozen, filled up, damaged: it goes on, and nothing that was promised is lost."""
import os
import random
import signal
import time

from harness import check, test, until
from sites import Site


def settled(site):
    """Stops the load and checks that all agree."""
    site.load.stop()
    return site.agree()


@test
def one_killed(room):
    """One validator is killed: the others go on, soon and evenly; started again it catches up and votes."""
    site = Site(room, senders=3).start()
    site.load.pause, site.load.batch = 0.01, 1
    victim = site[3]
    site.load.start(avoid=[victim])
    site.advances()
    worst = turns = 0
    for _ in range(5 if room.full else 2):
        since = time.time()
        site.kill(victim)
        time.sleep(9)
        site.load.stop()
        site.agree()
        gaps = site.gaps(since)
        worst = max(worst, gaps[0][0])
        later = [gap for gap, at in gaps if at > 5]
        turns = max(turns, max(later))
        room.note(f"killed: longest gap {gaps[0][0]:.2f} s, {gaps[0][1]:.1f} s after the kill; later than 5 s at most "
                  f"{max(later) * 1000:.0f} ms, {sum(gap > 0.2 for gap in later)} of {len(later)} above 200 ms")
        site.load.start(avoid=[victim])
        victim.start()
        room.note(f"ready after {victim.seconds_to_ready:.1f} s, caught up after {site.catches_up(victim):.1f} s")
    check(worst < 20, f"no block for {worst:.1f} s")
    site.votes(victim)
    tip = settled(site)
    room.note(f"{tip} blocks, {len(site.load.acks)} acknowledged")


@test
def random_kills(room):
    """However often random nodes are killed under load, there is one history, and every acknowledged transaction in it."""
    rounds = 100 if room.full else 12
    site = Site(room).start()
    site.load.start()
    site.advances()
    slowest = 0
    for number in range(rounds):
        time.sleep(random.choice((random.uniform(0, 0.3), random.uniform(0.3, 1.5))))
        # Every fourth time two at once, which leaves no quorum for a while.
        victims = random.sample(site.members, 2 if number % 4 == 3 else 1)
        site.kill(*victims)
        time.sleep(random.choice((0, random.uniform(0, 2))))
        site.start(*victims)
        if number % 4 == 3:
            slowest = max(slowest, site.advances(what=f"the chain goes on after kill {number + 1}"))
        if number % 12 == 11:
            settled(site)
            site.load.start()
    site.advances(what="the chain goes on after all kills")
    victim = random.choice(site.members)
    site.votes(victim)
    tip = settled(site)
    verified = site.load.verify_receipts()
    room.note(f"{rounds} kills, {tip} blocks, {len(site.load.acks)} acknowledged and found at every node, {verified} receipts "
              f"verified, {site.load.moved} submissions went to another node, slowest {site.load.slowest:.1f} s, "
              f"all at work again after {slowest:.1f} s at most")
    site.stop()
    for member in site:
        seen = room.run("chain", "verify", "--data", member.data, "--chain", "main", "--json", timeout=600).expect(0).json
        check(seen["sound"], member.name, seen)


@test
def all_killed(room):
    """All four are killed at once, again and again: the chain continues where it was."""
    site = Site(room).start()
    worst = 0
    for number in range(20 if room.full else 3):
        site.load.start()
        site.advances(what=f"the chain goes on after {number} kills of all")
        time.sleep(random.uniform(0, 1))
        site.kill(*site)
        dead = time.monotonic()
        site.start()
        ready = time.monotonic() - dead
        site.advances(what="the chain goes on after all were killed")
        worst = max(worst, time.monotonic() - dead)
        settled(site)
    room.note(f"pause at most {worst:.1f} s, the last time {ready:.1f} s of it until all were ready; "
              f"{site.tip} blocks, {len(site.load.acks)} acknowledged")
    # An orderly restart of the whole site, too.
    site.stop()
    site.start()
    site.load.start()
    site.advances(what="the chain goes on after an orderly restart")
    settled(site)


@test
def frozen(room):
    """One validator is stopped for a while (SIGSTOP): the others go on; continued, it catches up and votes."""
    seconds = 30 if room.full else 8
    site = Site(room).start()
    site.load.start()
    site.advances()
    victim = random.choice(site.members)
    since = time.time()
    victim.signal(signal.SIGSTOP)
    victim.frozen = True
    time.sleep(seconds / 2)
    site.advances(what="the chain goes on without the frozen one")
    time.sleep(seconds / 2)
    victim.signal(signal.SIGCONT)
    victim.frozen, victim.begun = False, time.monotonic()
    room.note(f"frozen for {seconds} s, caught up after {site.catches_up(victim):.1f} s")
    site.votes(victim)
    settled(site)
    room.note(f"longest gap {site.gaps(since)[0][0]:.2f} s")


@test
def all_frozen(room):
    """All validators are stopped for longer than links live, one after the other continued: the chain goes on."""
    site = Site(room).start()
    site.load.start()
    site.advances()
    for member in site:
        member.signal(signal.SIGSTOP)
    time.sleep(7)
    for member in site:
        member.signal(signal.SIGCONT)
        time.sleep(random.uniform(0, 0.5))
    seconds = site.advances(what="the chain goes on after all were frozen")
    settled(site)
    room.note(f"went on after {seconds:.1f} s")


def without_data(room, what, remove):
    """A node loses `remove(member)` of its data under load and rebuilds it from the others."""
    site = Site(room).start()
    site.load.start()
    site.advances()
    time.sleep(3)
    victim = random.choice(site.members)
    site.kill(victim)
    site.advances()
    remove(victim)
    victim.checked = 0
    victim.start()
    seconds = site.catches_up(victim)
    site.advances(what=f"the chain goes on with {what}")
    site.votes(victim)
    tip = settled(site)
    room.note(f"{what}: {tip} blocks rebuilt after {seconds:.1f} s")


def delete(path):
    import shutil
    if os.path.isdir(path):
        shutil.rmtree(path)
    else:
        os.remove(path)


@test
def store_deleted(room):
    """A node whose store is deleted rebuilds it from the others and votes again; its safety ring is still there."""
    without_data(room, "the store deleted", lambda member: delete(os.path.join(member.store, "store")))


@test
def data_deleted(room):
    """A node that keeps its keys and the chain's specification only rebuilds itself from the others and votes again."""
    def all_of_it(member):
        for name in os.listdir(member.store):
            if name not in ("spec", "trust"):
                delete(os.path.join(member.store, name))
    without_data(room, "all data deleted", all_of_it)


@test
def old_backup(room):
    """A node put back to an old copy of all its data, safety ring included, catches up and votes; no history splits."""
    import shutil
    site = Site(room).start()
    site.load.start()
    site.advances()
    victim = random.choice(site.members)
    check(victim.stop()[0] == 0, "no clean end")
    copied = os.path.join(room.path, "backup")
    shutil.copytree(victim.data, copied)
    victim.start()
    site.catches_up(victim)
    time.sleep(3)
    site.kill(victim)
    site.advances()
    shutil.rmtree(victim.data)
    shutil.copytree(copied, victim.data)
    victim.checked = 0
    victim.start()
    seconds = site.catches_up(victim)
    site.votes(victim)
    tip = settled(site)
    room.note(f"caught up {seconds:.1f} s after the start, {tip} blocks")


@test
def ring_deleted(room):
    """A node that lost its safety ring alone refuses to start with JD-1505; the others go on."""
    site = Site(room).start()
    site.load.start()
    site.advances()
    victim = random.choice(site.members)
    site.kill(victim)
    for name in ("safety.a", "safety.b"):
        os.remove(os.path.join(victim.store, name))
    victim.launch()
    until(lambda: victim.process.poll() is not None or "JD-1505" in victim.said(), 30, "it is refused with JD-1505")
    check("JD-1505" in victim.said(), "not refused with JD-1505:", victim.said()[-400:])
    if victim.alive():
        site.kill(victim)
    site.advances(what="the others go on")
    # What docs tell an operator to do then: the whole of it anew, from the others.
    delete(os.path.join(victim.store, "store"))
    for name in ("safety.a", "safety.b"):
        if os.path.exists(os.path.join(victim.store, name)):
            os.remove(os.path.join(victim.store, name))
    victim.checked = 0
    victim.start()
    site.catches_up(victim)
    site.votes(victim)
    settled(site)


@test
def store_corrupted(room):
    """A corrupted store is refused by its name or does no harm; deleted, it is rebuilt from the others."""
    site = Site(room).start()
    site.load.start()
    site.advances()
    time.sleep(3)
    victim = random.choice(site.members)
    site.load.stop()
    site.agree()
    # A clean end writes tables; some of the flips hit them, some the rest.
    check(victim.stop()[0] == 0, "no clean end")
    folder = os.path.join(victim.store, "store", "db")
    tables = [os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".sst")]
    check(tables, "there are no tables to corrupt:", os.listdir(folder))
    for path in tables:
        with open(path, "r+b") as handle:
            size = os.path.getsize(path)
            for place in random.sample(range(size), min(size, 40)):
                handle.seek(place)
                byte = handle.read(1)[0]
                handle.seek(place)
                handle.write(bytes([byte ^ 0xFF]))
    site.load.start(avoid=[victim])
    victim.launch()
    seen = room.run("chain", "verify", "--data", victim.data, "--chain", "main", "--json", before=victim.before, timeout=60)
    del seen

    def named():
        if victim.process.poll() is not None or "JD-1502" in victim.said():
            return True
        try:
            return "JD-1502" in str(victim.status()["halted"])
        except OSError:
            return False
    until(named, 60, "the damage is named")
    told = victim.said()
    check("JD-1502" in told, "the damage is not named in the log:", told[-600:])
    room.note(next(line for line in told.splitlines() if "JD-1502" in line)[:200])
    if victim.alive():
        site.kill(victim)
    site.advances(what="the others go on")
    delete(os.path.join(victim.store, "store"))
    victim.checked = 0
    victim.start()
    seconds = site.catches_up(victim)
    site.votes(victim)
    settled(site)
    room.note(f"rebuilt after {seconds:.1f} s")


@test
def disk_full(room):
    """The disk of one node is full: the others go on; with room again it catches up by itself and votes."""
    from disk import MIB, fill
    small = room.tmpfs("site/node-1", "256m")
    site = Site(room).start()
    victim = site[1]
    site.load.batch = 200
    site.load.start()
    site.advances()
    fill(small, 0)
    # Blocks come in until what it had reserved is written full as well.
    until(lambda: "JD-1501" in str(victim.status()["halted"]), 60, "the chain says JD-1501")
    fill(small, 0)
    until(lambda: victim.height() + 10 < site[0].height(), 90, "it stands still while the others go on")
    fill(small, 0)
    site.advances(members=site.others(victim), what="the others go on")
    check(victim.alive(), "the node ended:", victim.said()[-500:])
    status, tip = victim.status(), site[0].height()
    check("JD-1501" in str(status["halted"]), "it says nothing of the disk:", status["halted"])
    room.note(f"on the full disk: {status['halted']}; at height {status['height']} while others are at {tip}")
    os.remove(os.path.join(small, "filler"))
    victim.begun = time.monotonic()
    until(lambda: not victim.status()["halted"], 60, "it goes on by itself")
    seconds = site.catches_up(victim)
    site.votes(victim)
    settled(site)
    room.note(f"back and caught up {seconds:.1f} s after room was made; {MIB * 256 >> 20} MiB disk")
