#!/usr/bin/env python3
"""Checks a pagemill binary against Python's csv, json and str, and against wc, on a folder of test files.

Usage: check_corpora.py PAGEMILL CORPORA

Needs Python's standard library only. Prints one line for each group of files; ends with 1 if anything differs.
"""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

PAGEMILL, CORPORA = os.path.abspath(sys.argv[1]), Path(sys.argv[2])
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
failures = []
csv.field_size_limit(1 << 30)


def run(*arguments, data=None):
    """Runs the binary; gives its exit code, output and errors."""
    done = subprocess.run([PAGEMILL, *map(str, arguments)], input=data, capture_output=True, timeout=60)
    if done.returncode not in (0, 1, 2, 4) or b"a bug in" in done.stderr or b"panicked" in done.stderr:
        failures.append(f"exit code {done.returncode}: {arguments}: {done.stderr.decode(errors='replace')}")
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def convert(data, source, target, *flags):
    code, out, errors = run("convert", "-", "-f", source, "-t", target, "-q", *flags, data=data)
    if code != 0:
        raise ValueError(f"{source} to {target}: {errors}")
    return out


def rows(data, delimiter=","):
    text = data.decode("utf-8-sig")
    return [row for row in csv.reader(text.splitlines(keepends=True), delimiter=delimiter) if row]


def number(text):
    return ("number", text)


def records(data):
    decode = lambda line: json.loads(line, parse_int=number, parse_float=number, object_pairs_hook=list)
    # Not splitlines: a text may have U+2028 in it.
    return [decode(line) for line in data.decode().split("\n") if line]


def may_be(text, value):
    """csv.reader does not tell whether a field was quoted: of the two meanings either will do."""
    return value == text or value is None and text == "" or value == number(text) and NUMBER.fullmatch(text)


def files(*folders):
    for folder in folders:
        yield from sorted(path for path in (CORPORA / folder).rglob("*") if path.is_file())


def on(name, paths):
    """A check of many files; each gives how many things it compared."""

    def every(check):
        compared = seen = 0
        for path in paths:
            seen += 1
            try:
                compared += check(path)
            except Exception as error:  # Every file is looked at, whatever one of them does.
                failures.append(f"{name}: {path}: {type(error).__name__}: {str(error)[:500]}")
        print(f"{name}: {seen} files, {compared} things compared")
        if compared == 0:
            failures.append(f"{name}: nothing was compared")

    return every


@on("csv-spectrum gives its records", files("csv/csv-spectrum/csvs"))
def spectrum(path):
    expected = json.loads((path.parents[1] / "json" / (path.stem + ".json")).read_text())
    if path.stem == "location_coordinates":
        # A slip of csv-spectrum: its two files have different telephone numbers.
        expected = expected if isinstance(expected, list) else [expected]
        assert [record.pop("Contact Phone Number") for record in expected] == ["1234567890"]
        expected = [{"Contact Phone Number": "2095257564", **record} for record in expected]
    found = [json.loads(line) for line in convert(path.read_bytes(), "csv", "ndjson", "--types", "text").split(b"\n") if line]
    assert found == expected, (found, expected)
    return len(expected)


@on("real CSV agrees with Python's csv", files("csv-real"))
def real(path):
    data = path.read_bytes()
    header, *lines = rows(data)
    found = records(convert(data, "csv", "ndjson"))
    assert len(found) == len(lines), (len(found), len(lines))
    for place, (line, record) in enumerate(zip(lines, found), 1):
        assert len(line) == len(record) and [key for key, _ in record] == header, (place, line, record)
        assert all(may_be(text, value) for text, (_, value) in zip(line, record)), (place, line, record)
    return len(lines)


@on("real CSV goes there and back", files("csv-real"))
def back(path):
    data = path.read_bytes()
    whole, typed = rows(data), convert(data, "csv", "ndjson")
    ways = [("ndjson",), ("json",), ("json", "--pretty"), ("tsv",), ("csv", "--quote", "'"), ("csv", "-n")]
    ways += [("frames", "--payload", "json", "--frame", frame) for frame in ("u16le", "u32be", "varint")]
    for target, *flags in ways:
        there = convert(data, "csv", target, *(f for f in flags if f not in ("--quote", "'")))
        again = convert(there, target, "csv", *(f for f in flags if f not in ("--pretty", "--quote", "'")))
        assert rows(again) == whole, (target, flags)
        if "-n" not in flags:
            assert convert(again, "csv", "ndjson") == typed, (target, flags)
    # A line of text holds a record as JSON; in JSON, in CSV and in TSV it is a text.
    text = convert(data, "csv", "text")
    assert text == typed
    for target in ("ndjson", "json", "csv", "tsv"):
        assert convert(convert(text, "text", target), target, "text") == text, target
    return len(whole) * len(ways)


@on("every path gives the same", files("csv", "tsv", "ndjson", "text"))
def same(path):
    name = {".csv": "csv", ".tsv": "tsv", ".ndjson": "ndjson", ".jsonl": "ndjson", ".json": "json"}.get(path.suffix, "text")
    compared = 0
    for target in ("csv", "tsv", "ndjson", "json", "text", "frames"):
        seen = set()
        for flags in (["-j1"], ["-j2", "--slice-size", "1"], ["-j2", "--io", "read", "--slice-size", "99"]):
            if name in ("json", "ndjson") and target in ("csv", "tsv") and "read" in flags and path.stat().st_size > 60000:
                continue
            code, out, errors = run("convert", path, "-f", name, "-t", target, "-q", *flags)
            # What a pipe took before an error is not promised.
            seen.add((code, out if code == 0 else errors))
        assert len(seen) == 1, (target, [(code, text[-300:]) for code, text in seen])
        compared += 1
    return compared


def valid_utf8(paths):
    for path in paths:
        try:
            path.read_bytes().decode()
            yield path
        except UnicodeDecodeError:
            pass


@on("upper, lower and reverse agree with Python's str", valid_utf8(files("text", "tsv", "csv-real", "ndjson")))
def ops(path):
    data = path.read_bytes()
    compared = 0
    for op, change in (("upper", str.upper), ("lower", str.lower), ("reverse-chars", lambda text: text[::-1])):
        found = convert(data, "text", "text", "--op", op)
        expected = b"".join(
            change(body.decode()).encode() + end for body, end in re.findall(rb"([^\n]*?)(\r?\n|\Z)", data) if body or end
        )
        for place, (mine, theirs) in enumerate(zip(found.split(b"\n"), expected.split(b"\n")), 1):
            assert mine == theirs, (op, place, mine.decode(errors="replace"), theirs.decode())
            compared += 1
        assert found == expected, op
    return compared


@on("count agrees with wc -lwmc", files("text", "tsv", "csv", "csv-real", "ndjson"))
def count(path):
    code, out, errors = run("count", "--decompress", "none", path)
    wc = subprocess.run(["wc", "-lwmc", path], capture_output=True, env={"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]})
    assert code == 0 and out.split()[:4] == wc.stdout.split()[:4], (out, wc.stdout, errors)
    return 4


for failure in failures:
    print(failure, file=sys.stderr)
sys.exit(1 if failures else 0)
