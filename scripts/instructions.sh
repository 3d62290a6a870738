#!/bin/sh
# Instructions per byte of input for the main jobs, counted by valgrind (callgrind): a figure that does not depend on the
# load of the machine. Valgrind has no AVX-512, so the counts are of the AVX2 kernels; compare them with each other.
#
#   scripts/instructions.sh [JOB ...]        all jobs, or those named
#   SIZE=10MB KEEP=folder scripts/instructions.sh csv-ndjson
#
# With KEEP the profiles stay in a folder, for callgrind_annotate. Two sizes are run and subtracted, so that the start of
# the program does not count. Needs: valgrind, and `cargo build --release`.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
pagemill=${PAGEMILL:-${CARGO_TARGET_DIR:-$root/target}/release/pagemill}
size=${SIZE:-10MB}
folder=${KEEP:-$(mktemp -d)}
mkdir -p "$folder"
[ -n "${KEEP:-}" ] || trap 'rm -rf "$folder"' EXIT
command -v valgrind >/dev/null || { echo "valgrind is missing (apt install valgrind)" >&2; exit 2; }
[ -x "$pagemill" ] || { echo "$pagemill is missing; run: cargo build --release" >&2; exit 2; }

# sample FORMAT: makes the two inputs of a format, the second one of a few records only.
sample() {
    [ -e "$folder/big.$1" ] || "$pagemill" sample --format "$1" --size "$size" -o "$folder/big.$1"
    [ -e "$folder/tiny.$1" ] || "$pagemill" sample --format "$1" --records 20 -o "$folder/tiny.$1"
}

# count NAME FILE ARGUMENTS: instructions of one run with one worker.
count() {
    name=$1
    shift
    valgrind --tool=callgrind --callgrind-out-file="$folder/$name.callgrind" "$pagemill" "$@" 2>&1 >/dev/null |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

# job NAME FORMAT COMMAND FLAGS...
job() {
    name=$1 format=$2 verb=$3
    shift 3
    case " $wanted " in *" $name "* | "  ") ;; *) return 0 ;; esac
    sample "$format"
    case $verb in convert) set -- "$@" -q -o /dev/null --force ;; esac
    # Runs of over a second, which all are here, would be recorded.
    set -- "$@" --no-history
    big=$(count "$name" "$verb" "$folder/big.$format" -j 1 "$@")
    tiny=$(count "$name-start" "$verb" "$folder/tiny.$format" -j 1 "$@")
    bytes=$(($(wc -c <"$folder/big.$format") - $(wc -c <"$folder/tiny.$format")))
    awk -v n="$name" -v i="$((big - tiny))" -v b="$bytes" -v s="$tiny" \
        'BEGIN { printf "| %-18s | %8.3f | %12d | %11d | %10d |\n", n, i / b, i, b, s }'
}

wanted="$*"
# The layout of sample data (pagemill::sample::LAYOUT).
layout="id:u64le,time:i64le,price:f64le,quantity:u32le,active:bool,name:text24,code:bytes8,pad:skip3"
echo "| job                | instr./B | instructions | input bytes | start only |"
echo "| ------------------ | -------: | -----------: | ----------: | ---------: |"
job csv-ndjson csv convert -t ndjson
job csv-csv csv convert -t csv
job csv-csv-quoted csv convert -t csv --quote-all
job csv-tsv csv convert -t tsv
job csv-select csv convert -t csv --select id,name
job ndjson-csv ndjson convert -t csv
job ndjson-json ndjson convert -t json
job ndjson-select ndjson convert -t csv --select id
job json-ndjson json convert -t ndjson
job text-upper text convert -t text --op upper
job text-reverse text convert -t text --op reverse
job fixed-ndjson fixed convert -t ndjson --layout "$layout"
job frames-ndjson frames convert -t ndjson
job count text count
job count-csv csv count -f csv
