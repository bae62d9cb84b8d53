# SPDX-License-Identifier: Apache-2.0
"""A disk without room: the chain stops and says so, reads go on, and it resumes by itself."""
import os
import time

from client import Client, deposit, sm3, transaction
from harness import check, test, until
from load import Load, verify_receipts

MIB = 1 << 20


def free(path):
    status = os.statvfs(path)
    return status.f_bavail * status.f_frsize


def fill(path, leave):
    """Takes all room but `leave` bytes, in one call so that writers meet the end of the disk without warning."""
    name = os.path.join(path, "filler")
    handle = os.open(name, os.O_RDWR | os.O_CREAT)
    try:
        for piece in (free(path) - leave, MIB, 4096):
            while piece >= 4096 and free(path) - leave >= piece:
                os.posix_fallocate(handle, os.fstat(handle).st_size, piece // 4096 * 4096)
    except OSError:
        pass  # A writer was quicker.
    finally:
        os.close(handle)


@test
def full_disk(room):
    """On a full disk the chain refuses with JD-1110 and JD-1501, answers reads, loses nothing, and goes on when it may."""
    small = room.tmpfs("small", "256m")
    load = Load(room)
    node = room.node("small/data", members=load.members).start()
    client = Client(node.port)
    load.start(node)
    time.sleep(1)
    acknowledged = len(load.acks)
    check(acknowledged, "nothing was acknowledged:", load.refusals)
    load.refusals.clear()
    # First below the reserve: refused before anything breaks.
    fill(small, 40 * MIB)
    until(lambda: "JD-1110" in load.refusals, 10, "submissions are refused with JD-1110")
    load.stop()
    refused = one_refusal(load, client)
    check("JD-1110" in refused, refused)
    check("disk" in str(client.status()["halted"]), client.status()["halted"])
    check(client.get("/healthz").status == 200, "healthz fails")
    check(client.get("/readyz").status == 503, "readyz says ready")
    load.check_chain(client)
    node.run("chain", "status").expect(1, "disk")
    # Room is made: it takes transactions again.
    os.remove(os.path.join(small, "filler"))
    resumed(load, client, "after the reserve was touched")
    # Then to the last byte, under load.
    load.refusals.clear()
    load.start(node)
    time.sleep(0.3)
    fill(small, 0)
    until(lambda: "JD-1110" in load.refusals, 10, "submissions are refused with JD-1110")
    until(lambda: "JD-1501" in str(client.status()["halted"]), 10, "the chain says JD-1501")
    fill(small, 0)
    load.stop()
    room.note("the chain says: " + client.status()["halted"])
    check(node.alive(), "the node ended:", node.said()[-500:])
    for path in ("/healthz", "/v1/node", "/v1/chains", "/metrics"):
        check(client.get(path).status == 200, path, "is not answered on a full disk")
    check(client.get("/readyz").status == 503, "readyz says ready")
    check("JD-1110" in one_refusal(load, client), "a submission is not refused")
    node.put(room.file("late.txt", b"late")).expect(1, "JD-1110")
    os.remove(os.path.join(small, "filler"))
    begun = time.monotonic()
    resumed(load, client, "after the disk was full")
    seconds = time.monotonic() - begun
    load.check_chain(client)
    verified = verify_receipts(room, node, load)
    node.put(os.path.join(room.path, "late.txt")).expect(0)
    node.stop()
    check(node.verify_store().expect(0).json["sound"], "the store is not sound")
    room.note(f"{len(load.acks)} acknowledged and found, {verified} receipts verified, resumed {seconds:.1f} s after room was made")


@test
def killed_when_full(room):
    """A node killed on a full disk says so at its next start, and starts with everything once there is room."""
    small = room.tmpfs("small", "256m")
    load = Load(room)
    node = room.node("small/data", members=load.members).start()
    load.start(node)
    time.sleep(0.8)
    fill(small, 0)
    time.sleep(1)
    node.kill()
    load.stop()
    fill(small, 0)
    ran = room.spawn(*node.words(), out=open(node.log, "wb"), err=open(node.log, "ab"))
    end = time.monotonic() + 20
    while time.monotonic() < end and ran.poll() is None and "ready" not in node.said():
        time.sleep(0.1)
    if ran.poll() is None:
        # It may also start, as long as it refuses what it cannot keep.
        check("JD-1110" in one_refusal(load, Client(node.port)), "it takes transactions on a full disk")
        ran.kill()
        ran.wait()
    else:
        check(ran.returncode == 1 and "JD-1501" in node.said(), f"exit {ran.returncode}:", node.said()[-400:])
        room.note(node.said().splitlines()[-2].strip())
    os.remove(os.path.join(small, "filler"))
    node.start()
    load.check_chain(Client(node.port))
    resumed(load, Client(node.port), "after a kill on a full disk")
    node.stop()
    check(node.verify_store().expect(0).json["sound"], "the store is not sound")


def one_refusal(load, client):
    """What one submission is refused with, in all its words."""
    content = os.urandom(16)
    _, signed = transaction(load.keys[0], load.chain, deposit(sm3(content), 16), load.first, load.first + 50_000)
    return client.submit([signed]).body.decode()


def resumed(load, client, when):
    """Submissions reach attestation again within ten seconds."""
    def goes():
        before = len(load.acks)
        load.wait = "attested"
        load.once(client, load.keys[0])
        return len(load.acks) > before
    until(goes, 10, f"the chain goes on {when}")
