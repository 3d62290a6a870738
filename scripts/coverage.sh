#!/usr/bin/env bash
# Which lines the tests run: a table by file, and with HTML=folder every line.
#
#   scripts/coverage.sh [ARGUMENTS OF cargo test ...]     such as `--lib`, or `--test cli -- convert`; none: all tests
#
# What the command does in processes of its own counts as well. Needs llvm-profdata and llvm-cov of the compiler's own
# version: `rustup component add llvm-tools` (Debian's llvm is older than what the compiler writes, as a rule).
set -euo pipefail
cd "$(dirname "$0")/.."

tools=$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin
for tool in llvm-profdata llvm-cov; do
    [ -x "$tools/$tool" ] || { echo "$tools/$tool is missing (rustup component add llvm-tools)" >&2; exit 2; }
done

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-target}/coverage RUSTFLAGS="-C instrument-coverage"
profiles=$CARGO_TARGET_DIR/profiles
rm -rf "$profiles"
mkdir -p "$profiles"
# Eight files for each program, which its processes add to in turn.
LLVM_PROFILE_FILE=$(realpath "$profiles")/%8m.profraw
export LLVM_PROFILE_FILE
failed=0
cargo test --locked "$@" || failed=$?

# The programs that were tested, and the command.
binaries=$(cargo test --locked --no-run --message-format=json "$@" 2>/dev/null |
    sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | sort -u)
[ -n "$binaries" ] || { echo "no program was built" >&2; exit 1; }
"$tools/llvm-profdata" merge --sparse "$profiles"/*.profraw -o "$profiles/all.profdata"
objects=()
for binary in $binaries; do objects+=(--object "$binary"); done
ours=(--instr-profile="$profiles/all.profdata" --ignore-filename-regex='/(\.cargo|rustc|tests|benches)/' "${objects[@]}")
"$tools/llvm-cov" report "${ours[@]}"
[ -z "${HTML:-}" ] || "$tools/llvm-cov" show --format=html --output-dir="$HTML" "${ours[@]}"
exit "$failed"
