#!/usr/bin/env python3
"""Checks `pagemill stats` against Python's fractions and decimal, on data that is made to be hard.

    scripts/check_stats.py [PAGEMILL]

Numbers of every length and scale, nulls, text in number columns, few and many different values; every answer is taken
with several numbers of workers and sizes of slices, which must not change a byte. What is approximate has to stay inside
its bound.
"""

import csv
import io
import json
import math
import random
import subprocess
import sys
import tempfile
from collections import Counter
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from pathlib import Path

SHARES = {"p05": 5, "p25": 25, "p50": 50, "p75": 75, "p95": 95}
FEW = 4096


def number(text):
    """The value of a text that is exactly a JSON number; of others none."""
    try:
        if not isinstance(json.loads(text, parse_int=str, parse_float=str), str) or text.strip() != text or text[0] == '"':
            return None
    except ValueError:
        return None
    return Fraction(Decimal(text))


def rounded(value, digits=17):
    """A fraction in so many digits, half to even."""
    if value == 0:
        return Fraction(0)
    exponent = math.floor(math.log10(abs(value.numerator)) - math.log10(value.denominator)) if value else 0
    for guess in (exponent - 1, exponent, exponent + 1):
        if Fraction(10) ** guess <= abs(value) < Fraction(10) ** (guess + 1):
            exponent = guess
    unit = Fraction(10) ** (exponent - digits + 1)
    return round(value / unit) * unit


def root(value):
    """The root of a fraction in seventeen digits."""
    context = Context(prec=400)
    exact = context.sqrt(context.divide(Decimal(value.numerator), Decimal(value.denominator)))
    return Fraction(Context(prec=17, rounding=ROUND_HALF_EVEN).plus(exact))


def expect(cells):
    """What there is to say about a column; None is null."""
    texts = [cell for cell in cells if cell is not None]
    numbers = sorted((value, text) for text in texts if (value := number(text)) is not None)
    values = [value for value, _ in numbers]
    others = sorted(text.encode() for text in texts if number(text) is None)
    said = {
        "count": len(texts),
        "values": values,
        "nulls": len(cells) - len(texts),
        "numbers": len(values),
        "distinct": len(set(texts)),
        "longest": max(map(len, texts), default=None),
        "text_min": others[0].decode() if others else None,
        "text_max": others[-1].decode() if others else None,
        "top": sorted(Counter(texts).items(), key=lambda item: (-item[1], item[0].encode()))[:10],
    }
    said["kind"] = {(0, 0): "empty", (1, 0): "number", (0, 1): "text", (1, 1): "mixed"}[bool(values), bool(others)]
    if values:
        total = sum(values)
        said |= {"min": values[0], "max": values[-1], "sum": total, "mean": rounded(total / len(values))}
        for name, share in SHARES.items():
            said[name] = values[max(1, -(-len(values) * share // 100)) - 1]
    if len(values) > 1:
        squares = sum(value * value for value in values)
        count = len(values)
        said["stddev"] = root((squares * count - total * total) / (count * (count - 1)))
    return said


def compare(name, row, said):
    """Fails where an answer is not what is expected."""

    def same(field, got, want):
        assert got == want, f"{name}: {field} is {got}, not {want}"

    for field in ("count", "nulls", "numbers"):
        same(field, int(row[field]), said[field])
    same("kind", row["kind"], said["kind"])
    same("longest", int(row["longest"]) if row["longest"] else None, said["longest"])
    for field in ("text_min", "text_max"):
        same(field, row[field] or None, said[field] or None)
    for field in ("min", "max", "sum", "mean", "stddev"):
        got = row[field]
        same(field, Fraction(Decimal(got)) if got else None, said.get(field))
    few = said["distinct"] <= FEW
    same("which distinct", bool(row["distinct"]), few)
    if few:
        same("distinct", int(row["distinct"]), said["distinct"])
        top = json.loads(row["top"] or "[]", parse_int=str, parse_float=str)
        same("top", [(one["value"], int(one["count"])) for one in top], said["top"])
    else:
        assert abs(int(row["approx_distinct"]) / said["distinct"] - 1) < 0.03, f"{name}: {row['approx_distinct']}"
        same("top", row["top"], "")
    for field in SHARES:
        got = row[field if few else f"approx_{field}"]
        want = said.get(field)
        if few or want is None:
            same(field, Fraction(Decimal(got)) if got else None, want)
        else:
            assert abs(Fraction(Decimal(got)) - want) <= abs(want) * Fraction(5, 1000), f"{name}: {field} {got} {want}"
    if row["histogram"]:
        parts = json.loads(row["histogram"], parse_int=str, parse_float=str)
        start, step = (Fraction(Decimal(parts[field])) for field in ("from", "step"))
        counted = Counter(int((value - start) // step) for value in said["values"])
        same("histogram", [int(count) for count in parts["counts"]], [counted[part] for part in range(len(parts["counts"]))])
        same("all of the histogram", sum(counted.values()), said["numbers"])
        assert 6 <= len(parts["counts"]) <= 30 and counted[0] > 0, f"{name}: {parts}"
    else:
        lost = any(abs(value) > 10**18 or value * 10**18 % 1 for value in said["values"])
        assert lost or len(set(said["values"])) < 2, f"{name}: no histogram"


def column(draw, count):
    """A column of a kind that is drawn."""
    kinds = {
        "whole": lambda: str(draw.randint(-1000, 1000)),
        "unique": lambda: str(draw.getrandbits(40)),
        "money": lambda: f"{draw.randint(-10**7, 10**7) / 100:.2f}",
        "scales": lambda: f"{draw.randint(0, 10**9)}.{draw.randint(0, 10 ** draw.randint(1, 8))}",
        "floats": lambda: repr(draw.gauss(0, 1) * 10 ** draw.randint(-6, 6)),
        "far": lambda: f"{draw.randint(-99, 99)}e{draw.randint(-40, 40)}",
        "long": lambda: str(draw.getrandbits(draw.randint(1, 300)) * draw.choice((1, -1))),
        "tiny": lambda: draw.choice(("1e-30", "1e30", "-1e30", "0", "-0", "0.0", "1.10", "1.1")),
        "words": lambda: draw.choice(("ja", "nein", "vielleicht", "Zürich", "東京")),
        "texts": lambda: f"user {draw.getrandbits(30)}",
        "numerals": lambda: draw.choice(("007", "+1", "1.", ".5", "NaN", "Infinity", "-", "1e", "0x10", "12")),
        "mixed": lambda: draw.choice((str(draw.randint(0, 10**6)), "n/a", f"x{draw.getrandbits(20)}")),
        "nothing": lambda: None,
    }
    name = draw.choice(list(kinds))
    nulls = draw.choice((0, 0.01, 0.5))
    return name, [None if draw.random() < nulls else kinds[name]() for _ in range(count)]


def main():
    """Runs all checks."""
    binary = sys.argv[1] if len(sys.argv) > 1 else "pagemill"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "t.csv")
        for seed in range(12):
            draw = random.Random(seed)
            count = draw.choice((0, 1, 2, 100, 5000, 20_000))
            columns = [column(draw, count) for _ in range(6)]
            names = [f"{name} {at}" for at, (name, _) in enumerate(columns)]
            lines = [names, *zip(*(["" if cell is None else cell for cell in cells] for _, cells in columns))]
            path.write_text("\n".join(map(",".join, lines)) + "\n", encoding="utf-8")
            answers = set()
            for flags in (["-j1"], ["-j2", "--slice-size", "4KiB"], ["-j7", "--slice-size", "1KiB", "--io", "read"]):
                done = subprocess.run([binary, "stats", str(path), "-t", "csv", *flags], capture_output=True, check=True)
                answers.add(done.stdout)
            assert len(answers) == 1, f"seed {seed}: answers differ"
            rows = list(csv.DictReader(io.StringIO(answers.pop().decode())))
            assert [row["field"] for row in rows] == names
            for row, (name, cells) in zip(rows, columns):
                compare(f"seed {seed}, {row['field']}", row, expect(cells))
    print("all answers are as Python has them")


if __name__ == "__main__":
    main()
