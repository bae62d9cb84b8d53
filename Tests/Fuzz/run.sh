#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fuzzes every decoder with libFuzzer and AddressSanitizer: run.sh [SECONDS] [TARGET…]
# Without SECONDS each target takes its own of targets.txt.
# Two targets run at a time. An input that breaks the law is kept in $JIUDING_SCRATCH/fuzz/found and printed.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
seconds=${1:-${JIUDING_FUZZ_SECONDS:-}}
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

# All targets are one program, which $JIUDING_FUZZ_TARGET tells which law to hold inputs against.
program() { swiftc "${sanitized[@]}" -use-ld=lld -module-name Fuzz Tests/Fuzz/*.swift "$out"/*.o -o "$out/fuzz-all"; }

# Runs one target for so many seconds; its whole output goes to a log.
fuzz() {
    local name=$1 time=$2 corpus=$out/corpus-$1
    mkdir -p "$corpus" "Tests/Fuzz/corpus/$name"
    # New inputs go to the first folder; the committed seeds are only read.
    JIUDING_FUZZ_TARGET=$name "$out/fuzz-all" -max_total_time="$time" -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
        -print_final_stats=1 -artifact_prefix="$out/found/$name-" "$corpus" "Tests/Fuzz/corpus/$name"
}

if ! { modules && program; } >"$out/modules.log" 2>&1; then
    cat "$out/modules.log"
    echo "fuzz: the targets do not build with sanitizers"
    echo "0 passed, 1 failed, 0 skipped"
    exit 1
fi
targets=() times=()
passed=0 failed=0
while read -r name time; do
    [[ $name == '#'* || -z $name ]] && continue
    [[ $wanted == '  ' || $wanted == *" $name "* ]] || continue
    targets+=("$name") times+=("${seconds:-$time}")
done <Tests/Fuzz/targets.txt

for ((first = 0; first < ${#targets[@]}; first += 2)); do
    pids=()
    for ((place = first; place < first + 2 && place < ${#targets[@]}; place += 1)); do
        fuzz "${targets[place]}" "${times[place]}" >"$out/${targets[place]}.log" 2>&1 &
        pids+=($!)
    done
    for place in "${!pids[@]}"; do
        name=${targets[first + place]}
        if wait "${pids[place]}"; then
            runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$out/$name.log")
            echo "fuzz: $name: ${runs:-0} inputs in ${times[first + place]} s, none broke the law"
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
