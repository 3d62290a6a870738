#!/usr/bin/env python3
"""What it costs to be watched: throughput with --monitor on a terminal, a dashboard that a client follows, alerts, a file of
metrics and the history, against all of that off. Runs take turns, in pairs, and the order changes from pair to pair.

  scripts/check_cost.py                      1 GiB of CSV to NDJSON, 12 pairs
  scripts/check_cost.py --size 256MiB --pairs 30

Prints the median of the pairs' ratios with the interval that has it with 95 % confidence, for the time that passed and for
processor time. Exits with 1 if throughput is below 0.99 of what it is unwatched, beyond the noise.
"""
import argparse
import os
import pty
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

import benchlib

RULES = "".join('[[alert]]\nmetric = "%s"\nabove = %s\n' % rule for rule in [
    ("records_bad_share", 0.5), ("memory_resident_share", 0.99), ("stalled_seconds", 30), ("written_bytes_rate", 1e12)])
LEAST = 0.99


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="1GiB")
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--binary", help="pagemill; default target/release/pagemill")
    return parser.parse_args()


def follow(address):
    """Reads the events of a run until it ends."""
    try:
        with urllib.request.urlopen(address + "api/events", timeout=60) as events:
            while events.read(4096):
                pass
    except OSError:
        pass


def look(terminal):
    """Reads what a run draws, and opens its dashboard as soon as that has an address."""
    drawn, client = b"", None
    while True:
        try:
            more = os.read(terminal, 65536)
        except OSError:  # The other end is closed.
            more = b""
        if not more:
            return client
        drawn = (drawn + more)[-4096:]
        address = re.search(rb"dashboard at (http://\S+/)", drawn)
        if address and not client:
            client = threading.Thread(target=follow, args=[address.group(1).decode()])
            client.start()


def run(argv, folder):
    """Seconds that passed, and seconds of processors."""
    ours, its = pty.openpty()
    environment = dict(os.environ, XDG_STATE_HOME=os.path.join(folder, "state"), XDG_CONFIG_HOME=folder, TERM="xterm")
    started = time.monotonic()
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=its, env=environment)
    os.close(its)
    looking = threading.Thread(target=look, args=[ours])
    looking.start()
    _, status, used = os.wait4(child.pid, 0)
    passed = time.monotonic() - started
    looking.join()
    os.close(ours)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit("%s: code %d" % (" ".join(argv), child.returncode))
    return passed, used.ru_utime + used.ru_stime


def interval(values):
    """The median, and the values between which it is with 95 % confidence: from their order alone."""
    values, n = sorted(values), len(values)
    chance, below, cut = 0.5 ** n, 0.0, 0
    while cut < n // 2 and below + chance <= 0.025:
        below += chance
        cut += 1
        chance *= (n - cut + 1) / cut
    return statistics.median(values), values[max(cut - 1, 0)], values[n - max(cut, 1)]


def main():
    args = arguments()
    binary = benchlib.pagemill_binary(args.binary)
    with tempfile.TemporaryDirectory(prefix="pagemill-cost-") as folder:
        source, rules = os.path.join(folder, "a.csv"), os.path.join(folder, "rules.toml")
        with open(rules, "w", encoding="utf-8") as file:
            file.write(RULES)
        subprocess.run([binary, "generate", "-t", "csv", "--size", args.size, "-o", source], check=True)
        job = [binary, "convert", source, "-t", "ndjson", "-o", "/dev/null", "--force", "-j", str(args.workers)]
        off = job + ["--progress", "none", "--no-history", "--config", "none"]
        on = job + ["--monitor", "--dashboard", "0", "--no-history=false", "--config", rules,
                    "--metrics-file", os.path.join(folder, "m.prom")]
        kinds = {"off": off, "on": on, "off again": off}
        for argv in kinds.values():
            run(argv, folder)
        figures = {name: [] for name in kinds}
        for pair in range(args.pairs):
            for name in list(kinds) if pair % 2 == 0 else reversed(list(kinds)):
                figures[name].append(run(kinds[name], folder))
    print("%d pairs, %s, %d workers; as shares of what it is with all of it off" % (args.pairs, args.size, args.workers))
    print("| what | throughput | 95 % interval | processor time | 95 % interval |")
    print("|---|--:|--:|--:|--:|")
    for name in ("on", "off again"):
        pairs = list(zip(figures["off"], figures[name]))
        faster = interval([without[0] / watched[0] for without, watched in pairs])
        costs = interval([watched[1] / without[1] for without, watched in pairs])
        print("| %s | %.4f | %.4f to %.4f | %.4f | %.4f to %.4f |" % (name, *faster, *costs))
        if name == "on":
            slow = faster[2] < LEAST
    sys.exit("watched runs are slower than %s of the others" % LEAST if slow else 0)


if __name__ == "__main__":
    main()
