#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fuzzes every decoder with libFuzzer and AddressSanitizer: run.sh [SECONDS PER TARGET] [TARGET…]
# Two targets run at a time. An input that breaks the law is kept in $JIUDING_SCRATCH/fuzz/found and printed.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
seconds=${1:-${JIUDING_FUZZ_SECONDS:-60}}
wanted=" ${*:2} "
out=${JIUDING_SCRATCH:-$PWD/.build}/fuzz
mkdir -p "$out/found"
# The backtracer would fight the sanitizer for the crash (measured).
export SWIFT_BACKTRACE=enable=no

features=()
for feature in ExistentialAny InternalImportsByDefault MemberImportVisibility NonisolatedNonsendingByDefault \
    InferIsolatedConformances; do features+=(-enable-upcoming-feature "$feature"); done
sanitized=(-O -wmo -swift-version 6 -package-name jiuding "${features[@]}" -sanitize=fuzzer,address
    -parse-as-library -Xcc "-fmodule-map-file=$out/CShangMi.modulemap" -I "$out")
printf 'module CShangMi { umbrella "%s" export * }\n' "$PWD/Sources/CShangMi/include" >"$out/CShangMi.modulemap"

# Compiles the pure floors once, instrumented; targets link the same objects.
modules() {
    local module sources file
    rm -f "$out"/*.o
    for file in Sources/CShangMi/*.c; do
        clang -O2 -g -fsanitize=fuzzer-no-link,address -I Sources/CShangMi/include -c "$file" \
            -o "$out/C$(basename "$file" .c).o" || return 1
    done
    for module in Bedrock ShangMi Wasm TLCP Ledger Consensus Storage Execution Replication; do
        mapfile -t sources < <(find "Sources/$module" -name '*.swift' | sort)
        swiftc "${sanitized[@]}" -module-name "$module" -emit-module -emit-module-path "$out/$module.swiftmodule" \
            -c "${sources[@]}" -o "$out/$module.o" || return 1
    done
}

# Builds and runs one target; its whole output goes to a log.
fuzz() {
    local name=$1 flag corpus
    flag=FUZZ_$(tr 'a-z-' 'A-Z_' <<<"$name")
    corpus=$out/corpus-$name
    mkdir -p "$corpus" "Tests/Fuzz/corpus/$name"
    swiftc "${sanitized[@]}" -use-ld=lld -D "$flag" -module-name "Fuzz" Tests/Fuzz/*.swift "$out"/*.o \
        -o "$out/fuzz-$name" || return 1
    # New inputs go to the first folder; the committed seeds are only read.
    "$out/fuzz-$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 \
        -artifact_prefix="$out/found/$name-" "$corpus" "Tests/Fuzz/corpus/$name"
}

if ! modules >"$out/modules.log" 2>&1; then
    cat "$out/modules.log"
    echo "fuzz: the pure floors do not build with sanitizers"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi
targets=()
passed=0 failed=0
while read -r name module pattern; do
    [[ $name == '#'* || -z $name ]] && continue
    [[ $wanted == '  ' || $wanted == *" $name "* ]] || continue
    if grep -rqE "$pattern" "Sources/$module"; then
        targets+=("$name")
    else
        # A type that was renamed must not take its fuzzing with it in silence.
        echo "fuzz: $name: nothing in Sources/$module looks like \"$pattern\""
        failed=$((failed + 1))
    fi
done <Tests/Fuzz/targets.txt

for ((first = 0; first < ${#targets[@]}; first += 2)); do
    pids=()
    for name in "${targets[@]:first:2}"; do
        (fuzz "$name" >"$out/$name.log" 2>&1) &
        pids+=($!)
    done
    for place in "${!pids[@]}"; do
        name=${targets[first + place]}
        if wait "${pids[place]}"; then
            runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$out/$name.log")
            echo "fuzz: $name: ${runs:-0} inputs in $seconds s, none broke the law"
            passed=$((passed + 1))
        else
            tail -n 40 "$out/$name.log"
            echo "fuzz: $name failed; inputs are in $out/found"
            failed=$((failed + 1))
        fi
    done
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
