# SPDX-License-Identifier: Apache-2.0
"""A site whose nodes are killed, frozen, filled up, damaged: it goes on, and nothing that was promised is lost."""
import os
import random
import shutil
import signal
import time

from damage import flip
from disk import fill
from harness import check, test, until
from sites import Site

ALONE = True


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
    for _ in range(5 if room.full else 1):
        since = time.time()
        site.kill(victim)
        time.sleep(8)
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
    check(worst < 5, f"no block for {worst:.1f} s")
    site.votes(victim)
    tip = settled(site)
    room.note(f"{tip} blocks, {len(site.load.acks)} acknowledged")


@test
def observer(room):
    """An observer follows, serves and passes on, never votes, and rebuilds itself from nothing like any other."""
    site = Site(room, observers=1).start()
    watcher = site[4]

    def roles(member):
        return member.client().get("/v1/node").json["roles"]

    check(roles(watcher) == ["observer", "gateway"], roles(watcher))
    check(all(roles(member) == ["validator", "gateway"] for member in site.others(watcher)), [roles(each) for each in site])
    # All that the load sends in this part goes through the observer.
    site.load.start(avoid=site.others(watcher))
    site.advances(what="what is given to an observer becomes final everywhere")
    settled(site)
    site.load.start(avoid=[watcher])
    site.kill(watcher)
    site.advances(what="the chain goes on without the observer")
    shutil.rmtree(os.path.join(watcher.store, "store"))
    watcher.start()
    room.note(f"with an empty store it has caught up after {site.catches_up(watcher):.1f} s")
    settled(site)
    # Two of four validators and an observer are no quorum.
    site.load.start(avoid=[site[0], site[1]])
    site.advances(what="the chain goes on")
    site.kill(site[0], site[1])
    time.sleep(1)
    before = watcher.height()
    time.sleep(4)
    check(watcher.height() == before, f"blocks without a quorum: {before} to {watcher.height()}")
    site.start(site[0], site[1])
    site.advances(what="the chain goes on once there is a quorum")
    settled(site)


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
        if number % 3 == 1:
            # Once more, while they start.
            for member in site:
                member.launch()
            time.sleep(random.uniform(0.1, 1))
            site.kill(*site)
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
    """One validator, then all, are stopped for a while (SIGSTOP): the chain goes on, who was behind catches up and votes."""
    seconds = 30 if room.full else 6
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
    caught = site.catches_up(victim)
    site.votes(victim)
    settled(site)
    room.note(f"one frozen for {seconds} s, caught up after {caught:.1f} s, longest gaps "
              + ", ".join(f"{gap:.2f} s after {at:.1f} s" for gap, at in site.gaps(since)[:3]))
    # All, for longer than links live, and continued one after the other.
    site.load.start()
    for member in site:
        member.signal(signal.SIGSTOP)
    time.sleep(6)
    for member in site:
        member.signal(signal.SIGCONT)
        time.sleep(random.uniform(0, 0.5))
    seconds = site.advances(what="the chain goes on after all were frozen")
    settled(site)
    room.note(f"all frozen: went on {seconds:.1f} s after the last was continued")


@test
def data_lost(room):
    """A node whose store, whose whole data, or whose newest data are gone rebuilds itself from the others and votes again."""
    site = Site(room).start()
    site.load.start()
    site.advances()
    copied = os.path.join(room.path, "backup")

    def whole(member):
        for name in os.listdir(member.store):
            if name not in ("spec", "trust"):
                delete(os.path.join(member.store, name))

    def old(member):
        shutil.rmtree(member.data)
        shutil.copytree(copied, member.data)

    ways = {"store deleted, safety ring kept": lambda member: delete(os.path.join(member.store, "store")),
            "all but keys and specification deleted": whole, "an old copy put back, safety ring included": old}
    # Repeated, since what such a validator must not do depends on what it had just voted.
    for what, remove in list(ways.items()) * (6 if room.full else 1):
        victim = random.choice(site.members)
        if remove is old:
            check(victim.stop()[0] == 0, "no clean end")
            shutil.rmtree(copied, True)
            shutil.copytree(victim.data, copied)
            victim.start()
            site.catches_up(victim)
            time.sleep(1)
        site.kill(victim)
        site.advances()
        remove(victim)
        victim.checked = 0
        victim.start()
        seconds = site.catches_up(victim)
        begun = time.monotonic()
        site.votes(victim)
        room.note(f"{what}: caught up {seconds:.1f} s after the start, voted {time.monotonic() - begun:.1f} s later at most")
    tip = settled(site)
    room.note(f"{tip} blocks, {len(site.load.acks)} acknowledged")


@test
def data_damaged(room):
    """A corrupted store or a lost safety ring is refused by its name; the rest deleted too, the node rebuilds itself."""
    site = Site(room).start()
    site.load.start()
    site.advances()
    victim = random.choice(site.members)
    site.kill(victim)
    for name in ("safety.a", "safety.b"):
        os.remove(os.path.join(victim.store, name))
    refused(site, victim, "JD-1505")
    # What an operator does then: the rest anew as well, from the others.
    delete(os.path.join(victim.store, "store"))
    victim.checked = 0
    victim.start()
    seconds = site.catches_up(victim)
    site.votes(victim)
    room.note(f"rebuilt without a safety ring after {seconds:.1f} s")
    settled(site)
    victim = random.choice(site.members)
    # A clean end writes tables.
    check(victim.stop()[0] == 0, "no clean end")
    folder = os.path.join(victim.store, "store", "db")
    tables = [os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".sst")]
    check(tables, "there are no tables to corrupt:", os.listdir(folder))
    for path in tables:
        # In every block: of a long chain's tables a node reads only what it needs, and a few places may not be among it.
        for place in range(random.randrange(1024), os.path.getsize(path), 1024):
            flip(path, place)
    site.load.start(avoid=[victim])
    refused(site, victim, "JD-1502")
    delete(os.path.join(victim.store, "store"))
    victim.checked = 0
    victim.start()
    seconds = site.catches_up(victim)
    site.votes(victim)
    settled(site)
    room.note(f"rebuilt after damage in {len(tables)} tables after {seconds:.1f} s")


def refused(site, member, code):
    """A node names what is wrong with its data, in the log or in the chain's status, and the others go on meanwhile."""
    member.launch()

    def named():
        if member.process.poll() is not None or code in member.said():
            return True
        try:
            return code in str(member.status()["halted"])
        except OSError:
            return False
    until(named, 60, f"{code} is said")
    told = member.said()
    check(code in told, f"{code} is not in the log:", told[-600:])
    site.room.note(next(line for line in told.splitlines() if code in line)[:150])
    if member.alive():
        site.kill(member)
    site.advances(what="the others go on")


def delete(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    else:
        os.remove(path)


@test
def disk_full(room):
    """The disk of one node is full: the others go on; with room again it catches up by itself and votes."""
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
    room.note(f"back and caught up {seconds:.1f} s after room was made")
