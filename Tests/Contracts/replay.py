# SPDX-License-Identifier: Apache-2.0
"""replay.py MODULES TRANSCRIPTS: runs what native tests did (ContractTesting's Scenario) on the WebAssembly modules.

Every step must answer, fail, announce the same bytes, and the state at the end must be the same, key by key. One line a
scenario; the last line is `N passed, N failed`.
"""
import json
import sys
from pathlib import Path

from host import Failed, Host


def replay(transcript, module):
    """Gives the first difference, or None."""
    host = Host(transcript["contract"], module)
    for number, step in enumerate(transcript["steps"]):
        entry = "jd_init" if number == 0 else "jd_call"
        who = (step["organization"], step["member"])
        where = f"step {number} {step['method']}"
        try:
            answer, events = host.run(
                entry, step["method"], bytes.fromhex(step["argument"]), who, step["height"], step["time"])
        except Failed as failure:
            if (step.get("fails"), step.get("about")) != (failure.code, failure.about):
                return f"{where}: fails with {failure}, natively {step.get('fails')} {step.get('about')}"
            continue
        if "fails" in step:
            return f"{where}: succeeds, natively fails with {step['fails']}"
        if answer.hex() != step["answer"]:
            return f"{where}: answers {answer.hex()}, natively {step['answer']}"
        if events != step["events"]:
            return f"{where}: announces {events}, natively {step['events']}"
    state = [[key.hex(), value.hex()] for key, value in sorted(host.state.items())]
    if state != transcript["state"]:
        return f"the state at the end differs: {state} and natively {transcript['state']}"
    return None


def main():
    modules, transcripts = Path(sys.argv[1]), sorted(Path(sys.argv[2]).glob("*.json"))
    passed = failed = 0
    for file in transcripts:
        transcript = json.loads(file.read_text())
        module = (modules / transcript["contract"] / "app.wasm").read_bytes()
        difference = replay(transcript, module)
        if difference:
            failed += 1
            print(f"replay: {file.stem}: {difference}")
        else:
            passed += 1
            print(f"replay: {file.stem}: {len(transcript['steps'])} steps, {len(transcript['state'])} keys, equal")
    print(f"{passed} passed, {failed} failed")


main()
