#!/usr/bin/env bash
# Looks for reads and writes outside of what they may touch, in all that is `unsafe` (src/sys, src/scan) and what uses it.
#
#   scripts/check_memory_safety.sh [miri] [asan] [valgrind]     those named; none: all that can be had
#
# miri       interprets the kernels and finds undefined behaviour of any kind; slow, so with few and short inputs (the
#            tests step over most cases where `cfg!(miri)` is true). With portable kernels, and with those for AVX2.
# asan       AddressSanitizer: the library's tests, and tests of the command, with every kernel. Needs a nightly compiler.
# valgrind   memcheck in its place, where there is no nightly compiler; much slower, and blind to the stack.
#
# Each step may take an hour (STEP_LIMIT=… for another limit, as `timeout` reads it); one that takes longer is a failure.
#
# What is named but missing is a failure. What is not named and missing is reported, and is a failure if nothing is left.
set -euo pipefail
cd "$(dirname "$0")/.."

has_miri() { cargo +nightly miri --version >/dev/null 2>&1; }
has_asan() { compgen -G "$(rustc +nightly --print sysroot 2>/dev/null)/lib/rustlib/*/lib/librustc*_rt.asan.a" >/dev/null; }
has_valgrind() { command -v valgrind >/dev/null; }
declare -A needs=(
    [miri]="rustup component add miri rust-src --toolchain nightly"
    [asan]="rustup toolchain install nightly"
    [valgrind]="apt install valgrind"
)

# Tests that allocate or wait by the clock, or whose process is another one under a tool.
skipped=(
    --skip usage::tests --skip memory::tests --skip ahead::tests --skip no_table_stays_behind
    --skip case::tests::agrees_with_the_standard_library_on_every_character
)
target=$(rustc -vV | sed -n 's/^host: //p')
step() { printf '\n== %s\n' "$*"; }
limited() { timeout --foreground "${STEP_LIMIT:-1h}" "$@"; }

run_miri() {
    local avx2="-C target-feature=+avx2,+bmi1,+bmi2,+popcnt,+lzcnt,+pclmulqdq"
    for flags in "" "$avx2"; do
        step "miri ${flags:-with portable kernels}"
        MIRIFLAGS="-Zmiri-disable-isolation" RUSTFLAGS="$flags" CARGO_TARGET_DIR=target/miri \
            limited cargo +nightly miri test --locked --no-default-features --lib -- scan::vector scan::ascii scan::bytes scan::lines scan::csv memory::arena
    done
}

run_asan() {
    # Frames must be named in a report; what a process leaves to its end is no leak.
    export ASAN_OPTIONS="detect_leaks=0:detect_stack_use_after_return=1" RUSTFLAGS="-Zsanitizer=address"
    export CARGO_TARGET_DIR=target/asan CARGO_PROFILE_DEV_DEBUG=line-tables-only
    local kernel
    for kernel in best avx2 portable; do
        step "asan, library, kernel $kernel"
        PAGEMILL_KERNEL=$kernel limited cargo +nightly test --locked --target "$target" --lib -- "${skipped[@]}"
    done
    step "asan, command"
    limited cargo +nightly test --locked --target "$target" --test data -- quotes:: columns:: mutants::
    limited cargo +nightly test --locked --target "$target" --test faults -- files::
    unset ASAN_OPTIONS RUSTFLAGS CARGO_TARGET_DIR CARGO_PROFILE_DEV_DEBUG
}

run_valgrind() {
    # It knows no AVX-512.
    local check="valgrind --quiet --error-exitcode=9 --trace-children=no"
    local variable
    variable=CARGO_TARGET_$(tr 'a-z-' 'A-Z_' <<<"$target")_RUNNER
    for kernel in avx2 portable; do
        step "valgrind, kernels and maps, kernel $kernel"
        PAGEMILL_KERNEL=$kernel limited env "$variable=$check" \
            cargo test --locked --lib -- scan::vector scan::ascii scan::csv sys::map sys::pages "${skipped[@]}"
    done
}

wanted=("$@")
if [ ${#wanted[@]} -eq 0 ]; then
    has_miri && wanted+=(miri) || echo "miri is missing (${needs[miri]})"
    if has_asan; then
        wanted+=(asan)
    else
        echo "AddressSanitizer is missing (${needs[asan]}); valgrind takes its place"
        wanted+=(valgrind)
    fi
fi
for tool in "${wanted[@]}"; do
    [ -n "${needs[$tool]:-}" ] || { echo "unknown: $tool" >&2; exit 2; }
    "has_$tool" || { echo "$tool is missing (${needs[$tool]})" >&2; exit 2; }
done
for tool in "${wanted[@]}"; do "run_$tool"; done
step "nothing found by ${wanted[*]}"
