#!/usr/bin/env python3
"""Measures how fast a file is read that is several times as large as the page cache it may use.

Each command runs in a memory cgroup of a fixed size, whose page cache is a part of it, on a file that is not in the page
cache. The figures are bytes of input a second; beside each is its share of what `cat FILE > /dev/null` reaches in the
same group. Rounds are interleaved, and medians are shown. Needs: root, and `cargo build --release`.

  scripts/check_cold.py                          a group of 512 MB, a CSV file of 4 GB, three rounds
  scripts/check_cold.py --group 1GB --times 4 --rounds 5 --data FOLDER
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

import benchlib
from check_pressure import Group, left_out, size

JOBS = [
    ("csv to ndjson", ["convert", "-t", "ndjson", "-o", "/dev/null", "--force", "-q"]),
    ("csv to ndjson, read", ["convert", "-t", "ndjson", "-o", "/dev/null", "--force", "-q", "--io", "read"]),
    ("csv, three columns", ["convert", "-t", "csv", "--select", "id,name,price", "-o", "/dev/null", "--force", "-q"]),
    ("count of lines", ["count"]),
    ("count of records", ["count", "-r"]),
]


def run(argv, group):
    """The seconds that a command takes in the group."""
    started = time.monotonic()
    done = subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=group.enter, text=True)
    if done.returncode:
        sys.exit("%s: code %d: %s" % (" ".join(argv), done.returncode, done.stderr))
    return time.monotonic() - started


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--group", type=size, default=size("512MB"), help="memory of the cgroup (default 512MB)")
    parser.add_argument("--times", type=int, default=8, help="how many times as large the file is (default 8)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", help="folder for the file (default: a temporary one)")
    parser.add_argument("--binary", help="pagemill; default target/release/pagemill")
    args = parser.parse_args()
    binary = benchlib.pagemill_binary(args.binary)
    try:
        group = Group()
    except OSError as error:
        return left_out("cgroup", "no memory cgroup can be made: %s" % error)
    with tempfile.TemporaryDirectory(dir=args.data) as folder:
        path = os.path.join(folder, "large.csv")
        amount = args.group * args.times
        subprocess.run([binary, "generate", "--format", "csv", "--size", str(amount), "-o", path], check=True)
        commands = [("cat", ["sh", "-c", "exec cat %s >/dev/null" % path])]
        commands += [(name, [binary, flags[0], path, *flags[1:]]) for name, flags in JOBS]
        seconds = {name: [] for name, _ in commands}
        try:
            for number in range(args.rounds):
                for name, argv in commands if number % 2 == 0 else reversed(commands):
                    benchlib.forget(path)
                    group.limit(args.group)
                    seconds[name].append(run(argv, group))
        finally:
            group.remove()
        length = os.path.getsize(path)
    cat = statistics.median(seconds["cat"])
    print("A file of %d MiB in a cgroup of %d MiB, medians of %d." % (length >> 20, args.group >> 20, args.rounds))
    print("| command | seconds | MB/s | of `cat` |\n| --- | --: | --: | --: |")
    for name, _ in commands:
        took = statistics.median(seconds[name])
        print("| %s | %.2f | %.0f | %.2f |" % (name, took, length / took / 1e6, cat / took))


if __name__ == "__main__":
    main()
