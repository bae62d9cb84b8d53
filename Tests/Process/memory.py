# SPDX-License-Identifier: Apache-2.0
"""Memory of a node that works."""
import time
from pathlib import Path

from client import Client
from harness import check, test
from load import Load

ALONE = True

MB = 1_000_000


@test
def resident(room):
    """The node's memory stays bounded while transactions pour in."""
    wanted = 100_000 if room.full else 30_000
    load = Load(room, threads=2, batch=500)
    load.wait = "final"
    node = room.node(members=load.members).start()
    maps = Path(f"/proc/{node.process.pid}/maps").read_text()
    check("libjemalloc" in maps, "the node runs with another allocator than its bounds were measured with")
    marks = []
    begun = time.monotonic()
    load.start(node)
    while len(load.acks) < wanted and time.monotonic() - begun < 300:
        time.sleep(0.1)
        if len(load.acks) >= wanted * (len(marks) + 1) // 4:
            marks.append(node.memory())
    load.stop()
    seconds = time.monotonic() - begun
    check(len(load.acks) >= wanted, f"only {len(load.acks)} transactions:", load.refusals)
    peak = node.memory("VmHWM")
    room.note(f"{len(load.acks)} transactions at {len(load.acks) / seconds:.0f}/s; resident MB at the quarters: "
              + ", ".join(f"{mark / MB:.0f}" for mark in marks) + f"; peak {peak / MB:.0f}")
    check(peak < 500 * MB, f"peak {peak / MB:.0f} MB")
    check(Client(node.port).get("/healthz").status == 200, "healthz fails")
