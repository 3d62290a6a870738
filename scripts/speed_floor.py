#!/usr/bin/env python3
"""The speed floor: CSV to NDJSON of a numeric CSV, two workers, output to /dev/null, is at least three times as fast as
DuckDB and Polars writing NDJSON, in one interleaved run (median of six rounds). Exit 1 when it does not hold, 2 when a peer is
missing (pip install duckdb polars).

  scripts/speed_floor.py [--size big|mid|small] [--runs 6] [--data DIR] [--factor 3]
"""
import argparse
import os
import sys

import benchlib
import gen_data
from benchjobs import job

PEERS = ("duckdb", "duckdb unordered", "polars")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=("small", "mid", "big"), default="big", help="10 MiB, 128 MiB, 1 GiB (default)")
    parser.add_argument("--runs", type=int, default=6)
    parser.add_argument("--factor", type=float, default=3.0)
    parser.add_argument("--data", default=os.path.join(benchlib.ROOT, "data"), help="inputs; missing ones are made there")
    parser.add_argument("--binary", help="pagemill; default target/release/pagemill")
    args = parser.parse_args()

    missing = [tool for tool in ("duckdb", "polars") if not benchlib.find(tool)]
    if missing:
        print("not here: %s; pip install %s" % (", ".join(missing), " ".join(missing)), file=sys.stderr)
        return 2
    binary, task = benchlib.pagemill_binary(args.binary), job("csv-ndjson")
    gen_data.ensure(args.data, ["numeric"], [args.size])
    source = gen_data.path_of(args.data, "numeric", args.size)
    peers = [peer for peer in task.peers if peer.name in PEERS]
    results, holds = benchlib.bench(binary, task, source, peers, "--runs", str(args.runs)), True
    print("%s, %d workers, medians of %d rounds" % (source, benchlib.WORKERS, args.runs))
    for name, one in results.items():
        if not one["seconds"]:
            print("%-18s %s" % (name, one["output"]))
            holds = False
            continue
        ratio = one["ratio"] or 1
        print("%-18s %7.3f s  %6.0f MB/s  CPU %6.2f s  peak RSS %6.0f MB  pagemill is %.2f times as fast"
              % (name, one["seconds"], one["read_bytes_rate"] / 1e6, one["cpu_seconds"], one["memory_peak_bytes"] / 1e6, ratio))
        holds &= name == "pagemill" or ratio >= args.factor
    print("the floor of %g times %s" % (args.factor, "holds" if holds else "does NOT hold"))
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
