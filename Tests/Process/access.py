# SPDX-License-Identifier: Apache-2.0
"""Who may read at a gateway: tokens and signed requests over their lives, denials that say why, limits, streams."""
import http.client
import json
import os
import threading
import time

from audit import acts, configure, home, quick, rows
from client import Client
from harness import check, test, until

CLOSED = ("reads: public", "reads: members")


def user(node):
    return os.path.join(node.data, "users", "default.key")


def member(node):
    """The account of the network's user."""
    return node.room.run("key", "show", user(node), "--json").expect(0).json["account"]


def create(node, *words, **more):
    return node.run("token", "create", "--data", home(node), "--json", *words, **more)


@test
def token_life(room):
    """A token is made, read with, listed, revoked; an expired one is refused by its code; nothing of it lies on the disk."""
    node = quick(room.node(), CLOSED).start()
    node.run("chain", "status").expect(4, "JD-3107")
    account = member(node)
    made = create(node, "--member", account, "--expires", "30d", "--note", "报表").expect(0).json
    token = room.file("token", made["token"].encode())
    node.run("chain", "status", "--token-file", token).expect(0)
    node.run("chain", "blocks", env={"JIUDING_TOKEN_FILE": token}).expect(0)
    short = create(node, "--member", account, "--expires", "1s", "--out", "short").expect(0).json
    check("token" not in short and os.stat(os.path.join(room.path, "short")).st_mode & 0o777 == 0o600, short)
    create(node, "--member", account, "--out", "short").expect(2, "short")
    time.sleep(1.1)
    node.run("chain", "status", "--token-file", "short").expect(4, "JD-3111")
    listed = node.run("token", "list", "--data", home(node), "--json").expect(0)
    check(made["token"] not in listed.out and len(listed.json["tokens"]) == 2, listed.out)
    check([entry["active"] for entry in listed.json["tokens"]] == [True, False], listed.out)
    node.run("token", "revoke", made["id"][:8], "--data", home(node), "--json").expect(0)
    until(lambda: node.run("chain", "status", "--token-file", token).code == 4, 3, "the token is revoked")
    node.run("chain", "status", "--token-file", token).expect(4, "JD-3112")
    until(lambda: [row for row in acts(node, "read") if row["code"] == "JD-3112"], 5, "the denial is in the log")
    check(len(acts(node, "token.create")) == 2 and len(acts(node, "token.revoke")) == 1, "rows of tokens are missing")
    node.run("token", "revoke", made["id"][:3], "--data", home(node)).expect(1, "JD-3102")
    for folder, _, names in os.walk(node.data):
        for path in (os.path.join(folder, name) for name in names):
            with open(path, "rb") as file:
                check(made["token"].encode() not in file.read(), f"the token stands in {path}")
    for words, told in ((["--member", "xyz"], "64"), (["--member", account, "--expires", "2y"], "30d"), ([], "--member"),
                        (["--member", account, "--scope", "all"], "read or submit"), (["--scope", "submit"], "--key")):
        create(node, *words).expect(2, told)


@test
def own_tokens(room):
    """A member gets a token by a request its key signed, and ends it; a key that is nobody's gets none and is told so."""
    node = quick(room.node(), CLOSED).start()
    node.run("chain", "status", "--as", user(node)).expect(0)
    made = node.run("token", "create", "--node", node.url, "--as", user(node), "--expires", "2h", "--json").expect(0).json
    token = room.file("token", made["token"].encode())
    node.run("chain", "status", "--token-file", token).expect(0)
    listed = node.run("token", "list", "--node", node.url, "--as", user(node), "--json").expect(0).json["tokens"]
    check([entry["id"] for entry in listed] == [made["id"]] and listed[0]["maker"] == member(node), listed)
    room.run("key", "new", "--out", "mallory.key", "--passphrase-file", room.file("mallory.key.passphrase", b"m")).expect(0)
    node.run("chain", "status", "--as", "mallory.key").expect(4, "JD-3107")
    node.run("token", "create", "--node", node.url, "--as", "mallory.key").expect(4, "JD-3107")
    node.run("token", "revoke", made["id"], "--node", node.url, "--as", user(node)).expect(0)
    until(lambda: node.run("chain", "status", "--token-file", token).code == 4, 3, "the token is revoked")
    until(lambda: acts(node, "token.revoke"), 5, "the log has it")
    check(acts(node, "token.create")[0]["who"] == member(node), acts(node, "token.create"))


@test
def deposits(room):
    """A token of the scope submit deposits with its member's key; one to read with is refused by its code."""
    node = quick(room.node(), CLOSED).start()
    read = create(node, "--member", member(node)).expect(0).json["token"]
    submit = create(node, "--scope", "submit", "--key", user(node)).expect(0).json["token"]
    body = json.dumps({"businessType": "t", "title": "t", "digest": "ab" * 32, "size": 1, "mediaType": "text/plain"})

    def post(token):
        connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=60)
        connection.request("POST", "/v1/evidence", body, {"Content-Type": "application/json", "Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    check(post(submit)[0] == 201, post(submit))
    status, problem = post(read)
    check(status == 403 and problem["code"] == "JD-3116", status, problem)


@test
def streams(room):
    """A stream ends within seconds of its token's end, and the log says why."""
    node = quick(room.node(), CLOSED).start()
    made = create(node, "--member", member(node)).expect(0).json
    ended = threading.Event()
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=60)
    connection.request("GET", "/v1/chains/main/blocks/stream?from=0", headers={"Authorization": f"Bearer {made['token']}"})
    answer = connection.getresponse()
    check(answer.status == 200, answer.status)

    def listen():
        while answer.read1(4096):
            pass
        ended.set()

    threading.Thread(target=listen, daemon=True).start()
    check(not ended.wait(2.5), "the stream ended too early")
    node.run("token", "revoke", made["id"], "--data", home(node)).expect(0)
    begun = time.monotonic()
    check(ended.wait(6), "the stream did not end")
    room.note(f"ended {time.monotonic() - begun:.1f} s after its token")
    until(lambda: [row for row in acts(node, "read") if row["code"] == "JD-3112"], 5, "the log has it")


@test
def limits(room):
    """Beyond an organisation's rate the answer is 429 with Retry-After, other callers go on, and the log counts it."""
    node = quick(room.node(), ("  default-chain:", "  limits: {organization-per-second: 5}\n  default-chain:")).start()
    token = create(node, "--member", member(node)).expect(0).json["token"]
    statuses, waits = [], []
    for _ in range(30):
        connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=10)
        connection.request("GET", "/v1/chains/main", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
        waits.append(answer.getheader("Retry-After"))
    check(statuses[0] == 200 and 429 in statuses, statuses)
    check(waits[statuses.index(429)] == "1", waits)
    check(Client(node.port).get("/v1/chains/main").status == 200, "a stranger was refused too")
    until(lambda: sum(row["count"] for row in acts(node, "read") if row["code"] == "JD-3117") == statuses.count(429), 10,
          "the log has each refusal")
    until(lambda: sum(row["count"] for row in rows(node, "reads") if row["who"]) == statuses.count(200), 10, "and each read")
    check(len(rows(node, "reads")) < 20, "reads are not counted together")


@test
def as_before(room):
    """The README's commands need no token on the network `up` makes, and a bad limit is named with its line."""
    node = room.node().start()
    room.file("contracts/a.txt", b"ab")
    node.put("contracts", "--recursive", "--out", "receipts").expect(0)
    node.run("chain", "status").expect(0)
    node.run("evidence", "verify", "contracts/a.txt", "--receipt", "receipts/a.txt.receipt", "--data", node.data).expect(0)
    other = configure(room.node("other"), ("  default-chain:", "  limits: {organization-per-week: 5}\n  default-chain:"))
    ran = room.run("node", "--config", other.config, "--check").expect(2, "JD-1511", "organization-per-week")
    check("gateway.limits" in ran.err, ran.err)
