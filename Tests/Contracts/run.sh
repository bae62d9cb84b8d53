#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The kit for contracts and everything made with it: native tests, every template built to WebAssembly and held to its
# limits, built again elsewhere to the same bytes, and every scenario replayed on the modules (docs/spec/contract-state.md).
# Last line: N passed, N failed, N skipped.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
scratch=${JIUDING_SCRATCH:-.build}
mkdir -p "$scratch/contracts"
scratch=$(cd "$scratch" && pwd)
work=$(mktemp -d "$scratch/contracts/run-XXXXXX")
trap 'rm -rf "$work"' EXIT
export JIUDING_SCRATCH=$scratch
passed=0 failed=0 skipped=0
expect() { # expect NAME COMMAND...: one check more; what it says is shown where it fails
    local name=$1
    shift
    if "$@" >"$work/said" 2>&1; then
        passed=$((passed + 1))
    else
        echo "contracts: $name:"
        tail -n 40 "$work/said"
        failed=$((failed + 1))
    fi
}

# A host that runs modules: PyPI's wasmtime, pinned and checked like the engine's own copy of the library. With it comes the
# field's own LZ4, to read what we pack.
host() {
    local home=$scratch/contracts/host-50.0.1-4.4.4
    if [ ! -e "$home/ready" ]; then
        rm -rf "$home"
        python3 -m venv "$home" >/dev/null 2>&1 || return 1
        {
            echo "wasmtime==50.0.1 \\"
            echo " --hash=sha256:cc14c3a17654e0394e0225b11813532ef0cd7bd1e222a0c5494cdedaabeddac4 \\"
            echo " --hash=sha256:675484e525c028dc02762b777f1db4477ea70caa3fec6775426daff4d64edfb1"
            echo "lz4==4.4.4 \\"
            echo " --hash=sha256:80dd27d7d680ea02c261c226acf1d41de2fd77af4fb2da62b278a9376e380de0 \\"
            echo " --hash=sha256:a8474c91de47733856c6686df3c4aca33753741da7e757979369c2c0d32918ba"
        } >"$home/pin"
        timeout 180 "$home/bin/pip" install --quiet --disable-pip-version-check --no-deps --require-hashes \
            --only-binary=:all: --requirement "$home/pin" >/dev/null 2>&1 || return 1
        touch "$home/ready"
    fi
    python=$home/bin/python3
}

# 1. Native tests of kit and templates; each scenario leaves a transcript.
mkdir "$work/transcripts"
native() {
    local package=(--package-path Contracts --scratch-path "$scratch/contracts/native")
    swift build "${package[@]}" --build-tests >"$work/native" 2>&1 &&
        CONTRACT_TRANSCRIPTS=$work/transcripts swift test "${package[@]}" --skip-build >"$work/native" 2>&1
}
if native; then
    passed=$((passed + $(sed -nE 's/.*Test run with ([0-9]+) tests? in .* passed.*/\1/p' "$work/native" | tail -n 1)))
else
    echo "contracts: native tests:"
    grep -aE 'error:|✘|recorded an issue' "$work/native" | head -n 40 || tail -n 40 "$work/native"
    failed=$((failed + 1))
fi

# 2. Every template builds, keeps to its size, and gives the same bytes from another folder. The build itself refuses floats,
#    foreign imports and whatever else a chain would (Contracts/Tools/wasm_module.py).
within() { # within NAME BYTES: the whole file
    local bytes
    bytes=$(stat --format %s "$work/modules/$1/app.wasm") && [ "$bytes" -lt "$2" ] ||
        { echo "$1: ${bytes:-no} bytes, it has to be below $2"; return 1; }
}
build() { scripts/contract-build "$1" --out "$2"; }
mkdir "$work/modules"
while read -r name limit; do
    # A folder elsewhere, of another depth; both at once, which is also how two of one machine would build.
    mkdir -p "$work/elsewhere/deep/$name"
    cp -r "Contracts/Templates/$name/Sources" "$work/elsewhere/deep/$name/"
    build "$work/elsewhere/deep/$name" "$work/again/$name" >"$work/again-$name" 2>&1 &
    expect "$name builds" build "Contracts/Templates/$name" "$work/modules/$name"
    expect "$name builds elsewhere" wait $!
    expect "$name is small" within "$name" "$limit"
    expect "KIT-15: $name is the same bytes from another folder" \
        cmp "$work/modules/$name/app.wasm" "$work/again/$name/app.wasm"
done <<'LIMITS'
hello 4000
evidence-registry 20000
ledger 20000
workflow 32000
traceability 40000
form 45000
LIMITS
# The kit itself compiled anew gives them too, not only its kept copy.
afresh() { JIUDING_SCRATCH=$work/fresh scripts/contract-build Contracts/Templates/hello --out "$work/again/fresh"; }
expect "the kit compiles anew" afresh
expect "KIT-15: hello is the same bytes with a new kit" cmp "$work/modules/hello/app.wasm" "$work/again/fresh/app.wasm"

# What a debugger knows is of the same code, and every line it names is there (KIT-23).
debugged() { scripts/contract-build Contracts/Templates/ledger --out "$work/debugged" --debug; }
named() { # the lines of all instructions of a module: some of each of its own sources
    python3 - "$1" <<'LINES'
import json, subprocess, sys
said = subprocess.run(["scripts/contract-lines", sys.argv[1]], input=json.dumps(list(range(1 << 15))), capture_output=True, text=True, check=True)
found = {each["file"] for places in json.loads(said.stdout).values() for each in places if each["line"]}
missing = {"Sources/Ledger.swift", "Sources/Account.swift", "ContractKit/Map.swift"} - found
sys.exit(f"no line of {missing}" if missing else 0)
LINES
}
expect "ledger builds for a debugger" debugged
expect "KIT-23: it is the same module" cmp "$work/modules/ledger/app.wasm" "$work/debugged/app.wasm"
expect "KIT-23: its instructions have their lines" named "$work/debugged/app.wasm"
other() {
    cp "$work/debugged/app.wasm.debug" "$work/again/hello/" || return 1
    ! scripts/contract-lines "$work/again/hello/app.wasm" <<<"[]"
}
expect "KIT-23: lines of another module are refused" other

# 3. What a contract must not be is refused, and a new one builds at once.
expect "modules a chain would refuse are refused" python3 Tests/Contracts/refusals.py "$work/modules/hello/app.wasm"
expect "a new contract is made" scripts/contract-new "$work/new-desk" --from workflow
expect "a new contract builds" build "$work/new-desk" "$work/new-desk/out"
expect "the tutorial is told" python3 Tests/Contracts/tutorial.py \
    Contracts/ContractKit/ContractKit.docc/FirstContract.md "$work/promises"
expect "the tutorial's contract builds" build "$work/promises" "$work/promises/out"
refused() { ! "$@"; }
expect "a folder that is not empty is left alone" refused scripts/contract-new "$work/new-desk"
expect "a name no chain takes is refused" refused scripts/contract-new "$work/New_Desk"
expect "a contract with floats is refused" python3 Tests/Contracts/refusals.py --build "$work/bad" scripts/contract-build

# 4. The modules do what the native runs did: every answer, failure, event and key (KIT-14).
if [ "$failed" -eq 0 ] && host; then
    "$python" Tests/Contracts/replay.py "$work/modules" "$work/transcripts" >"$work/replay" 2>&1
    read -r equal _ different _ < <(tail -n 1 "$work/replay")
    if [[ "$equal $different" =~ ^[0-9]+\ 0$ ]] && [ "$equal" -ge 6 ]; then
        passed=$((passed + equal))
    else
        tail -n 20 "$work/replay"
        failed=$((failed + 1))
    fi

    expect "KIT-25: what is packed is an LZ4 block to the field's own library" \
        "$python" Tests/Contracts/descriptions.py "$work"/modules/*/app.wasm

    # 5. Instrumented, they and many others end alike in two engines: results, traps and gas.
    wasmcheck=${JIUDING_WASMCHECK:-$scratch/release/wasmcheck}
    if ! command -v wasmkit >/dev/null; then
        echo "skip: two engines: wasmkit is not in the toolchain"
        skipped=$((skipped + 1))
    elif [ -z "${JIUDING_WASMCHECK:-}" ] && ! swift build -c release --product wasmcheck --scratch-path "$scratch" >"$work/said" 2>&1; then
        tail -n 20 "$work/said"
        failed=$((failed + 1))
    else
        mkdir "$work/engines"
        "$python" Tests/Contracts/engines.py "$wasmcheck" "$work/modules" "$work/transcripts" "$work/engines" >"$work/said" 2>&1
        read -r equal _ different _ < <(tail -n 1 "$work/said")
        if [[ "$equal $different" =~ ^[0-9]+\ 0$ ]] && [ "$equal" -ge 500 ]; then
            passed=$((passed + equal))
        else
            tail -n 20 "$work/said"
            failed=$((failed + 1))
        fi
    fi
elif [ "$failed" -eq 0 ]; then
    echo "skip: the scenarios on the modules: wasmtime 50.0.1 and lz4 4.4.4 for Python cannot be had from the package index"
    skipped=$((skipped + 1))
fi

# 6. The stories of every template hold on its module with a chain's gas, as `jiuding contract test` plays them (KIT-22).
program=${JIUDING_BINARY:-$scratch/release/jiuding}
if [ "$failed" -gt 0 ]; then
    :
elif [ ! -x "$program" ]; then
    echo "skip: the stories with a chain's gas: there is no program at $program"
    skipped=$((skipped + 1))
else
    stories() { compgen -G "$1scenarios/*.yaml" && "$program" contract test "$1" --module "$2"; }
    for folder in Contracts/Templates/*/; do
        name=$(basename "$folder")
        expect "KIT-22: $name's stories hold" stories "$folder" "$work/modules/$name/app.wasm"
    done
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
