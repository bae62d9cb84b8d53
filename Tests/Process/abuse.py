# SPDX-License-Identifier: Apache-2.0
"""The real node's door under ill use: stable codes, bounded patience, and everybody else is still served."""
import os
import random
import resource
import socket
import time

from client import Client, Key, blob, deposit, num, sm3, submission, transaction
from harness import Background, check, test

ALONE = True

OCTETS = "application/octet-stream"


class Watch:
    """Somebody else, who deposits and reads all the while and keeps count of how long it takes."""

    def __init__(self, port, key, chain):
        self.port, self.key, self.chain = port, key, chain
        self.slowest, self.count, self.ending = 0, 0, False
        self.thread = Background(self._work)

    def _work(self):
        client = Client(self.port, patience=15)
        while not self.ending:
            begun = time.monotonic()
            check(client.get("/healthz").status == 200, "healthz fails for others")
            content = os.urandom(8)
            _, signed = transaction(self.key, self.chain, deposit(sm3(content), 8))
            result = client.submit([signed], wait="final").json["results"][0]
            check(result["status"] == "final", "others are refused:", result)
            self.slowest = max(self.slowest, time.monotonic() - begun)
            self.count += 1
            time.sleep(0.05)

    def end(self, room, what):
        self.ending = True
        self.thread.result()
        check(self.count, "nobody else was served")
        room.note(f"meanwhile {self.count} deposits of others, slowest {self.slowest:.2f} s ({what})")
        check(self.slowest < 10, f"others waited {self.slowest:.1f} s")


def started(room, **options):
    key = Key()
    members = room.file("members", f"{key.public.hex()} tester\n".encode())
    node = room.node(members=members, **options).start()
    client = Client(node.port)
    return node, client, key, client.chain_id


def one(client, *signed, **query):
    answer = client.submit(list(signed), **query)
    return answer.json["results"] if answer.status == 200 else answer.json


def refused(found, code):
    """Whether an answer, of a request or of one transaction in it, is the refusal with this code."""
    found = found[0] if isinstance(found, list) else found
    check(found.get("code") == code, f"{found.get('code') or found.get('status')} instead of {code}:", found)
    for field in ("title", "detail", "fix"):
        check(found.get(field), f"{code} has no {field}:", found)


@test
def bad_transactions(room):
    """Each kind of bad transaction gets its own stable code, and one bad one spoils none of its neighbours."""
    node, client, key, chain = started(room)

    def fresh(**more):
        content = os.urandom(16)
        given = {"first": 0, "last": 10_000, **more}
        return transaction(given.pop("key", key), given.pop("chain", chain), deposit(sm3(content), 16), **given)

    check(one(client, fresh()[1], wait="attested")[0]["result"] == "ok", "a good one is refused")
    while client.status()["height"] < 3:
        one(client, fresh()[1], wait="final")
    refused(one(client, fresh(chain=os.urandom(32))[1]), "JD-1101")
    refused(one(client, fresh(last=1)[1]), "JD-1102")
    refused(one(client, fresh(first=1_000_000, last=1_000_100)[1]), "JD-1103")
    refused(one(client, fresh(last=200_000)[1]), "JD-1104")
    stranger = Key()
    refused(one(client, fresh(key=stranger)[1]), "JD-1106")
    good = fresh()[1]
    for place in (len(good) - 1, len(good) - 64, len(good) - 33):
        broken = bytearray(good)
        broken[place] ^= 1
        refused(one(client, bytes(broken)), "JD-1105")
    refused(one(client, good[:-64] + b"\0" * 64), "JD-1105")
    refused(one(client, good[:-64] + b"\xff" * 64), "JD-1105")
    # The same body under another person's signature.
    refused(one(client, good[:-64] + stranger.sign(b"JD-TX-1" + sm3(b"\x10" + good[:-64]))), "JD-1105")
    results = one(client, fresh()[1], fresh(chain=os.urandom(32))[1], fresh()[1], bytes(broken), wait="attested")
    check([each["status"] for each in results] == ["attested", "refused", "attested", "refused"], results)
    # What is well signed but asks for nonsense is executed without effect, with its code in the receipt.
    for code, made in (
            ("JD-1201", transaction(key, chain, b"", contract="nonsense")),
            ("JD-1202", transaction(key, chain, b"", method="nonsense")),
            ("JD-1203", transaction(key, chain, b"not a deposit")),
            ("JD-1203", transaction(key, chain, deposit(bytes(32), 1, capture=9))),
            ("JD-1203", transaction(key, chain, deposit(bytes(32), 1) + b"\0")),
            ("JD-1301", transaction(key, chain, os.urandom(32) + blob(b"a note"), method="annotate"))):
        found = one(client, made[1], wait="attested")[0]
        check(found.get("result") == code, f"{found.get('result')} instead of {code}:", found)


@test
def duplicates(room):
    """The same bytes give the same answer, in one request, in the next, and after a restart; executed once only."""
    node, client, key, chain = started(room)
    content = b"twice"
    name, signed = transaction(key, chain, deposit(sm3(content), 5))
    first = one(client, signed, wait="attested")[0]
    again = one(client, signed, signed, wait="attested")
    for each in again:
        check((each["status"], each["height"], each["index"]) == ("attested", first["height"], first["index"]), first, each)
        check(each["receipt"] == first["receipt"] or each["id"] == first["id"], "another receipt")
    name2, signed2 = transaction(key, chain, deposit(sm3(b"thrice"), 6))
    results = one(client, signed2, signed2, signed2, wait="final")
    check(len({(each["height"], each["index"]) for each in results}) == 1, results)
    node.kill()
    client.close()
    node.start()
    again = one(client, signed, wait="attested")[0]
    check((again["height"], again["index"]) == (first["height"], first["index"]), first, again)
    # The same deposit under another transaction: the first record, said to be a repeat (EVID-2).
    _, other = transaction(key, chain, deposit(sm3(content), 5, title="another title"))
    result = one(client, other, wait="attested")[0]
    check(result["result"] == "ok", result)
    records = client.get(f"/v1/evidence?digest={sm3(content).hex()}").json
    check(len(records.get("evidence") or records.get("records") or []) == 1, records)
    seen = client.get(f"/v1/chains/main/transactions/{name.hex()}").json
    check(int(seen["height"]) == int(first["height"]), seen)
    check(name2 != name, "names")


@test
def malformed_requests(room):
    """Oversized, malformed, wrongly typed and misdirected requests get their codes, and the connection's fellows live on."""
    node, client, key, chain = started(room)
    watch = Watch(node.port, key, chain)
    path = "/v1/chains/main/transactions"
    _, signed = transaction(key, chain, deposit(bytes(32), 1))
    whole = submission([signed])

    def ask(code, status, *request):
        answer = client.ask(*request)
        check(answer.status == status, request[:2], f"answered {answer.status} instead of {status}:", answer.body[:200])
        check(answer.headers["Content-Type"] == "application/problem+json", answer.headers["Content-Type"])
        check(answer.json["code"] == code, f"{answer.json['code']} instead of {code}:", answer.json)
        check(answer.json["fix"], "no fix in", answer.json)

    octets = {"Content-Type": OCTETS}
    ask("JD-3103", 415, "POST", path, whole, {"Content-Type": "text/plain"})
    ask("JD-3103", 415, "POST", path, whole, {})
    ask("JD-3101", 404, "POST", "/v1/chains/nowhere/transactions", whole, octets)
    ask("JD-3102", 404, "GET", "/nonsense")
    ask("JD-3102", 404, "GET", "/v1/chains/main/transactions/" + "0" * 64)
    ask("JD-3105", 400, "GET", "/v1/chains/main/transactions/xyz")
    ask("JD-3105", 405, "DELETE", path)
    ask("JD-3105", 400, "POST", path + "?wait=nonsense", whole, octets)
    ask("JD-3107", 401, "POST", "/v1/evidence", b"{}", {"Content-Type": "application/json"})
    for body in (whole[:-1], whole + b"\0", b"\xff" * 40, b"\x80\x00", num(70_000) + b"\0" * 70_000, b"\0" * 100_000,
                 num(len(signed) + 1) + signed + b"\0", os.urandom(5_000)):
        ask("JD-1001", 400, "POST", path, body, octets)
    answer = client.ask("POST", path, b"", octets)
    check(answer.status == 400, answer.body)
    ask("JD-3104", 413, "POST", path, b"\0" * ((4 << 20) + 1), octets)
    for text in (b"GARBAGE\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
                 b"GET /healthz HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(200),
                 b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 500 + b"\r\n", b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
                 b"POST " + path.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Type: " + OCTETS.encode()
                 + b"\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n", 
                 b"POST " + path.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Type: " + OCTETS.encode()
                 + b"\r\nContent-Length: 9223372036854775807\r\n\r\nabc", b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n"):
        told = raw(node.port, text)
        check(told == b"" or told.startswith(b"HTTP/1.1 4") or told.startswith(b"HTTP/1.0 4"), text[:60], "is answered", told[:80])
    sent, seconds = endless_body(node.port, path)
    check(seconds < 15, f"{sent} bytes of an endless body were taken in {seconds:.0f} s")
    room.note(f"an endless body was cut off after {sent >> 20} MiB and {seconds:.1f} s")
    watch.end(room, "malformed")
    check(node.alive(), "the node ended")
    check(node.memory() < 400 << 20, f"the node takes {node.memory() >> 20} MiB")


def raw(port, text, patience=15):
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
        told = b""
        try:
            connection.sendall(text)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65_536):
                told += piece
        except (ConnectionError, TimeoutError):
            pass
        return told


def endless_body(port, path):
    """Sends a body without end; the bytes that went and the seconds until the node had enough."""
    sent, begun = 0, time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=15) as connection:
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {OCTETS}\r\nTransfer-Encoding: chunked\r\n\r\n"
        chunk = b"10000\r\n" + b"\0" * 65_536 + b"\r\n"
        try:
            connection.sendall(head.encode())
            while time.monotonic() - begun < 20:
                connection.sendall(chunk)
                sent += 65_536
        except (ConnectionError, TimeoutError):
            pass
    return sent, time.monotonic() - begun


@test
def fuzzed_submissions(room):
    """Every mutilated submission is answered with a code below 500, and the node takes good ones afterwards."""
    _, client, key, chain = started(room)
    rounds = 3_000 if room.full else 400
    seen = {}
    for _ in range(rounds):
        content = os.urandom(8)
        body = bytearray(submission([transaction(key, chain, deposit(sm3(content), 8))[1] for _ in range(2)]))
        for _ in range(random.choice((1, 1, 2, 8))):
            what = random.randrange(4)
            place = random.randrange(len(body))
            if what == 0:
                body[place] ^= 1 << random.randrange(8)
            elif what == 1:
                del body[place:place + random.randrange(1, 40)]
            elif what == 2:
                body[place:place] = os.urandom(random.randrange(1, 40))
            else:
                body[place:place + 8] = b"\xff" * 8
            if not body:
                body = bytearray(b"\0")
        answer = client.ask("POST", "/v1/chains/main/transactions", bytes(body), {"Content-Type": OCTETS})
        check(answer.status < 500, "answered", answer.status, bytes(body).hex())
        word = answer.json.get("code") or "/".join(sorted({r.get("code") or r["status"] for r in answer.json["results"]}))
        seen[word] = seen.get(word, 0) + 1
    _, signed = transaction(key, chain, deposit(bytes(32), 1))
    check(one(client, signed, wait="final")[0]["status"] == "final", "a good one is refused afterwards")
    room.note(", ".join(f"{word} {count}" for word, count in sorted(seen.items(), key=lambda pair: -pair[1])[:6]))


@test
def slow_loris(room):
    """Senders of heads and bodies by the drop are cut off in time, and others are served meanwhile."""
    node, _, key, chain = started(room)
    count = 600
    watch = Watch(node.port, key, chain)
    begun = time.monotonic()
    heads = [socket.create_connection(("127.0.0.1", node.port)) for _ in range(count)]
    bodies = [socket.create_connection(("127.0.0.1", node.port)) for _ in range(100 if room.full else 0)]
    for each in heads:
        each.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ")
    for each in bodies:
        each.sendall(f"POST /v1/chains/main/transactions HTTP/1.1\r\nHost: x\r\nContent-Type: {OCTETS}\r\n"
                     "Content-Length: 100000\r\n\r\n".encode())
    limit = 45 if room.full else 20
    open_ones = heads + bodies
    while open_ones and time.monotonic() - begun < limit:
        time.sleep(1)
        open_ones = [each for each in open_ones if still_open(each)]
    seconds = time.monotonic() - begun
    watch.end(room, f"{count + len(bodies)} slow senders, all cut off after {seconds:.0f} s")
    check(not open_ones, f"{len(open_ones)} slow senders are still connected after {seconds:.0f} s")
    for each in heads + bodies:
        each.close()


def still_open(connection):
    """Sends one more drop; false once the other side has had enough."""
    connection.setblocking(False)
    try:
        connection.send(b"a")
        piece = connection.recv(4096)
        # The refusal arrives, then the end.
        return piece != b"" and b"HTTP/1.1 4" not in piece
    except BlockingIOError:
        return True
    except OSError:
        return False


@test
def idle_crowd(room):
    """Ten thousand idle connections, or as many as this machine lets one process have, leave others served."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        count = min(10_000, hard - 200)
        node, client, key, chain = started(room)
        before = node.memory()
        watch = Watch(node.port, key, chain)
        crowd = []
        begun = time.monotonic()
        for _ in range(count):
            each = socket.create_connection(("127.0.0.1", node.port), timeout=10)
            each.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            crowd.append(each)
        for each in crowd[:: max(1, count // 200)]:
            each.settimeout(15)
            check(each.recv(4096).startswith(b"HTTP/1.1 200"), "one of the crowd was not served")
        seconds = time.monotonic() - begun
        time.sleep(1)
        check(Client(node.port).get("/v1/chains").status == 200, "a newcomer is not served")
        watch.end(room, f"{count} idle connections, opened in {seconds:.1f} s")
        room.note(f"memory {before >> 20} → {node.memory() >> 20} MiB")
        check(node.memory() < 500_000_000, f"the node takes {node.memory() >> 20} MiB")
        for each in crowd:
            each.close()
        check(client.get("/healthz").status == 200, "healthz fails afterwards")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@test
def few_descriptors(room):
    """A node with few descriptors turns surplus connections away; it goes on writing its store and serves those inside."""
    limit = ("prlimit", "--nofile=1400:1400")
    node, client, key, chain = started(room, before=limit)
    client.get("/healthz")
    crowd = []
    for _ in range(1_600):
        try:
            crowd.append(socket.create_connection(("127.0.0.1", node.port), timeout=2))
        except OSError:
            break
    time.sleep(0.5)
    # The one inside from the start is served while all this lasts; blocks are still written.
    end, most = time.monotonic() + 3, 0
    while time.monotonic() < end:
        _, signed = transaction(key, chain, deposit(sm3(os.urandom(8)), 8))
        check(one(client, signed, wait="final")[0]["status"] == "final", "one inside is refused")
        descriptors = len(os.listdir(f"/proc/{node.process.pid}/fd"))
        most = max(most, descriptors)
    for each in crowd:
        each.close()
    time.sleep(0.5)
    check(Client(node.port).get("/healthz").status == 200, "a newcomer is refused after the crowd left")
    check(node.alive(), "the node ended")
    check(most < 1_300, f"{most} of 1400 descriptors were taken: none is left for the store")
    room.note(f"{len(crowd)} came, the node held {most} of 1400 at most descriptors")
