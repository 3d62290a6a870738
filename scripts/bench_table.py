#!/usr/bin/env python3
"""Prints what `cargo bench --bench csv --bench json` measured, by hypothesis, as markdown tables.

GB/s of one worker (medians), each beside its roofline: newlines counted by memchr. "cut / convert" is how many workers
one cutter could keep busy: it is the serial part of a run.
"""
import json
import os
import sys

import benchlib

TABLES = (
    ("CSV", "csv_", ("cut", "separators", "decode", "decode_encode_csv", "decode_encode_ndjson"), "decode_encode_ndjson"),
    ("NDJSON", "ndjson_", ("cut", "decode_Record", "decode_Maps", "decode_encode_ndjson", "decode_encode_csv"), "decode_encode_csv"),
)


def speed(folder):
    """GB/s of one function; none if it was not measured."""
    try:
        with open(os.path.join(folder, "new", "benchmark.json"), encoding="utf-8") as file:
            size = json.load(file)["throughput"]["Bytes"]
        with open(os.path.join(folder, "new", "estimates.json"), encoding="utf-8") as file:
            return size / json.load(file)["median"]["point_estimate"]
    except (OSError, KeyError):
        return None


def main():
    root = os.path.join(benchlib.ROOT, "target", "criterion")
    for title, prefix, functions, job in TABLES:
        rows = []
        for group in sorted(os.listdir(root)) if os.path.isdir(root) else ():
            if not group.startswith(prefix):
                continue
            of = {name: speed(os.path.join(root, group, name)) for name in (*functions, "roofline_newlines")}
            if None not in of.values():
                rows.append((of[job], group[len(prefix):].replace("_", " "), of))
        if not rows:
            sys.exit("nothing was measured: run `cargo bench --bench csv --bench json` first")
        names = [name.replace("decode_encode_", "to ").replace("decode_", "decode ").lower() for name in functions]
        print(f"| {title} | " + " | ".join(names) + " | newlines | cut / convert |")
        print("| --- |" + " --: |" * (len(functions) + 2))
        # The slowest conversion first.
        for _, name, of in sorted(rows):
            speeds = " | ".join(f"{of[function]:.2f}" for function in functions)
            print(f"| {name} | {speeds} | {of['roofline_newlines']:.1f} | {of['cut'] / of[job]:.1f} |")
        print()


if __name__ == "__main__":
    main()
