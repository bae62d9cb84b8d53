#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks the models of the consensus protocol. usage: run.sh [--full]
#
# The quick form takes about a minute and a half of one core and 1.5 GB, --full about half an hour and 4 GB.
# One line a check: what it is, what came out, how many states Spin stored, seconds. Everything is made in a temporary
# folder; one process runs at a time.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 2
full=0
case "${1:-}" in
    '') ;;
    --full) full=1 ;;
    *) echo "usage: run.sh [--full]" >&2; exit 2 ;;
esac

# --- tools
install() { # Debian packages
    command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ] || return 1
    echo "run.sh installs: $*"
    apt-get install -y -q "$@" >/dev/null 2>&1 && return 0
    apt-get update -q >/dev/null 2>&1 && apt-get install -y -q "$@" >/dev/null 2>&1
}
missing() { echo "run.sh: $1 is missing and could not be installed: $2" >&2; exit 2; }
for tool in spin gcc cpp python3; do
    command -v "$tool" >/dev/null || install "$tool" || missing "$tool" "get the Debian package of that name"
done
python=
find_z3() {
    for python in python3 /usr/bin/python3; do
        command -v "$python" >/dev/null && "$python" -c 'import z3' 2>/dev/null && return 0
    done
    return 1
}
if ! find_z3; then
    # PyPI's is newer and faster; Debian's serves as well.
    echo "run.sh installs: z3-solver"
    python3 -m pip install -q --break-system-packages z3-solver >/dev/null 2>&1 || install python3-z3
    find_z3 || missing z3 "get Debian's python3-z3 or PyPI's z3-solver"
fi

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
began=$SECONDS

# --- z3
PYTHONDONTWRITEBYTECODE=1 "$python" prove.py >"$work/z3" 2>"$work/z3.err"
status=$?
cat "$work/z3"
passed=$((passed + $(grep -c '^PASS' "$work/z3")))
failed=$((failed + $(grep -c '^FAIL' "$work/z3")))
if [ $status -ne 0 ] && ! grep -q '^FAIL' "$work/z3"; then
    echo "FAIL  z3    prove.py ended with $status: $(tail -n 1 "$work/z3.err")"
    failed=$((failed + 1))
fi

# --- Spin
# spin MODEL EXPECTED SAYS [-Dx for the model]... [cc:-Dx for the compiler]... [pan:-x for the search]...
# EXPECTED: all (no error in all states of the model), most (no error; a search by bit states or cut off, so not all),
# or a part of the assertion that must fail.
# The states of one process need no partial order reduction. Hash tables are larger than by default: fewer conflicts.
spin_check() {
    local model=$1 expected=$2 says=$3 start=$SECONDS said states verdict=FAIL
    shift 3
    local model_flags=() compiler=(-O2) search=(-w25 -m200000)
    for flag in "$@"; do
        case $flag in
            cc:*) compiler+=("${flag#cc:}") ;;
            pan:*) search+=("${flag#pan:}") ;;
            *) model_flags+=("$flag") ;;
        esac
    done
    rm -rf "$work/pan" && mkdir "$work/pan" && cp "$model" "$work/pan"
    (
        cd "$work/pan" || exit
        spin -a ${model_flags[@]+"${model_flags[@]}"} "$model" &&
            gcc -w -DSAFETY -DNOREDUCE -DVECTORSZ=512 "${compiler[@]}" -o pan pan.c &&
            nice -n 10 ./pan -n "${search[@]}"
    ) >"$work/out" 2>&1
    states=$(sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$work/out")
    said=unfinished
    if grep -q 'errors: 0$' "$work/out"; then
        said='no error'
        if grep -qE 'not completed|max search depth too small' "$work/out"; then said='cut off'; fi
    elif grep -q 'errors: [1-9]' "$work/out"; then
        said='error'
    fi
    case $expected/$said in
        all/'no error') said='no error' verdict=PASS ;;
        most/'no error') said='none found' verdict=PASS ;;
        most/'cut off') verdict=PASS ;;
        all/* | most/*) ;;
        */error)
            if grep 'assertion violated' "$work/out" | grep -qF -- "$expected"; then said=caught verdict=PASS; fi
            case $says in REACHABLE*) said=${said/caught/reached} ;; esac ;;
    esac
    if [ $verdict = PASS ]; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        tail -n 15 "$work/out"
    fi
    printf '%s  spin  %-12s %-78s %-10s %12s states %5d s\n' \
        $verdict "${model%.pml}" "$says" "$said" "${states:--}" $((SECONDS - start))
}

fork='up==b1'
# Spin tries a validator's steps in the order they are written; the other order finds some errors far sooner.
backward=cc:-DT_REVERSE
spin_check simplexl.pml all '2 views, 2 blocks a view' -DV=2 -DBLOCKS=2
spin_check simplexl.pml all '2 views, 2 blocks a view, restarts' -DV=2 -DBLOCKS=2 -DWITH_RESTART
spin_check simplexl.pml '!(' 'REACHABLE final after skipping all earlier views (3 views, 1 block)' \
    -DV=3 -DBLOCKS=1 -DWITNESS $backward
mutant() { spin_check simplexl.pml "$fork" "MUTATION $1" "${@:2}"; }
mutant 'finalizes a view it has nullified (2 views, 1 block)' -DBLOCKS=1 -DFINALIZE_NULLIFIED
mutant 'the level is always zero (3 views, 1 block)' -DV=3 -DBLOCKS=1 -DLEVEL_ZERO $backward
mutant 'the parent may lie below the level (3 views, 1 block)' -DV=3 -DBLOCKS=1 -DPARENT_BELOW $backward
mutant 'notarizes twice in a view (2 views, 2 blocks)' -DNOTARIZE_TWICE
mutant 'restarts without its record (2 views, 2 blocks)' -DAMNESIA
mutant 'a quorum is one fewer (2 views, 2 blocks)' -DLOW_QUORUM

spin_check epochs.pml all '2 epochs of 2 views, 1 block a view' -DV=2 pan:-w26
spin_check epochs.pml '!(' 'REACHABLE C final, its child final and dropped, epoch 1 final' -DWITNESS $backward
mutant() { spin_check epochs.pml "$1" "MUTATION $2" "${@:3}" $backward; }
mutant content 'content after the closing block' -DCONTENT_AFTER_CLOSING
mutant att 'headers may attest below the closing block: it closes twice' -DCLOSING_TWICE
mutant "$fork" 'ballots name neither epoch nor committee: replay' -DREPLAY
mutant opened 'the closing block is the newest that carries' -DLAST_CARRIER

spin_check rejoin.pml all '4 views of epoch 0, view 1 of epoch 1, one loss' -DV=4 pan:-w26
spin_check rejoin.pml '!(lost)' 'REACHABLE it speaks again' -DWITNESS $backward
mutant() { spin_check rejoin.pml 'place>before' "MUTATION $1" "${@:2}"; }
mutant 'no closing test' -DNO_CLOSING_TEST
mutant 'speaks as soon as it has a floor' -DAT_ONCE
mutant 'answers from before the loss count' -DSTALE_ANSWERS
mutant 'the switch of epochs ends its silence' -DSWITCH_ENDS_SILENCE

if [ $full -eq 1 ]; then
    spin_check simplexl.pml all '3 views, 1 block a view' -DV=3 -DBLOCKS=1 cc:-DCOLLAPSE pan:-w27
    # By bit states, at most five minutes each: what they do not reach they do not tell.
    some=(cc:-DBITSTATE pan:-w33 pan:-k3 pan:-Q5)
    spin_check simplexl.pml most '3 views, 1 block a view, restarts (bit states)' -DV=3 -DBLOCKS=1 -DWITH_RESTART \
        "${some[@]}"
    spin_check simplexl.pml most '3 views, 2 blocks a view (bit states)' -DV=3 -DBLOCKS=2 "${some[@]}"
    spin_check epochs.pml most '2 epochs of 3 views, 1 block a view (bit states)' -DV=3 "${some[@]}"
    spin_check rejoin.pml most '5 views of epoch 0, view 1 of epoch 1, one loss (bit states)' -DV=5 "${some[@]}"
fi

echo "$((SECONDS - began)) s"
echo "model $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
