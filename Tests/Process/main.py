# SPDX-License-Identifier: Apache-2.0
"""Runs the process tests one after the other and adds them up."""
import os
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
    for body in harness.TESTS:
        name = f"{body.__module__}.{body.__name__}"
        if names and not any(wanted in name for wanted in names):
            continue
        start = time.monotonic()
        verdict, told, notes = run(body, full)
        counts[verdict] += 1
        if verdict == "skipped":
            print(f"skip: {name}: {told}")
        sentence = " ".join(body.__doc__.split("\n\n")[0].split())
        print(f"{verdict:7} {time.monotonic() - start:6.1f} s  {name}: {sentence}", flush=True)
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
