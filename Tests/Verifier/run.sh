#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Holds verify.py, which shares no code with the product, to the verdicts Swift's light client gave
# (Tests/LedgerTests/VectorsTests.swift keeps that list true). Last line: N passed, N failed, N skipped.
set -eu
cd "$(dirname "$0")"
fail=0
expect() { # expect EXIT PATTERN ARGUMENTS...
    want=$1 pattern=$2
    shift 2
    out=$(python3 verify.py "$@" 2>&1) && got=0 || got=$?
    if [ "$got" != "$want" ] || ! printf '%s' "$out" | grep -q -- "$pattern"; then
        echo "command line: verify.py $*: exit $got, said: $out"
        fail=1
    fi
}
v=vectors
set -- $(grep ' good-lone.receipt ' $v/cases.txt | cut -d' ' -f2-4)
expect 0 '^verified: E1-0 ' "$v/$1" --trust "$v/$2" --file "$v/$3"
expect 1 '^JD-2117 ' "$v/$1" --trust "$v/$2" --file run.sh
expect 1 '^JD-2103 ' $v/good.receipt --trust "$v/$2" --file "$v/$3"
expect 2 "usage:" --nothing
expect 2 "No such file" absent --trust absent --file absent
[ $fail = 0 ] || { echo "0 passed, 1 failed, 0 skipped"; exit 1; }
exec python3 verify.py --vectors $v
