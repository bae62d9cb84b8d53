#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Plays random worlds (docs/spec/simulation.md): SEEDS of them (2000), the first 200 twice in processes with other hash
# seeds, and every mutant in a build of its own. `run.sh soak|hashes|mutants` plays one of the three.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
scratch=${JIUDING_SCRATCH:-$PWD/.build}
seeds=${JIUDING_SIMULATED_SEEDS:-2000}
jobs=$(nproc)
only=${1:-}
passed=0 failed=0

# part NAME SENTENCE COMMAND…: runs a command, and says whether its sentence is true.
part() {
    local name=$1 sentence=$2
    shift 2
    if [ -n "$only" ] && [ "$only" != "$name" ]; then return; fi
    local start=$SECONDS
    if "$@"; then
        passed=$((passed + 1))
        echo "passed $((SECONDS - start)) s  $name: $sentence"
    else
        failed=$((failed + 1))
        echo "failed $((SECONDS - start)) s  $name: $sentence"
    fi
}

simulate() { "$scratch/release/simulate" "$@"; }

soak() { simulate --seeds "$seeds" --jobs "$jobs" 2>&1 | tail -n 40 && return "${PIPESTATUS[0]}"; }

hashes() {
    # Swift draws a hash seed a process, so an order that depends on one differs here.
    simulate --hashes --seeds 200 >"$scratch/hashes.1" 2>/dev/null &
    local other=$!
    simulate --hashes --seeds 200 >"$scratch/hashes.2" 2>/dev/null
    wait "$other"
    [ "$(wc -l <"$scratch/hashes.1")" -eq 200 ] && diff "$scratch/hashes.1" "$scratch/hashes.2" | head -n 5
    cmp -s "$scratch/hashes.1" "$scratch/hashes.2" && [ "$(wc -l <"$scratch/hashes.1")" -eq 200 ]
}

mutants() {
    CORE_ONLY=1 MUTANTS=1 swift build -c release --product simulate --scratch-path "$scratch/mutants" \
        >"$scratch/mutants-build.log" 2>&1 || {
        tail -n 40 "$scratch/mutants-build.log"
        return 1
    }
    "$scratch/mutants/release/simulate" --mutants
}

if [ "$only" != mutants ] && ! swift build -c release --product simulate --scratch-path "$scratch" \
    >"$scratch/simulate-build.log" 2>&1; then
    tail -n 40 "$scratch/simulate-build.log"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi
part soak "$seeds random worlds break no rule and heal" soak
part hashes "200 worlds give the same hash in two processes" hashes
part mutants "every rule broken on purpose is noticed" mutants
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
