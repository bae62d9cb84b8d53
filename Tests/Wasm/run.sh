#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Holds Sources/Wasm to other implementations: wabt's validator and interpreter, the toolchain's wasmkit, and a machine of
# our own that counts gas by the specification. Last line: N passed, N failed, N skipped.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
scratch=${JIUDING_SCRATCH:-.build}
log=$scratch/wasm-build.log
mkdir -p "$scratch"
if ! command -v spectest-interp >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing wabt, for tests against other implementations"
    DEBIAN_FRONTEND=noninteractive timeout 300 sh -c \
        'apt-get update && apt-get install -y --no-install-recommends wabt' >/dev/null 2>&1
fi
# The same scratch path and switches as the release build: SwiftPM would else compile the tree once more.
if [ -n "${JIUDING_WASMCHECK:-}" ]; then
    wasmcheck=$JIUDING_WASMCHECK
elif swift build -c release --product wasmcheck --scratch-path "$scratch" >"$log" 2>&1; then
    wasmcheck=$scratch/release/wasmcheck
else
    cat "$log"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
PYTHONDONTWRITEBYTECODE=1 python3 Tests/Wasm/main.py "$(realpath "$wasmcheck")" "$out"
