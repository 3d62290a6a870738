#!/usr/bin/env python3
"""Measures pagemill beside other tools on this machine with `pagemill bench --against`, and prints markdown tables.

Nothing is installed: tools that are missing are named, with the way to install them. The last table is that of the README
(scripts/bench_plot.py draws it). Python peers are timed with the start of the interpreter (about 0.1 to 0.3 s). Slow peers
run on a smaller input, beside pagemill on the same one; their times are scaled.

  scripts/bench_peers.py                        all jobs, 1 GiB, six rounds
  scripts/bench_peers.py --size mid --runs 3    128 MiB
  scripts/bench_peers.py --jobs csv-ndjson,select --only polars,xan
  scripts/bench_peers.py --cold                 the input is not in the page cache
  scripts/bench_peers.py --json b.json --earlier a.json    the table of the README, with the factors of both runs
"""
import argparse
import json
import os
import sys
import tempfile

import benchlib
import gen_data
from benchjobs import JOBS

TINY = 10_000
MB = 1e6


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", help="comma-separated, default all: " + ", ".join(job.key for job in JOBS))
    parser.add_argument("--size", choices=("small", "mid", "big"), default="big", help="10 MiB, 128 MiB, 1 GiB (default)")
    parser.add_argument("--runs", type=int, default=6)
    parser.add_argument("--only", help="only these peers: names of tools, comma-separated; none: no peer at all")
    parser.add_argument("--cold", action="store_true", help="inputs that are not in the page cache")
    parser.add_argument("--data", default=os.path.join(benchlib.ROOT, "data"), help="inputs; missing ones are made there")
    parser.add_argument("--binary", help="pagemill; default target/release/pagemill")
    parser.add_argument("--slow", action="store_true", help="run slow peers on the big inputs too")
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    parser.add_argument("--earlier", metavar="FILE", nargs="+", default=[], help="figures of other runs, for the last column of the summary")
    return parser.parse_args()


def tools_of(jobs, only):
    """The tools that are here; tells what is missing and how to get it."""
    names = sorted({peer.tool for job in jobs for peer in job.peers})
    if only is not None:
        names = [name for name in names if name in only.split(",")]
    here = [name for name in names if benchlib.find(name)]
    for name in here:
        print("* " + benchlib.version(name))
    for name in names:
        if name not in here:
            print("* not here: %s (%s)" % (name, benchlib.INSTALL.get(name, "coreutils")))
    return set(here)


def data(job, size, args, folder):
    """The input of a job."""
    if job.data != "tiny":
        return gen_data.path_of(args.data, job.data, size)
    path = os.path.join(folder, "tiny.csv")
    with open(gen_data.path_of(args.data, "numeric", "small"), "rb") as source, open(path, "wb") as file:
        file.write(source.read(TINY).rpartition(b"\n")[0] + b"\n")
    return path


def measure(job, args, binary, tools, folder):
    """The results of a job, by program; those of slow peers have a `scale`."""
    peers = [peer for peer in job.peers if peer.tool in tools]
    apart = [peer for peer in peers if peer.slow and args.size == "big" and not args.slow and job.data != "tiny"]
    flags = ["--runs", str(job.runs or args.runs)] + ["--cold"] * args.cold
    source = data(job, args.size, args, folder)
    results = benchlib.bench(binary, job, source, [peer for peer in peers if peer not in apart], *flags)
    if apart:
        smaller = data(job, "mid", args, folder)
        scale = os.path.getsize(source) / os.path.getsize(smaller)
        slow = benchlib.bench(binary, job, smaller, apart, *flags)
        results |= {name: dict(result, scale=scale) for name, result in slow.items() if name != "pagemill"}
    return results


def table(job, results):
    """The markdown table of a job."""
    small = job.data == "tiny"
    unit, factor = ("ms", 1e3) if small else ("s", 1)
    notes = {peer.name: peer.note for peer in job.peers}
    print("\n### %s (%s; noise %.1f %%)\n" % (job.title, human(results["pagemill"]["read_bytes"]), 100 * results["pagemill"]["noise"]))
    print("| tool | wall %s | MB/s in | CPU %s | peak RSS MB | × pagemill | pagemill is | records | notes |" % (unit, unit))
    print("| --- | --: | --: | --: | --: | --: | --- | --- | --- |")
    for name, one in sorted(results.items(), key=lambda item: wall(item[1]) or 1e9):
        if not wall(one):
            print("| %s | failed | | | | | | | %s |" % (name, one["output"].replace("|", "/")[:120]))
            continue
        scale = one.get("scale", 1)
        note = [notes.get(name)] * bool(notes.get(name)) + ["measured on 1/%.0f of the input" % scale] * (scale != 1)
        ratio = "" if one["ratio"] is None else "%.2f (%.2f to %.2f)" % (one["ratio"], one["ratio_low"], one["ratio_high"])
        print("| %s | %.3g | %.0f | %.3g | %s | %s | %s | %s | %s |" % (
            "**pagemill**" if name == "pagemill" else name, wall(one) * factor, one["read_bytes"] * scale / wall(one) / MB,
            (one["cpu_seconds"] or 0) * scale * factor, peak(one), ratio, one["verdict"], one["output"].replace("|", "/"),
            "; ".join(note)))


def best(results):
    """The fastest other tool that did the job; none if there is none."""
    others = [(wall(one), name) for name, one in results.items() if name != "pagemill" and wall(one)]
    return min(others)[1] if others else None


def summary(job, results, earlier):
    """The line of a job in the README; its last column is the range of the factors, those of earlier runs included."""
    ours = results["pagemill"]
    seconds = (lambda s: "%.2f ms" % (s * 1e3)) if job.data == "tiny" else (lambda s: "%.3g s" % s)
    name = best(results)
    if not name:
        return "| %s | %s | %s | – | – | – | – | |" % (job.title, seconds(wall(ours)), peak(ours))
    factors = sorted(run[best(run)]["ratio"] for run in [results, *earlier] if best(run))
    spread = "%.1f to %.1f" % (factors[0], factors[-1]) if len(factors) > 1 else ""
    shown = "%.1f ×" % results[name]["ratio"]
    return "| %s | %s | %s | %s | %s | %s | %s | %s |" % (
        job.title, seconds(wall(ours)), peak(ours), name, seconds(wall(results[name])), peak(results[name]),
        shown if results[name]["ratio"] >= 1 else "**%s**" % shown, spread)


def wall(one):
    return one["seconds"] and one["seconds"] * one.get("scale", 1)


def peak(one):
    return "%.1f" % (one["memory_peak_bytes"] / MB) if one["memory_peak_bytes"] else "–"


def figures_of(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def human(size):
    return "%.2f GiB" % (size / 2**30) if size >= 2**29 else "%.0f MiB" % (size / 2**20) if size >= 2**20 else "%d bytes" % size


def main():
    args = arguments()
    jobs = [job for job in JOBS if not args.jobs or job.key in args.jobs.split(",")]
    unknown = set((args.jobs or "").split(",")) - {job.key for job in JOBS} - {""}
    if unknown or not jobs:
        sys.exit("unknown job %s; the jobs are %s" % (", ".join(unknown), ", ".join(job.key for job in JOBS)))
    binary = benchlib.pagemill_binary(args.binary)
    print("%d processors, %d workers, medians of %d rounds\n" % (os.cpu_count(), benchlib.WORKERS, args.runs))
    tools = tools_of(jobs, args.only)
    names = {"numeric" if job.data == "tiny" else job.data for job in jobs}
    sizes = {args.size, *["small"] * any(job.data == "tiny" for job in jobs), *["mid"] * (args.size == "big")}
    gen_data.ensure(args.data, sorted(names), sorted(sizes), say=lambda text: print(text, file=sys.stderr))
    earlier = [figures_of(path) for path in args.earlier]
    lines, figures = [], {}
    with tempfile.TemporaryDirectory(prefix="pagemill-bench-") as folder:
        for job in jobs:
            results = measure(job, args, binary, tools, folder)
            table(job, results)
            sys.stdout.flush()
            lines.append(summary(job, results, [run[job.key] for run in earlier if job.key in run]))
            figures[job.key] = results
    print("\n### Summary\n\n| job | pagemill | peak MB | best other tool | its time | its peak MB | factor | factors in other runs |")
    print("|---|--:|--:|---|--:|--:|--:|---|")
    print("\n".join(lines))
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump(figures, file, indent=1)


if __name__ == "__main__":
    main()
