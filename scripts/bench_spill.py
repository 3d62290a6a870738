#!/usr/bin/env python3
"""Times sorts whose runs are written as they are, compressed, and as they are measured to be faster.

    scripts/bench_spill.py [--megabytes N] [--memory-limit SIZE] [--spill-dir DIR] [--by KEYS] [--rounds N] PAGEMILL

A table from `pagemill generate` is sorted in each way in turn, and the least time of each is printed, with the bytes that were
written to the disk. The outputs have to be the same.
"""
import argparse
import hashlib
import json
import os
import subprocess
import tempfile
import time

WAYS = ["plain", "packed", "auto"]


def digest(path):
    sum = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            sum.update(piece)
    return sum.hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pagemill")
    parser.add_argument("--megabytes", type=int, default=256)
    parser.add_argument("--memory-limit", default="32MB")
    parser.add_argument("--spill-dir", default=None)
    parser.add_argument("--by", default=None, help="by default the second and the first column")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.spill_dir) as folder:
        source, report = os.path.join(folder, "a.csv"), os.path.join(folder, "r.json")
        size = "%dMB" % options.megabytes
        subprocess.run([options.pagemill, "generate", "-t", "csv", "--size", size, "-o", source], check=True)
        with open(source) as file:
            names = file.readline().strip().split(",")
        by = options.by or ",".join([names[1], names[0]])
        times, written, digests = {way: [] for way in WAYS}, {}, set()
        for _ in range(options.rounds):
            for way in WAYS:
                target = os.path.join(folder, "b.csv")
                command = [options.pagemill, "sort", source, "--by", by, "-o", target, "--force", "-q", "-j", "2"]
                command += ["--memory-limit", options.memory_limit, "--report", report, "--spill-dir", folder]
                began = time.monotonic()
                subprocess.run(command, check=True, env={**os.environ, "PAGEMILL_SPILL": way})
                times[way].append(time.monotonic() - began)
                with open(report) as file:
                    written[way] = json.load(file).get("spilled")
                digests.add(digest(target))
        assert len(digests) == 1, "the outputs differ"
        for way in WAYS:
            print("%-6s %6.2f s  %s" % (way, min(times[way]), written[way]))


if __name__ == "__main__":
    main()
