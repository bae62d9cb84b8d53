# SPDX-License-Identifier: Apache-2.0
"""What a founding leaves: nodes that anchor their logs from the first hour, and a local network that was founded like any other."""
import os

from founding import NAMES, Ceremony
from harness import check, test, until
from supervision import anchored, anchors_each_second


@test
def anchors(room):
    """Every node that was founded by the ceremony anchors its audit log, by a member of its own that may deposit and call nothing else (FOUND-19, AUD-6)."""
    held = Ceremony(room).signed()
    done = [bureau.finish("--json").expect(0).json for bureau in held.bureaus]
    configurations = [os.path.join(bureau.path, one["nodes"][0]) for bureau, one in zip(held.bureaus, done)]
    anchors_each_second(configurations)
    for bureau, config in zip(held.bureaus, configurations):
        mode = os.stat(os.path.join(os.path.dirname(config), "keys", "anchor.key")).st_mode & 0o777
        check(mode == 0o600, f"the anchor's key has mode {mode:o}")
        for key in ("validator", "encryption", "anchor"):
            room.file(f"{bureau.name}/credentials/{key}.key.passphrase", bureau.secret.encode())
        # What stands there is edited by people and stays (FOUND-16).
        bureau.finish().expect(0)
        log = open(os.path.join(room.path, f"{bureau.name}.log"), "wb")  # noqa: SIM115 - the child's for as long as it lives
        room.spawn("node", "--config", config, out=log, err=log,
                   env={"CREDENTIALS_DIRECTORY": os.path.join(bureau.path, "credentials")})
    folders = [os.path.dirname(config) for config in configurations]
    until(lambda: all(anchored(folder) for folder in folders), 90, "all four nodes anchor")
    accounts = {anchored(folder)[0]["who"] for folder in folders}
    check(len(accounts) == len(NAMES), "nodes share an account:", accounts)
    first = held.bureaus[0]
    node = f"http://127.0.0.1:{held.gateways['bigdata']}"
    admin = {"JIUDING_AS": first.file("private", "members", "admin.key"), "JIUDING_PASSPHRASE": first.secret}
    trust = os.path.join(first.path, "site", "trust", "main.trust")
    told = room.run("audit", "verify", "--data", folders[0], "--node", node, "--trust", trust, "--json", env=admin).expect(0).json
    check(told["logs"][0]["provenRow"], told)
    listed = room.run("member", "list", "--node", node, "--json", env=admin).expect(0).json["members"]
    machines = [each for each in listed if each["name"].startswith("anchor-")]
    check({each["account"] for each in machines} == accounts and all(each["roles"] == [] for each in machines), machines)
    for act, code in (("call evidence.deposit", 0), ("call evidence.annotate", 1), ("propose set-policy", 1)):
        room.run("why", "--member", machines[0]["account"], "--act", act, "--node", node, env=admin).expect(code)


@test
def local(room):
    """`up` founds by the same ceremony: a record that all its organisations signed, all four waivers by name, passphrases beside the keys (FOUND-17)."""
    node = room.node().start()
    record = os.path.join(node.data, "trust", "main.founding")
    shown = room.run("found", "show", record, "--json").expect(0).json
    check(shown["kind"] == "record", shown)
    check(sorted(shown["waived"]) == ["admins", "clouds", "committee", "identities"], shown["waived"])
    status = node.run("chain", "status", "--json").expect(0).json
    check(shown["id"] == status["id"] and shown["validators"] == len(shown["organizations"]), shown)
    keys = [os.path.join(node.data, "users", "default.key")]
    for folder, _, names in os.walk(node.data):
        keys += [os.path.join(folder, name) for name in names if name.endswith(".key") and "keys" in folder]
    check(len(keys) == 4, keys)
    for key in keys:
        check(os.stat(key + ".passphrase").st_mode & 0o777 == 0o600, key)
        room.run("key", "show", key, "--passphrase-file", key + ".passphrase").expect(0)
    # A record that was changed is no founding, as of any other.
    with open(record, "rb") as file:
        content = bytearray(file.read())
    content[-1] ^= 1
    room.run("found", "show", room.file("changed.founding", bytes(content))).expect(1, "JD-24")
    # A second run goes on with what is there and founds nothing anew.
    node.stop()
    node.start()
    with open(record, "rb") as file:
        check(file.read()[:-1] == bytes(content[:-1]), "it was founded anew")
