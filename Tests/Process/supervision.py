# SPDX-License-Identifier: Apache-2.0
"""Those who look at what others did: supervisors and audit administrators at a node's door, denials that say who and from where, anchors of every node."""
import json
import os

from audit import logged, on_chain
from client import Key, transaction
from governance import HOMES, SECRET, Polity
from harness import check, test, until


def asking(polity, key):
    """Who asks, as the environment says it."""
    return {"JIUDING_AS": key, "JIUDING_PASSPHRASE": SECRET.decode().strip()}


def audit(polity, key, *words, node=0):
    member = polity.site[node]
    return polity.room.run("audit", *words, "--node", member.url, env=asking(polity, key), before=member.before)


def officer(polity, name, role, *more):
    """A member with an office, which all organisations give together."""
    path, public = polity.key(name)
    words = ("member", "add", "--public-key", public, "--name", name, "--organization", HOMES[0], "--roles", role)
    seen = polity.run(*words, "--reason", "a test", "--json", *more).expect(0).json
    for index in range(1, len([admin for admin in polity.admins if admin]) + 1):
        if seen["status"] == "open":
            seen = polity.approve(seen["id"], index)
    check(seen["status"] == "effective", seen)
    return path


def anchors_each_second(configurations):
    """Nodes whose anchors a test can wait for."""
    for path in configurations:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        check("anchor-key: keys/anchor.key\n" in text, "a founded node does not anchor:", text)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("anchor-key: keys/anchor.key\n", "anchor-key: keys/anchor.key\n  anchor-seconds: 1\n"))


def anchored(folder):
    return [row for row in logged(folder) if row["act"] == "audit.anchored" and row["verdict"] == "done"]


@test
def oversight(room):
    """A supervisor and an audit administrator read and export a node's log over HTTP, nobody else does, and every look is a row (API-60, API-61, API-62, PERM-11, AUD-13)."""
    polity = Polity(room)
    polity.site.stop()
    anchors_each_second(member.config for member in polity.site)
    polity.site.start()
    supervisor = officer(polity, "supervisor", "supervisor")
    auditor = officer(polity, "audit-admin", "auditAdmin", "--person", "ab" * 32)
    system = officer(polity, "system-admin", "systemAdmin", "--person", "cd" * 32)
    user, seen = polity.admit("user", HOMES[0], "user,auditor")
    check(seen["status"] == "effective", seen)
    # What is on the chain is public on this network; what its people did is not.
    member = polity.site[0]
    room.run("audit", "list", "--node", member.url, before=member.before).expect(4, "JD-3107")
    for key in (user, system):
        audit(polity, key, "list").expect(4, "JD-3120", "supervisor")
    for key in (supervisor, auditor):
        listed = audit(polity, key, "list", "--json").expect(0).json["rows"]
        check(listed and listed[-1]["row"] >= len(listed), listed[-1:])
        # They look and do not touch.
        paper = room.file("paper.txt", b"paper")
        polity.run("evidence", "put", paper, key=key).expect(1, "JD-1809")
        polity.run("member", "remove", "user", "--reason", "x", key=key).expect(4, "JD-1901")
    # Filters, and the log of reads.
    denied = audit(polity, auditor, "list", "--denied", "--act", "request", "--json").expect(0).json["rows"]
    check({row["code"] for row in denied} >= {"JD-3107", "JD-3120"} and all(row["verdict"] == "denied" for row in denied), denied)
    check(any(row["who"] and row["organization"] == HOMES[0] and " from 127.0.0.1" in row["object"] for row in denied), denied)
    check(audit(polity, auditor, "list", "--reads", "--json").expect(0).json["rows"] is not None, "no log of reads")
    # All of it, in the log's own bytes: checked by who was given it, with the anchors of the chain.
    until(lambda: anchored(member.data), 60, "the log is anchored")
    copy = room.file("copy/audit/acts-000000000001.log")
    os.remove(copy)
    audit(polity, supervisor, "export", "--out", copy).expect(0)
    with open(copy, "rb") as file:
        exported = file.read()
    with open(os.path.join(member.data, "audit", "acts-000000000001.log"), "rb") as file:
        check(file.read().startswith(exported) and exported.count(b"\n") > 5, "the export is not the log")
    told = room.run("audit", "verify", "--data", os.path.join(room.path, "copy"), "--of", "node-0", "--node", member.url,
                    "--trust", os.path.join(polity.site.path, "trust", "main.trust"), "--json", before=member.before).json["logs"][0]
    # The node goes on and anchors rows that are newer than the copy.
    check(told["log"] == "acts" and told["provenRow"] and {flaw["kind"] for flaw in told["flaws"]} <= {"cut"}, told)
    # Every look is a row: who, how much, from where.
    looks = [row for row in logged(member.data) if row["act"] == "audit.read"]
    check(len({row["who"] for row in looks}) == 2 and all(row["organization"] == HOMES[0] for row in looks), looks)
    check(any(row["object"].startswith("acts 1-") and "from 127.0.0.1" in row["detail"] for row in looks), looks)
    check(any("only act request, denied" in row["detail"] for row in looks), looks)
    # Frozen, one does not look any more.
    seen = polity.run("member", "freeze", "supervisor", "--reason", "under inquiry", "--json").expect(0).json
    check(seen["status"] == "effective", seen)
    audit(polity, supervisor, "list").expect(4, "JD-1801", "under inquiry")
    # The description has the door.
    paths = polity.site[0].client().get("/openapi.json").json["paths"]
    check("/v1/audit" in paths and "/v1/audit/{log}" in paths, list(paths))


@test
def turned_away(room):
    """A frozen member is told so at the door, why and until when, and the log has who sent what to where from which address (POOL-4, API-46)."""
    polity = Polity(room)
    paper = room.file("paper.txt", b"paper")
    key, seen = polity.admit("clerk", HOMES[0], "user")
    check(seen["status"] == "effective", seen)
    account = room.run("key", "show", key, "--passphrase-file", polity.secret, "--json").expect(0).json["account"]
    polity.run("evidence", "put", paper, "--out", "first", key=key).expect(0)
    until_height = polity.site[0].height() + 5_000
    polity.run("member", "freeze", "clerk", "--until", until_height, "--reason", "lost the key", "--json").expect(0)
    other = room.file("other.txt", b"other")
    polity.run("evidence", "put", other, key=key).expect(4, "JD-1801", f"until height {until_height}: lost the key")
    # A stranger, and somebody who says to be the clerk.
    client, stranger = polity.site[0].client(), Key()
    first = polity.site[0].height()
    client.submit([transaction(stranger, client.chain_id, b"", first, first + 100)[1]], wait="final")

    def told(code):
        return [row for row in logged(polity.site[0].data) if row["act"] == "request" and row["code"] == code]

    until(lambda: told("JD-1801") and told("JD-1106"), 20, "both denials are in the log")
    row = told("JD-1801")[0]
    check(row["who"] == account and row["organization"] == HOMES[0] and row["chain"] == "main", row)
    check(row["object"] == "submitTransactions from 127.0.0.1" and "lost the key" in row["detail"], row)
    row = told("JD-1106")[0]
    check(row["who"] == stranger.account.hex() and row["organization"] == "" and row["object"].endswith(" from 127.0.0.1"), row)
    # The whole organisation: another code, and no end.
    path, made = polity.admit("other", HOMES[1], "user")
    check(made["status"] == "effective", made)
    seen = polity.run("org", "freeze", HOMES[1], "--reason", "audit", "--json").expect(0).json
    check(seen["status"] == "effective", seen)
    polity.run("evidence", "put", other, key=path).expect(4, "JD-1803", "audit")


@test
def lapses(room):
    """Approvals that are taken from decided proposals are told of in every node's log at their height, also by a node that was down then (AUD-11, GOV-9)."""
    polity = Polity(room)
    site = polity.site
    site.stop()
    for member in site:
        # So far back that the fourth can still see how each height left the state.
        with open(member.config, encoding="utf-8") as file:
            text = file.read()
        with open(member.config, "w", encoding="utf-8") as file:
            file.write(text.replace("    reads: public\n", "    reads: public\n    state-heights: 1000\n"))
    site.start()
    polity.staff(3)
    deputy, seen = polity.admit("deputy", HOMES[1], "orgAdmin,user")
    for index in (1, 2):
        if seen["status"] == "open":
            seen = polity.approve(seen["id"], index)
    check(seen["status"] == "effective", seen)

    def proposed(name, due):
        _, public = polity.key(name)
        words = ("member", "add", "--public-key", public, "--name", name, "--organization", HOMES[2], "--at", due, "--json")
        made = polity.run(*words).expect(0).json
        check(made["status"] == "open", made)
        return made["id"]

    due = site[0].height() + 30
    first, second = proposed("first", due), proposed("second", due + 1)
    polity.run("govern", "approve", first, key=deputy).expect(0)
    check(polity.show(first)["status"] == "decided", polity.show(first))
    until(lambda: on_chain(site[3].data) == on_chain(site[0].data), 20, "the fourth has seen it")
    # One is decided and one is open when the fourth goes down; both are decided and lapse meanwhile.
    site[3].kill()
    polity.run("govern", "approve", second, key=deputy).expect(0)
    check(polity.show(second)["status"] == "decided", polity.show(second))
    seen = polity.run("member", "freeze", "deputy", "--reason", "x", "--json").expect(0).json
    if seen["status"] == "open":
        seen = polity.approve(seen["id"], 2)
    check(seen["status"] == "effective", seen)
    site.load.start(avoid=[site[3]])
    until(lambda: site[0].height() > due + 1, 60, "both were due")
    site.load.stop()
    check(polity.show(first)["status"] == polity.show(second)["status"] == "open", polity.show(first))

    def lapsed(folder):
        return [(row[0], row[5]) for row in on_chain(folder) if row[1] == "governance.lapse"]

    until(lambda: lapsed(site[0].data) == [(due, first), (due + 1, second)], 20, f"the log has both: {lapsed(site[0].data)}")
    site[3].start()
    until(lambda: on_chain(site[3].data) == on_chain(site[0].data), 30, "the fourth tells the same")
    check(json.dumps(lapsed(site[1].data)) == json.dumps(lapsed(site[3].data)), lapsed(site[1].data), lapsed(site[3].data))
