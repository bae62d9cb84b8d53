# SPDX-License-Identifier: Apache-2.0
"""Runs the process tests and adds them up: two at a time where they mostly wait, one after the other where a module
says `ALONE`, because its tests measure pauses, memory or what a crowd does to others."""
import multiprocessing
import os
import queue
import signal
import sys
import time
import traceback

import harness
import journey  # noqa: F401 - each module enters its tests
import directories  # noqa: F401
import signals  # noqa: F401
import kills  # noqa: F401
import disk  # noqa: F401
import damage  # noqa: F401
import sizes  # noqa: F401
import abuse  # noqa: F401
import backup  # noqa: F401
import memory  # noqa: F401
import node  # noqa: F401
import authority  # noqa: F401
import founding  # noqa: F401
import keys  # noqa: F401
import governance  # noqa: F401
import rotation  # noqa: F401
import access  # noqa: F401
import contracts  # noqa: F401
import contracttest  # noqa: F401
import hostile  # noqa: F401
import templates  # noqa: F401
import forms  # noqa: F401
import audit  # noqa: F401
import supervision  # noqa: F401
import founded  # noqa: F401
import site_faults  # noqa: F401
import site_network  # noqa: F401
import site_peers  # noqa: F401


def run(body, full):
    room = harness.Room(full)
    try:
        body(room)
        return "passed", "", room.notes
    except harness.Skipped as reason:
        return "skipped", str(reason), room.notes
    except harness.Failed as flaw:
        place = traceback.extract_tb(flaw.__traceback__)
        lines = [f"{os.path.basename(step.filename)}:{step.lineno}" for step in place][1:-1]
        return "failed", f"{flaw}\n    at {' < '.join(reversed(lines))}", room.notes
    except Exception:  # noqa: BLE001 - a test's own error fails that test, not the run
        return "failed", traceback.format_exc(), room.notes
    finally:
        room.leave()


def worked(lane, full, places, taken, done):
    """Runs tests until there are none left; `lane` keeps two workers from giving out the same port."""
    harness.LANE = lane
    while True:
        with taken.get_lock():
            index = taken.value
            taken.value += 1
        if index >= len(places):
            return
        done.put((places[index], *timed(harness.TESTS[places[index]], full)))


def timed(body, full):
    start = time.monotonic()
    return (*run(body, full), time.monotonic() - start)


def beside_each_other(places, full, lanes=2):
    """What became of each test, as they end."""
    # Forked: a worker needs what this process has read, and nothing else.
    context = multiprocessing.get_context("fork")
    taken, done = context.Value("i", 0), context.Queue()
    # Daemons: whoever ends this run early ends them too, and each leaves its room on the way out.
    workers = [
        context.Process(target=worked, args=((lane, lanes), full, places, taken, done), daemon=True)
        for lane in range(lanes)]
    left = set(places)
    for worker in workers:
        worker.start()
    while left:
        try:
            result = done.get(timeout=1)
        except queue.Empty:
            if any(worker.is_alive() for worker in workers):
                continue
            for place in sorted(left):
                yield place, "failed", "the process that ran this test ended without a word", [], 0.0
            return
        left.discard(result[0])
        yield result


def one_by_one(places, full):
    for place in places:
        yield place, *timed(harness.TESTS[place], full)


def main():
    # Whoever ends this run early leaves no node behind: rooms are left on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    words = sys.argv[1:]
    full = "--full" in words
    names = [word for word in words if not word.startswith("--")]
    if not os.access(harness.BINARY, os.X_OK):
        print(f"there is no program at {harness.BINARY}; build it with ./jiuding --help, or set JIUDING_BINARY")
        print("0 passed, 1 failed, 0 skipped")
        return 1
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    flaws = []
    wanted = [place for place, body in enumerate(harness.TESTS)
              if not names or any(name in f"{body.__module__}.{body.__name__}" for name in names)]
    alone = [place for place in wanted if getattr(sys.modules[harness.TESTS[place].__module__], "ALONE", False)]
    together = [place for place in wanted if place not in alone]
    # The many that wait go first, so that those that measure have the machine for themselves afterwards.
    for results in (beside_each_other(together, full), one_by_one(alone, full)):
        for place, verdict, told, notes, seconds in results:
            body = harness.TESTS[place]
            name = f"{body.__module__}.{body.__name__}"
            counts[verdict] += 1
            if verdict == "skipped":
                print(f"skip: {name}: {told}")
            sentence = " ".join(body.__doc__.split("\n\n")[0].split())
            print(f"{verdict:7} {seconds:6.1f} s  {name}: {sentence}", flush=True)
            for note in notes:
                print(f"                   {note}", flush=True)
            if verdict == "failed":
                flaws.append(f"failed {name}\n    {told.strip()}")
                print("    " + told.strip(), flush=True)
    # Told once more at the end: of a long log only the end is shown, and a failure may stand at its beginning.
    for flaw in flaws:
        print(flaw)
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
