#!/usr/bin/env python3
"""Compares `pagemill aggregate` with Python's decimal and fractions: tables are made at random, with nulls, quoted numbers,
numbers of any size, and equal numbers that are written differently. Every value has to be the same text. Each run also has
to give the same bytes whatever the workers, the slices, and the way the input is read.

    scripts/check_aggregate.py [--binary target/release/pagemill] [--runs 100] [--seed 1]
"""

import argparse
import csv
import gzip
import io
import json
import os
import random
import subprocess
import sys
import tempfile
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, getcontext
from fractions import Fraction

getcontext().prec = 3000
getcontext().Emax, getcontext().Emin = 999999, -999999
ROUND = Context(prec=17, rounding=ROUND_HALF_EVEN, Emax=999999, Emin=-999999)
LONG = Context(prec=900, rounding=ROUND_HALF_EVEN, Emax=999999, Emin=-999999)
SHARES = ["0", "0.05", "0.25", "0.5", "0.95", "0.999", "1"]


def plain(value):
    text = format(value, "f")
    return text[1:] if text.startswith("-") and not value else text


def short_form(value):
    """Without zeros at the end of the digits after the point."""
    text = plain(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def is_short(text):
    """At most 18 digits, as they are kept in an integer."""
    digits = text.lstrip("-")
    if "e" in text.lower() or text.startswith("-") and not Decimal(text):
        return False
    return len(digits) <= (19 if "." in digits else 18)


def rank_key(text):
    value = Decimal(text)
    if is_short(text):
        return (value, 0, -value.as_tuple().exponent, "")
    return (value, 1, len(text), text)


def number(rng, kind):
    if kind == 0:
        return str(rng.randrange(-50, 50))
    if kind == 1:
        return f"{rng.randrange(-999, 999) / 100:.{rng.randrange(1, 4)}f}"
    if kind == 2:
        return f"{rng.choice(['', '-'])}{rng.randrange(10 ** rng.randrange(1, 40))}"
    if kind == 3:
        return f"{rng.choice(['', '-'])}{rng.randrange(1, 10)}.{rng.randrange(10 ** 6):06d}e{rng.randrange(-40, 40)}"
    if kind == 4:
        return rng.choice(["1e30", "1e-30", "-1e30", "0", "-0", "-0.00", "0.0", "1.10", "1.1", "1.100", "11e-1", "1e149", "1e-149"])
    return f"{rng.randrange(-10 ** 17, 10 ** 17)}.{rng.randrange(10)}"


def table(rng, count):
    """Records as lists of g, h, x, y: keys of groups, a number or null, a text or null."""
    kinds = rng.choice([[0], [1], [0, 1], [0, 1, 2, 3, 4, 5], [4], [1, 5]])
    groups = rng.choice([1, 3, 40])
    texts = ["Bern", "Rome", "a,b", "x\ny", 'q"q', "é", "7", "007", "true"]
    records = []
    for _ in range(count):
        group = rng.choice([None, "7"] if rng.random() < 0.1 else [f"k{rng.randrange(groups)}"])
        x = None if rng.random() < 0.1 else number(rng, rng.choice(kinds))
        y = None if rng.random() < 0.2 else rng.choice(texts) if rng.random() < 0.7 else f"u{rng.randrange(300)}"
        records.append([group, rng.choice(["p", "q", None]), x, y])
    return records


def as_csv(rng, records):
    def cell(value):
        if value is None:
            return ""
        if rng.random() < 0.2 or any(c in value for c in ',"\n'):
            return '"' + value.replace('"', '""') + '"'
        return value

    return "".join(",".join(map(cell, record)) + "\n" for record in [["g", "h", "x", "y"], *records]).encode()


def as_ndjson(rng, records):
    lines = []
    for record in records:
        parts = []
        for name, value in zip("ghxy", record):
            if value is None:
                if rng.random() < 0.5:
                    parts.append(f'"{name}":null')
            elif name == "x" and rng.random() < 0.8:
                parts.append(f'"{name}":{value}')
            else:
                parts.append(f'"{name}":{json.dumps(value, ensure_ascii=rng.random() < 0.5)}')
        lines.append("{" + ",".join(parts) + "}\n")
    return "".join(lines).encode()


def deviation(values):
    mean = sum(map(Fraction, values)) / len(values)
    variance = sum((Fraction(value) - mean) ** 2 for value in values) / (len(values) - 1)
    exact = LONG.divide(Decimal(variance.numerator), Decimal(variance.denominator))
    return short_form(ROUND.plus(LONG.sqrt(exact)))


def functions(rng):
    """Names, calls, and what Python says for the records of a group."""
    share = rng.choice(SHARES)
    most = rng.randrange(1, 5)

    def numbers(records):
        return [record[2] for record in records if record[2] is not None]

    def texts(records):
        return [record[3] for record in records if record[3] is not None]

    def total(records):
        values = [Decimal(text) for text in numbers(records)]
        if not values:
            return ""
        value = sum(values[1:], values[0])
        return plain(value.quantize(Decimal(1)) if value.as_tuple().exponent > 0 else value)

    def mean(records):
        values = [Decimal(text) for text in numbers(records)]
        return short_form(ROUND.divide(sum(values), len(values))) if values else ""

    def dear(records):
        # A product has the digits after the point of both, so the number needs its own first.
        values = [Decimal(plain(Decimal(text))) * Decimal("1.5") for text in numbers(records)]
        return plain(sum(values[1:], values[0])) if values else ""

    def best(records, choose):
        values = numbers(records)
        return choose(values, key=Decimal) if values else ""

    def quantile(records, share):
        values = sorted(numbers(records), key=rank_key)
        if not values:
            return ""
        wanted = Fraction(share) * len(values)
        return values[max(1, -(-wanted.numerator // wanted.denominator)) - 1]

    def frequent(records):
        values = texts(records)
        counts = {}
        for value in values:
            counts[value] = counts.get(value, 0) + 1
        return sorted(counts, key=lambda value: -counts[value])

    def top(records):
        shown = []
        for value in frequent(records)[:most]:
            # A text without quotes in CSV is a number where it is one; the check compares texts.
            shown.append(value)
        return shown

    def near(records):
        values = sorted(numbers(records), key=rank_key)
        if not values:
            return ""
        exact = Decimal(quantile(records, share))
        digits = Context(prec=3, rounding=ROUND_HALF_UP, Emax=999999, Emin=-999999)
        return short_form(digits.plus(exact))

    return [
        ("n", "count()", lambda r: str(len(r))),
        ("nx", "count(x)", lambda r: str(len(numbers(r)))),
        ("s", "sum(x)", total),
        ("m", "mean(x)", mean),
        ("dear", "sum(x * 1.5)", dear),
        ("lo", "min(x)", lambda r: best(r, min)),
        ("hi", "max(x)", lambda r: best(r, max)),
        ("lot", "min(y || '')", lambda r: min((t.encode() for t in texts(r)), default=b"").decode()),
        ("hit", "max(lower(y))", lambda r: max((t.lower().encode() for t in texts(r)), default=b"").decode()),
        ("f", "first(y)", lambda r: (texts(r) or [""])[0]),
        ("l", "last(x)", lambda r: (numbers(r) or [""])[-1]),
        ("a", "any(x)", lambda r: (numbers(r) or [""])[0]),
        ("sd", "stddev(x)", lambda r: deviation(list(map(Decimal, numbers(r)))) if len(numbers(r)) > 1 else ""),
        ("q", f"quantile(x, {share})", lambda r: quantile(r, share)),
        ("med", "median(x)", lambda r: quantile(r, "0.5")),
        ("d", "distinct(y)", lambda r: str(len(set(texts(r))))),
        ("mode", "mode(y)", lambda r: (frequent(r) or [""])[0]),
        ("top", f"top(y, {most})", top),
        ("ad", "approx_distinct(y)", lambda r: str(len(set(texts(r))))),
        ("aq", f"approx_quantile(x, {share})", near),
    ]


def same(name, found, wanted):
    if name == "top":
        # Numbers and truth values are written without quotes where the source has none.
        return [item if isinstance(item, str) else item for item in parsed(found)] == wanted
    return found == wanted


def parsed(text):
    """The items of a list, as texts."""
    items = json.loads(text, parse_int=str, parse_float=str)
    return ["true" if item is True else item for item in items]


class Check:
    def __init__(self, binary, folder):
        self.binary, self.folder, self.values, self.runs = binary, folder, 0, 0

    def run(self, args, data=None):
        self.runs += 1
        ran = subprocess.run([self.binary, "aggregate", *args], input=data, capture_output=True, check=False)
        if ran.returncode != 0:
            sys.exit(f"exit code {ran.returncode} for {args}\n{ran.stderr.decode()}")
        return ran.stdout

    def one(self, rng):
        records = table(rng, rng.choice([0, 1, 2, 30, 400]))
        form, data = rng.choice([("csv", as_csv), ("ndjson", as_ndjson)])
        data = data(rng, records)
        path = os.path.join(self.folder, f"t.{form}")
        with open(path, "wb") as file:
            file.write(data)
        by = rng.choice([[], ["g"], ["g", "h"], ["h"]])
        if form == "ndjson" and not records:
            by = []
        chosen = rng.sample(functions(rng), rng.randrange(1, 12))
        if rng.random() < 0.1 and by:
            chosen = []
        args = ["-q", "-t", "csv"]
        if by:
            args += ["--by", ",".join(by)]
        if chosen:
            args += ["--agg", ", ".join(f"{name} = {call}" for name, call, _ in chosen)]
        groups = {} if by else {(): []}
        for record in records:
            key = tuple(record["gh".index(name)] for name in by)
            groups.setdefault(key, []).append(record)
        found = self.run([path, *args])
        rows = list(csv.reader(io.StringIO(found.decode(), newline="")))
        names = by + [name for name, _, _ in chosen]
        what = f"{args} of {path}"
        if rows[0] != names or len(rows) != 1 + len(groups):
            sys.exit(f"{what}: {rows[0]}, {len(rows) - 1} groups in place of {names}, {len(groups)}")
        for row, (key, members) in zip(rows[1:], groups.items()):
            if row[: len(by)] != [text or "" for text in key]:
                sys.exit(f"{what}: group {row} in place of {key}")
            for cell, (name, call, function) in zip(row[len(by) :], chosen):
                self.values += 1
                wanted = function(members)
                if not same(name, cell, wanted):
                    sys.exit(f"{what}: {call} of group {key} is {cell!r}, not {wanted!r}")
        self.ways(rng, path, data, args, found)

    def ways(self, rng, path, data, args, wanted):
        form = path.rsplit(".", 1)[1]
        ways = [([path, *args, "-j", "7", "--slice-size", "1"], None)]
        for workers in ["1", "2", "7"]:
            size = rng.choice(["1", "17", "100", "4KiB", "1MiB"])
            ways.append(([path, *args, "-j", workers, "--slice-size", size, "--io", rng.choice(["auto", "read"])], None))
        ways.append((["-", "-f", form, *args, "-j", rng.choice("127"), "--slice-size", "64"], data))
        packed = path + ".gz"
        with open(packed, "wb") as file:
            file.write(gzip.compress(data, 1))
        ways.append(([packed, "-f", form, *args, "-j", "2", "--slice-size", "128"], None))
        lines = data.splitlines(keepends=True)
        # Not inside of quotes: the ways of several inputs are for records of one line.
        if form == "ndjson" and len(lines) > 1:
            cut = rng.randrange(1, len(lines))
            paths = [os.path.join(self.folder, name) for name in ["one.ndjson", "two.ndjson"]]
            for name, part in zip(paths, [lines[:cut], lines[cut:]]):
                with open(name, "wb") as file:
                    file.write(b"".join(part))
            ways.append(([*paths, *args, "-j", rng.choice("127"), "--slice-size", "50"], None))
        for way, standard_input in ways:
            if self.run(way, standard_input) != wanted:
                sys.exit(f"{way} gives other bytes than {path}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", default="target/release/pagemill")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        check = Check(os.path.abspath(options.binary), folder)
        for run in range(options.runs):
            try:
                check.one(random.Random(f"{options.seed} {run}"))
            except SystemExit as error:
                kept = os.path.join(tempfile.gettempdir(), "check_aggregate")
                os.makedirs(kept, exist_ok=True)
                for name in os.listdir(folder):
                    os.replace(os.path.join(folder, name), os.path.join(kept, name))
                sys.exit(f"seed {options.seed}, run {run}: {error}\nThe files are in {kept}.")
        print(f"{check.values} values of {options.runs} tables are those of Python; {check.runs} runs gave the same bytes")


if __name__ == "__main__":
    main()
