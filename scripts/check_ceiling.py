#!/usr/bin/env python3
"""Checks that groups, sorted records and duplicates stay within the memory limit, and that their answers are right.

Each command runs on a large file in a memory cgroup of its limit and 16 MB, without swap. The file is made here: record
`i` has the id `i * STEP % N`, so that every id occurs once, in no order, and the answer to each command is known without
asking anybody: sorted by id, line `k` is the record of id `k`; there are N groups, in the order of the records; of the
second half, whose keys repeat those of the first, nothing is left. Every line of the answers is compared.
Needs: root for the cgroup, `cargo build --release`, and space for three times the file.

  scripts/check_ceiling.py                            50 million records, 8 GB
  scripts/check_ceiling.py --records 1000000 --only sort,groups --limit 32MB --data FOLDER
"""
import argparse
import math
import os
import subprocess
import sys
import tempfile
import time

import benchlib
from check_pressure import SLACK, Group, left_out, run, shown, size

STEP = 30_000_001
# A record has some 160 bytes, so that 50 million of them are 8 GB.
FILLER = "the quick brown fox jumps over the lazy dog, then rests a while under the old oak tree"


def line(ident, half):
    """The record with this id."""
    return '%d,%d,%d.%02d,dev-%03d,%s,"%s %d"\n' % (
        ident, ident % half, ident % 977, ident % 100, ident % 37, "2024-%02d-%02d" % (ident % 12 + 1, ident % 28 + 1),
        FILLER, ident * 7919 % 1000003,
    )


def write(path, records, block=20_000):
    """Writes the file."""
    half = records // 2
    with open(path, "w", buffering=1 << 20) as file:
        file.write("id,key,price,device,day,note\n")
        for start in range(0, records, block):
            end = min(start + block, records)
            file.write("".join(line(i * STEP % records, half) for i in range(start, end)))


def sorted_records(records):
    yield "id,key,price,device,day,note\n"
    for ident in range(records):
        yield line(ident, records // 2)


def groups(records):
    yield "id,n,s\n"
    for i in range(records):
        ident = i * STEP % records
        yield "%d,1,%d.%02d\n" % (ident, ident % 977, ident % 100)


def without_duplicates(records):
    half, seen = records // 2, bytearray(records // 2)
    yield "id,key,price,device,day,note\n"
    for i in range(records):
        ident = i * STEP % records
        if not seen[ident % half]:
            seen[ident % half] = 1
            yield line(ident, half)


def few_groups(records):
    yield "device,n,lo,hi\n"
    count, low, high, order = {}, {}, {}, []
    for i in range(records):
        ident = i * STEP % records
        device = ident % 37
        if device not in count:
            count[device], low[device], high[device] = 0, ident, ident
            order.append(device)
        count[device] += 1
        low[device], high[device] = min(low[device], ident), max(high[device], ident)
    for device in order:
        yield "dev-%03d,%d,%d,%d\n" % (device, count[device], low[device], high[device])


CASES = {
    "sort": (["sort", "--by", "id:number"], sorted_records),
    "groups": (["aggregate", "--by", "id", "--agg", "n=count(), s=sum(price)"], groups),
    "few": (["aggregate", "--by", "device", "--agg", "n=count(), lo=min(id), hi=max(id)"], few_groups),
    "dedupe": (["convert", "--dedupe", "key"], without_duplicates),
}


def wrong(path, expected):
    """What is wrong with an answer, or nothing."""
    with open(path, newline="\n") as file:
        for number, right in enumerate(expected, 1):
            found = file.readline()
            if found != right:
                return "line %d: %r instead of %r" % (number, found, right)
        return "more than %d lines" % number if file.readline() else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=50_000_000)
    parser.add_argument("--limit", type=size, default=size("100MB"), help="--memory-limit (default 100MB)")
    parser.add_argument("--only", default=",".join(CASES), help="some of %s" % ", ".join(CASES))
    parser.add_argument("--data", help="folder for the files (default: a temporary one)")
    parser.add_argument("--binary", help="pagemill; default target/release/pagemill")
    wanted = parser.parse_args()
    if math.gcd(STEP, wanted.records) != 1 or wanted.records % 2:
        sys.exit("--records has to be even, with no factor of %d" % STEP)
    binary = os.path.realpath(benchlib.pagemill_binary(wanted.binary))
    try:
        group = Group()
    except OSError as error:
        return left_out("cgroup", "no memory cgroup can be made: %s" % error)
    failures = 0
    try:
        with tempfile.TemporaryDirectory(dir=wanted.data) as folder:
            source, target = os.path.join(folder, "in.csv"), os.path.join(folder, "out.csv")
            write(source, wanted.records)
            length = os.path.getsize(source)
            print("%d records, %s; a cgroup of %s and %s, no swap" % (
                wanted.records, shown(length), shown(wanted.limit), shown(SLACK)))
            print("%-8s%9s%9s  outcome" % ("case", "peak MB", "seconds"))
            for name in wanted.only.split(","):
                flags, expected = CASES[name]
                group.limit(wanted.limit + SLACK)
                before, started = group.kills(), time.monotonic()
                argv = [binary, flags[0], source, *flags[1:], "-o", target, "--force", "-q", "-j", str(benchlib.WORKERS)]
                ran = run([*argv, "--memory-limit", str(wanted.limit)], group)
                seconds = time.monotonic() - started
                if ran.code or group.kills() != before:
                    outcome = "WRONG: code %d, %s" % (ran.code, ran.message)
                elif ran.peak > wanted.limit:
                    outcome = "WRONG: more than the limit"
                else:
                    found = wrong(target, expected(wanted.records))
                    outcome = "WRONG: " + found if found else "every line is right"
                failures += outcome.startswith("WRONG")
                print("%-8s%9.1f%9.1f  %s" % (name, ran.peak / 1e6, seconds, outcome), flush=True)
    finally:
        group.remove()
    print("%d failed" % failures)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
