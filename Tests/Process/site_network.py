# SPDX-License-Identifier: Apache-2.0
"""A site whose network is cut, slow and lossy, and whose clocks disagree: no fork, no loss, and it goes on."""
import os
import random
import subprocess
import time

from harness import Skipped, check, test, until
from sites import Site, moment

ALONE = True

NO_GO = 3


def stands(site, members, seconds):
    """Whether none of `members` finalizes anything for a while; what is under way may still end."""
    time.sleep(NO_GO)
    heights = [member.height() for member in members]
    time.sleep(seconds)
    later = [member.height() for member in members]
    check(later == heights, f"without a quorum the heights went from {heights} to {later}")


def healed(site, members=None):
    """Heals the network; the chain goes on at every node; returns the seconds that took."""
    site.network.heal()
    seconds = site.advances(what="the chain goes on at every node after the cut", patience=90)
    site.load.stop()
    site.agree()
    return seconds


def cut_off(room, kind=None, seconds=6):
    """One cloud is cut off both ways: the others go on; healed, it catches up, votes, and nothing is lost."""
    seconds = 60 if room.full else seconds
    site = Site(room, kind).start()
    site.load.start()
    site.advances()
    alone = random.choice(site.members)
    others = site.others(alone)
    since = time.time()
    site.network.cut([alone.index], [member.index for member in others])
    time.sleep(NO_GO)
    behind = alone.height()
    site.advances(members=others, what="the others go on")
    time.sleep(seconds)
    check(alone.height() == behind, f"{alone.name} went from {behind} to {alone.height()} alone")
    site.network.heal()
    alone.begun = time.monotonic()
    caught = site.catches_up(alone)
    site.votes(alone)
    site.load.stop()
    site.agree()
    room.note(f"cut off for {seconds + NO_GO} s, caught up after {caught:.1f} s"
              + ", longest gaps of the chain " + ", ".join(f"{gap:.2f} s after {at:.1f} s" for gap, at in site.gaps(since)[:3]))


@test
def one_cut_off(room):
    """One cloud is cut off both ways: the others go on; healed, it catches up, votes, and nothing is lost."""
    cut_off(room)


@test
def one_cut_off_by_proxies(room):
    """The same over loopback proxies, where connections stand still and bytes come late instead of packets being lost."""
    cut_off(room, "loopback", 3)


@test
def unready(room):
    """A node that is cut off says within seconds that it is not ready, and the others stay ready (API-15)."""
    site = Site(room).start()
    site.load.start()
    site.advances()

    def ready(member):
        client = member.client()
        try:
            return client.get("/readyz").status == 200
        finally:
            client.close()

    until(lambda: all(map(ready, site)), 20, "all say that they are ready")
    alone = random.choice(site.members)
    site.network.cut([alone.index], [member.index for member in site.others(alone)])
    until(lambda: not ready(alone), 20, "/readyz of the one cut off is 503")
    check(not alone.status()["inStep"], "its chain says that it is in step")
    check(all(map(ready, site.others(alone))), "one of the others says that it is not ready")
    site.network.heal()
    until(lambda: ready(alone), 60, "/readyz of the one that came back is 200")
    site.load.stop()
    site.agree()


@test
def one_way(room):
    """One node is not heard, and then hears nobody: the others go on each time, and it comes back."""
    seconds = 60 if room.full else 6
    site = Site(room).start()
    site.load.start()
    site.advances()
    for mute in (True, False):
        alone = random.choice(site.members)
        others = site.others(alone)
        indexes = [member.index for member in others]
        if mute:
            site.network.cut([alone.index], indexes, both=False)
        else:
            site.network.cut(indexes, [alone.index], both=False)
        time.sleep(NO_GO)
        site.advances(members=others, what=f"the others go on while {alone.name} {'is not heard' if mute else 'hears nobody'}")
        time.sleep(seconds - NO_GO)
        room.note(f"{'not heard' if mute else 'hearing nobody'}: went on {healed(site):.1f} s after healing")
        site.load.start()
    site.votes(alone)
    site.load.stop()
    site.agree()


@test
def odd_cuts(room):
    """Halves, single wires, a ring, a network that changes all the time: final only with a quorum, and one history."""
    site = Site(room).start()
    site.load.start()
    site.advances()
    a, b, c, d = random.sample(range(4), 4)
    site.network.cut([a, b], [c, d])
    stands(site, site.members, 30 if room.full else 4)
    room.note(f"halves: went on {healed(site):.1f} s after healing")
    site.load.start()
    # Two that cannot reach each other hear of each other's blocks from the rest.
    site.network.cut([a], [b])
    time.sleep(30 if room.full else 6)
    check(site[b].name not in site[a].linked(), "they are still linked")
    site.advances(what="all four go on without one wire")
    # Of a ring, each has itself and two neighbours: a quorum.
    site.network.cut([c], [d])
    time.sleep(30 if room.full else 6)
    room.note(f"a ring of four goes on within {site.advances(what='a ring of four goes on'):.1f} s")
    for _ in range(60 if room.full else 4):
        ones = random.sample(range(4), random.choice((1, 2)))
        site.network.rules = {}
        site.network.cut(ones, [index for index in range(4) if index not in ones], both=random.random() < 0.6)
        time.sleep(random.uniform(0.2, 2))
        if random.random() < 0.4:
            site.network.heal()
            time.sleep(random.uniform(0, 1))
    room.note(f"went on {healed(site):.1f} s after the last change; {site.tip} blocks, {len(site.load.acks)} acknowledged")


def slow(room, kind=None):
    seconds = 60 if room.full else 8
    site = Site(room, kind).start()
    site.load.start()
    site.advances()
    site.network.spoil(0.2, 0.05)
    # Links may break and be made anew; what is asked is that blocks come, at every node.
    site.advances(patience=120, what="the chain goes on over slow and lossy wires")
    heights, begun = site[0].height(), time.monotonic()
    time.sleep(seconds)
    rate = (site[0].height() - heights) / (time.monotonic() - begun)
    site.advances(patience=120, what="the chain still goes on over slow and lossy wires", least=1)
    room.note(f"200 ms and 5 % loss each way: {rate:.1f} blocks a second")
    healed(site)
    room.note(f"slowest batch {site.load.slowest:.1f} s, {site.load.moved} went to another node")


@test
def slow_and_lossy(room):
    """With 200 ms and 5 % loss on every wire the chain goes on, and nothing is lost."""
    slow(room)


CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

// The wall clock of the process, off by $CLOCK_OFF seconds; clocks that only count are left alone.
static long off(void) { static long known, is; if (!known) { const char *t = getenv("CLOCK_OFF"); is = t ? atol(t) : 0; known = 1; } return is; }

int clock_gettime(clockid_t id, struct timespec *out) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int done = real(id, out);
    if (!done && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) out->tv_sec += off();
    return done;
}

int gettimeofday(struct timeval *out, void *zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    out->tv_sec = now.tv_sec;
    out->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *out) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out) *out = now.tv_sec;
    return now.tv_sec;
}

// The kernel waits by its own clock.
int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *end) {
    static int (*real)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    if (!real) real = (int (*)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *))dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    if (!real) real = (int (*)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *))dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    struct timespec moved = *end;
    if (moved.tv_sec > 1000000000) moved.tv_sec -= off();
    return real(cond, mutex, &moved);
}
"""


def off_clock(room):
    """A small library that puts a process's wall clock off, built with the compiler that comes with Swift."""
    source, library = room.file("clock.c", CLOCK.encode()), os.path.join(room.path, "clock.so")
    for compiler in ("clang", "cc", "gcc"):
        try:
            made = subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], capture_output=True, check=False)
        except FileNotFoundError:
            continue
        if made.returncode == 0:
            return library
    raise Skipped("no C compiler is to be had for a library that puts a clock off")


@test
def clock_off(room):
    """A node whose clock is ten minutes off says so, and neither stops the chain nor falls behind."""
    library = off_clock(room)
    # Certificates from yesterday: one that slow would take those of today for not yet valid, and says so (JD-1635).
    site, skews = Site(room, env={"LD_PRELOAD": library, "CLOCK_OFF": "-86400"}), []
    for seconds in (600, -600):
        victim = site[2]
        victim.env = {"LD_PRELOAD": library, "CLOCK_OFF": str(seconds)}
        since = time.time()
        if seconds > 0:
            site.start()
        else:
            site.kill(victim)
            victim.start()
        site.load.start()
        site.advances(what=f"all go on with one clock {seconds} s off")
        time.sleep(15 if room.full else 6)
        entries = victim.logged()
        if not entries or abs(moment(entries[0]["time"]) - since - seconds) > 120:
            site.load.stop()
            raise Skipped(f"the clock of the process cannot be put off here: {entries[:1]}")
        site.advances(what=f"all still go on with one clock {seconds} s off")
        client = victim.client()
        skews.append(client.get("/v1/node").json["clockSkewMs"])
        client.close()
        told = [entry["message"] for entry in entries if "clock" in entry["message"]]
        check(told, "the log says nothing of the clock:", [entry["message"] for entry in entries])
        site.load.stop()
        site.agree()
        off = [height for height, block in site.blocks.items() if abs(moment(block["time"]) - time.time()) > 300]
        check(not off, f"{len(off)} blocks have a time that is minutes off, e.g. at", off[:1])
        gaps = [gap for gap, at in site.gaps(since) if at > 5]
        room.note(f"{seconds} s off: {told[0]!r}, {len(gaps) / max(sum(gaps), 1):.1f} blocks a second, longest gaps "
                  + " ".join(f"{gap:.2f}" for gap in gaps[:8]) + " s")
    # Put right, it is as good as any.
    site.kill(victim)
    victim.env = None
    victim.start()
    site.load.start()
    site.catches_up(victim)
    site.votes(victim)
    site.load.stop()
    site.agree()
    # Last, so that a node that only does not say so is still seen to go on.
    check(all(skew is not None and abs(skew) > 300_000 for skew in skews), "/v1/node does not say that the clock is off:", skews)
