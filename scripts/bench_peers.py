#!/usr/bin/env python3
"""Measures pagemill beside other tools on this machine and prints markdown tables.

Nothing is installed: tools that are missing are named, with the way to install them. All tools run interleaved, with the
input in the page cache, their output to /dev/null (and with --tmpfs to a file in memory too); the figures are medians.
On small inputs every tool writes its records once and they are compared, all of them, with pagemill's.

  scripts/bench_peers.py                        all jobs, 1 GiB, five runs
  scripts/bench_peers.py --size mid --runs 3    128 MiB
  scripts/bench_peers.py --jobs csv-ndjson,select --only polars,xan --tmpfs
  scripts/bench_peers.py --cold                 the input is not in the page cache

With --cold the input is taken out of the page cache before each run, and the limit is `cat INPUT > /dev/null`, as cold.
Otherwise the limit of a job: `wc -l` of its input (one pass that finds every line feed with vector instructions), and for a file
in memory `cat OUTPUT > FILE`. Beside the gain of two workers stands that of two runs with one worker at the same time:
what the machine has to give. Python peers are timed with the start of the interpreter (about 0.1 to 0.3 s).
"""
import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile

import benchlib
import gen_data
from benchjobs import JOBS
from benchlib import Failed

TINY = 10_000
MB = 1e6


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", help="comma-separated, default all: " + ", ".join(job.key for job in JOBS))
    parser.add_argument("--size", choices=("small", "mid", "big"), default="big", help="10 MiB, 128 MiB, 1 GiB (default)")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", help="only these peers: names of tools, comma-separated; none: no peer at all")
    parser.add_argument("--tmpfs", action="store_true", help="also write to a file in --tmp")
    parser.add_argument("--cold", action="store_true", help="inputs that are not in the page cache")
    parser.add_argument("--tmp", default="/dev/shm", help="folder in memory for outputs (default /dev/shm)")
    parser.add_argument("--data", default=os.path.join(benchlib.ROOT, "data"), help="inputs; missing ones are made there")
    parser.add_argument("--binary", help="pagemill; default target/release/pagemill")
    parser.add_argument("--no-check", action="store_true", help="do not compare records")
    parser.add_argument("--slow", action="store_true", help="run slow peers on the big inputs too")
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    return parser.parse_args()


class Way:
    """One row of a table: a way to do a job."""

    def __init__(self, name, argv, peer=None):
        self.name, self.argv, self.peer = name, argv, peer
        self.null, self.file, self.trouble = [], [], ""
        self.scale, self.records = 1.0, "–"

    def note(self):
        notes = [self.peer.note] if self.peer and self.peer.note else []
        if self.scale != 1.0:
            notes.append("measured on 1/%.0f of the input" % self.scale)
        return "; ".join(notes)

    def wall(self, costs):
        return benchlib.median(costs).wall * self.scale


class Bench:
    """One job at one size."""

    def __init__(self, job, args, folder, binary, tools):
        self.job, self.args, self.folder, self.binary = job, args, folder, binary
        self.input = self.data(args.size)
        self.ways = [Way("**pagemill**", lambda i, o: job.ours(binary, i, o))]
        if job.repeat == 1:
            self.ways.append(Way("pagemill, 1 worker", lambda i, o: one_worker(job.ours(binary, i, o))))
        self.ways += [Way(p.name, p.argv, p) for p in job.peers if p.tool in tools]
        self.limit, self.cat, self.apart, self.warm = [], [], [], []

    def data(self, size):
        if self.job.data == "tiny":
            path = os.path.join(self.folder, "tiny.csv")
            if not os.path.exists(path):
                with open(gen_data.path_of(self.args.data, "numeric", "small"), "rb") as source, open(path, "wb") as file:
                    file.write(source.read(TINY).rpartition(b"\n")[0] + b"\n")
            return path
        return gen_data.path_of(self.args.data, self.job.data, size)

    def run(self, way, target, source=None):
        """Runs a way once; the cost of one conversion."""
        peer = way.peer
        source = source or way.input
        argv = way.argv(source, target)
        writes = peer is not None and peer.stdout or self.job.kind == "numbers"
        if self.args.cold:
            benchlib.forget(source)
        total = [benchlib.run(argv, source if peer and peer.stdin else None, target if writes else os.devnull,
                              follow=self.job.repeat == 1) for _ in range(self.job.repeat)]
        return benchlib.median(total)

    def check(self):
        """Compares what each way writes for the small input with what pagemill writes."""
        source = self.data("small")
        ours = os.path.join(self.folder, "ours")
        self.run(self.ways[0], ours, source)
        for way in self.ways[1:]:
            kind = way.peer.kind or self.job.kind if way.peer else self.job.kind
            if kind in ("other", None):
                way.records = "not compared"
                continue
            theirs = os.path.join(self.folder, "theirs")
            try:
                self.run(way, theirs, source)
                way.records = benchlib.in_child(benchlib.difference, ours, self.job.kind, theirs, kind) or "same"
            except Failed as error:
                way.trouble = str(error)
            remove(theirs)
        remove(ours)

    def measure(self):
        """All ways in turn, `runs` times."""
        for way in self.ways:
            way.input = self.input
            if way.peer and way.peer.slow and self.args.size == "big" and not self.args.slow:
                way.input = self.data("mid")
                way.scale = os.path.getsize(self.input) / os.path.getsize(way.input)
        if not self.args.no_check:
            self.check()
        benchlib.warm(self.input)
        limit = ["cat"] if self.args.cold else ["wc", "-l"]
        for _ in range(self.args.runs):
            if self.args.cold:
                self.warm.append(benchlib.run(self.ways[0].argv(self.input, os.devnull), follow=False))
                benchlib.forget(self.input)
            self.limit.append(benchlib.run(limit + [self.input], follow=False))
            for way in self.ways:
                if way.trouble:
                    continue
                try:
                    way.null.append(self.run(way, os.devnull))
                    if self.args.tmpfs and self.job.kind != "numbers" and self.job.repeat == 1:
                        way.file.append(self.to_file(way))
                except Failed as error:
                    way.trouble = str(error)
                if self.job.repeat == 1 and way is self.ways[1] and not self.args.cold:
                    self.apart.append(benchlib.side_by_side(way.argv(self.input, os.devnull), benchlib.WORKERS))

    def to_file(self, way):
        """A run to a new file in memory. After pagemill's the same bytes are copied with cat."""
        path, copy = os.path.join(self.folder, "output"), os.path.join(self.folder, "copy")
        try:
            cost = self.run(way, path)
            if way is self.ways[0]:
                self.cat.append(benchlib.run(["cat", path], stdout=copy, follow=False))
            return cost
        finally:
            remove(path)
            remove(copy)

    def table(self):
        """The markdown table of a job."""
        size = os.path.getsize(self.input)
        small = self.job.repeat > 1
        unit, factor = ("ms", 1e3) if small else ("s", 1)
        limit = benchlib.median(self.limit).wall
        cat = benchlib.median(self.cat).wall if self.cat else None
        rivals = [way.wall(way.null) for way in self.ways if way.peer and way.null]
        print("\n### %s (%s)\n" % (self.job.title, human(size)))
        print("| tool | wall %s | MB/s in | CPU %s | peak RSS MB | × best peer | × limit | file in memory %s | × cat | records | notes |"
              % (unit, unit, unit))
        print("| --- | --: | --: | --: | --: | --: | --: | --: | --: | --- | --- |")
        print("| (limit: " + ("cat" if self.args.cold else "wc -l") + ") | %.3g | %.0f | | | | 1 | %s | 1 | | |"
              % (limit * factor, size / limit / MB, "%.3g" % cat if cat else "–"))
        for way in sorted(self.ways, key=lambda way: way.wall(way.null) if way.null else 1e9):
            if not way.null:
                print("| %s | failed | | | | | | | | | %s |" % (way.name, way.trouble.replace("|", "/")[:120]))
                continue
            wall, cost = way.wall(way.null), benchlib.median(way.null)
            file = way.wall(way.file) if way.file else None
            # A process of a few milliseconds is gone before its peak can be followed.
            rss = "–" if small else "%.1f" % (max(c.rss for c in way.null + way.file) / MB)
            print("| %s | %.3g | %.0f | %.3g | %s | %s | %.2f | %s | %s | %s | %s |" % (
                way.name, wall * factor, size / wall / MB, cost.cpu * way.scale * factor, rss,
                "%.2f" % (min(rivals) / wall) if rivals else "–", wall / limit, "%.3g" % file if file else "–",
                "%.2f" % (file / cat) if file and cat else "–", way.records, way.note()))

    def verdicts(self):
        """Rows of the summary: job, seconds, the best rival, factor, wanted, kept."""
        ours = self.ways[0]
        if not ours.null:
            return [(self.job.title, "failed: " + ours.trouble, "", "", "", "no")]
        wall, rows = ours.wall(ours.null), []
        for wanted, name, which in self.job.wanted:
            rivals = [way for way in self.ways if way.peer and way.null and which(way.peer)]
            if not rivals:
                rows.append((self.job.title, "%.3g" % wall, "no peer", "", "%g × %s" % (wanted, name), "?"))
                continue
            rival = min(rivals, key=lambda way: way.wall(way.null))
            ratio = rival.wall(rival.null) / wall
            rows.append((self.job.title, "%.3g" % wall, "%s %.3g" % (rival.name, rival.wall(rival.null)), "%.2f ×" % ratio,
                         "%g × %s" % (wanted, name), yes(ratio >= wanted)))
        limit = benchlib.median(self.limit).wall
        if self.args.cold:
            slow = max(benchlib.median(self.limit).wall, benchlib.median(self.warm).wall)
            return rows + [(self.job.title + ", cold", "%.3g" % wall, "cat or warm %.3g" % slow, "%.2f ×" % (wall / slow),
                            "at most 1.15 ×", yes(wall <= 1.15 * slow))]
        if self.job.half_limit:
            rows.append((self.job.title, "%.3g" % wall, "wc -l %.3g" % limit, "%.2f ×" % (limit / wall), "0.5 ×", yes(wall <= 2 * limit)))
        if self.cat and self.job.key == "csv-ndjson":
            file, cat = ours.wall(ours.file), benchlib.median(self.cat).wall
            rows.append((self.job.title + ", to memory", "%.3g" % file, "cat %.3g" % cat, "%.2f ×" % (cat / file), "1 ×", yes(file <= cat)))
        if self.job.repeat == 1:
            rss = max(c.rss for c in ours.null + ours.file) / MB
            rows.append((self.job.title + ", memory", "", "", "%.1f MB" % rss, "at most 32 MB", yes(rss <= 32)))
            one = self.ways[1]
            if one.null:
                # The ratios of runs one behind the other: the machine is not as fast in one round as in the next.
                gain = statistics.median(alone.wall / cost.wall for alone, cost in zip(one.null, ours.null))
                machine = statistics.median(benchlib.WORKERS * alone.wall / both for alone, both in zip(one.null, self.apart))
                alone = one.wall(one.null)
                rows.append((self.job.title + ", two workers", "%.3g" % wall, "one %.3g (two runs apart: %.2f ×)" % (alone, machine),
                             "%.2f ×" % gain, "1.7 ×", yes(gain >= 1.7)))
        else:
            rows.append((self.job.title, "%.3g" % wall, "", "%.2f ms" % (wall * 1e3), "under 5 ms", yes(wall < 0.005)))
        return rows

    def figures(self):
        """Everything, for --json."""
        plain = lambda costs: [{"wall": c.wall, "cpu": c.cpu, "rss": c.rss} for c in costs]
        return {"job": self.job.key, "input_bytes": os.path.getsize(self.input), "limit": plain(self.limit), "cat": plain(self.cat),
                "ways": [{"name": w.name, "null": plain(w.null), "file": plain(w.file), "scale": w.scale, "records": w.records,
                          "trouble": w.trouble} for w in self.ways]}


def one_worker(argv):
    return [("1" if before == "-j" else word) for before, word in zip([""] + argv, argv)]


def yes(kept):
    return "yes" if kept else "**no**"


def human(size):
    return "%.2f GiB" % (size / 2**30) if size >= 2**29 else "%.0f MiB" % (size / 2**20) if size >= 2**20 else "%d bytes" % size


def remove(path):
    if os.path.exists(path):
        os.remove(path)


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


def main():
    args = arguments()
    jobs = [job for job in JOBS if not args.jobs or job.key in args.jobs.split(",")]
    unknown = set((args.jobs or "").split(",")) - {job.key for job in JOBS} - {""}
    if unknown or not jobs:
        sys.exit("unknown job %s; the jobs are %s" % (", ".join(unknown), ", ".join(job.key for job in JOBS)))
    binary = benchlib.pagemill_binary(args.binary)
    print("%d processors, %d workers, median of %d runs\n" % (os.cpu_count(), benchlib.WORKERS, args.runs))
    tools = tools_of(jobs, args.only)
    names = {job.data for job in jobs} - {"tiny"} | {"numeric"}
    sizes = {"small", args.size} | ({"mid"} if args.size == "big" else set())
    gen_data.ensure(args.data, sorted(names), sorted(sizes), say=lambda text: print(text, file=sys.stderr))
    folder = tempfile.mkdtemp(prefix="pagemill-bench-", dir=args.tmp)
    verdicts, figures = [], []
    try:
        for job in jobs:
            bench = Bench(job, args, folder, binary, tools)
            bench.measure()
            bench.table()
            sys.stdout.flush()
            verdicts += bench.verdicts()
            figures.append(bench.figures())
    finally:
        shutil.rmtree(folder)
    print("\n### Summary\n\n| job | pagemill s | against, s | factor | wanted | holds |\n| --- | --: | --- | --: | --- | --- |")
    for row in verdicts:
        print("| %s |" % " | ".join(row))
    if args.json:
        with open(args.json, "w") as file:
            json.dump(figures, file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
