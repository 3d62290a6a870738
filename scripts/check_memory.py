#!/usr/bin/env python3
"""Checks the memory ceiling: peak resident memory of whole conversions with two workers, as the system tells it.

Usage: check_memory.py PAGEMILL [--sizes 1GB,8GB] [--from FORMATS] [--to FORMATS] [--most 32MB] [--folder DIR]

Makes samples of each size in a temporary folder and converts each to every format, with a memory limit of 100 MB, of
16 MB, and of the least that the command says it needs. Prints a table; ends with 1 if a peak is too high, if it is
higher for the larger size by more than 4 MB, or if a run fails. Needs Python's standard library and Linux (/proc).
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FORMATS = ["csv", "tsv", "ndjson", "json", "text", "fixed", "frames"]
LAYOUT = "id:u64le,time:i64le,price:f64le,quantity:u32le,active:bool,name:text24,code:bytes8,pad:skip3"
UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9}


def size(text):
    return int(float(text[:-2]) * UNITS[text[-2:].upper()])


def flags(source, target):
    """What lets a sample of one format become records of the other."""
    if source == "fixed":
        return ["--layout", LAYOUT]
    if target != "fixed":
        return []
    if source == "text":
        return ["--layout", "line:text900"]
    if source == "frames":
        return ["--payload", "text", "--layout", "payload:text900"]
    return ["--layout", "name:text60,id:u32be,pad:skip2,price:f64le", "--select", "id,price,name"]


def least(command):
    """The memory limit that the command says it needs at least."""
    said = subprocess.run([*command, "--memory-limit", "1MB"], capture_output=True, text=True).stderr
    return re.search(r"Give --memory-limit (\S+) or more", said)[1]


def run(arguments):
    """Runs a command; gives its exit code, its peak in bytes and its seconds."""
    started, peak = time.monotonic(), 0
    process = subprocess.Popen(arguments)
    while True:
        try:
            code = process.wait(0.005)
            break
        except subprocess.TimeoutExpired:
            # The high-water mark of this program alone; the one of wait4 begins with that of Python.
            try:
                status = Path(f"/proc/{process.pid}/status").read_text()
                peak = max(peak, int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024)
            except (OSError, TypeError):
                pass
    return code, peak, time.monotonic() - started


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pagemill", type=lambda path: str(Path(path).resolve()))
    parser.add_argument("--sizes", default="1GB,8GB")
    parser.add_argument("--from", dest="sources", default=",".join(FORMATS))
    parser.add_argument("--to", dest="targets", default=",".join(FORMATS))
    parser.add_argument("--most", default="32MB", type=size)
    parser.add_argument("--folder", default=None)
    parser.add_argument("--target", default="/dev/null", help="where the output goes; a name is a file in the folder")
    wanted = parser.parse_args()
    failures, peaks = 0, {}
    print(f"{'pair':<17}{'input':>6}{'limit':>7}{'peak MB':>9}{'report':>8}{'heap':>7}{'steady':>7}{'seconds':>9}{'GB/s':>7}")
    with tempfile.TemporaryDirectory(dir=wanted.folder) as folder:
        source_path, report_path = f"{folder}/source", f"{folder}/report.json"
        target_path = os.path.join(folder, wanted.target)
        for source in wanted.sources.split(","):
            made = None
            for amount in wanted.sizes.split(","):
                for target in wanted.targets.split(","):
                    more = flags(source, target)
                    payload = ["--payload", "text"] if source == "frames" and target == "fixed" else []
                    if made != (amount, payload):
                        sample = [wanted.pagemill, "sample", "--format", source, "--size", amount, "--force"]
                        if run([*sample, *payload, "-o", source_path])[0] != 0:
                            sys.exit(f"no sample of {source}")
                        made = (amount, payload)
                    convert = [wanted.pagemill, "convert", source_path, "-f", source, "-t", target, "-q", "-j2"]
                    convert += [*more, "-o", target_path, "--force", "--report", report_path]
                    for limit in ("100MB", "16MB", least(convert)):
                        command = [*convert, "--memory-limit", limit]
                        code, peak, seconds = run(command)
                        if (source, target, limit) not in peaks:
                            # Peaks of short runs scatter by 2 to 3 MB: with how much the workers run at the same
                            # time, and as pages are mapped in runs of several. The size may not matter, so the
                            # first one is measured a few times. (Page tables of 8 GB alone would be 16 MB.)
                            for _ in range(3 if "," in wanted.sizes else 0):
                                again = run(command)
                                code, peak = code or again[0], max(peak, again[1])
                        report = json.loads(Path(report_path).read_text() or "{}") if code == 0 else {}
                        most = min(wanted.most, size(limit))
                        smaller = peaks.setdefault((source, target, limit), peak)
                        good = code == 0 and peak <= most and peak <= smaller + 4 * UNITS["MB"]
                        failures += not good
                        print(
                            f"{source + ' to ' + target:<17}{amount:>6}{limit:>7}{peak / 1e6:>9.1f}"
                            f"{report.get('peak_rss_bytes', 0) / 1e6:>8.1f}{report.get('peak_heap_bytes', 0) / 1e6:>7.1f}"
                            f"{report.get('allocations', {}).get('steady', -1):>7}{seconds:>9.2f}"
                            f"{size(amount) / 1e9 / seconds:>7.2f}{'' if good else f'   FAILED ({code})'}",
                            flush=True,
                        )
    print(f"{failures} failed")
    sys.exit(1 if failures else 0)


main()
