#!/usr/bin/env python3
"""Compares expressions with DuckDB, where both have the same rules: numbers are DECIMAL there, so results are
exact (but for floor and ceil of an integer, which are floating point there). Tables
and expressions are made at random; every value has to be the same (numbers by their value, other things by their text).

    python3 -m pip install duckdb
    scripts/check_expr_duckdb.py [--binary target/release/pagemill] [--runs 100] [--seed 1]
"""

import argparse
import datetime
import json
import os
import random
import subprocess
import sys
import tempfile
from decimal import Decimal

import duckdb

RECORDS, SETS = 40, 16
# Without ß, whose upper case is ẞ in DuckDB and SS in Unicode.
WORDS = ["", "a", "Ab", "høne", "it's", "x,y", "a-b-c", "  pad ", "100%", "snake_case", "ΑΒΓ", "naïve café", "00 7"]


class Maker:
    """Makes expressions that both understand."""

    def __init__(self, rng):
        self.rng = rng

    def number(self, depth):
        r = self.rng
        if depth == 0:
            return r.choice(["a", "b", "a", "b", str(r.randrange(100)), f"{r.randrange(100)}.{r.randrange(100):02d}"])
        one, two = self.number(depth - 1), self.number(0)
        return r.choice(
            [
                f"({one} + {two})",
                f"({one} - {two})",
                f"({self.number(0)} * {two})",
                f"(- {one})",
                f"abs({one})",
                f"round({one}, {r.randrange(3)})",
                f"floor({one} + 0.0)",
                f"ceil({one} + 0.0)",
                f"coalesce({one}, {two})",
                f"nullif({one}, {two})",
                f"CASE WHEN {self.truth(depth - 1)} THEN {one} ELSE {two} END",
                f"length({self.text(depth - 1)})",
                f"strpos({self.text(depth - 1)}, {self.literal()})",
                f"extract({r.choice(['year', 'month', 'day', 'quarter', 'week', 'hour', 'minute', 'doy', 'dow'])} FROM d)",
            ]
        )

    def literal(self):
        return "'" + self.rng.choice(WORDS[1:]).replace("'", "''") + "'"

    def text(self, depth):
        r = self.rng
        if depth == 0:
            return r.choice(["t", "t", "u", self.literal()])
        one = self.text(depth - 1)
        return r.choice(
            [
                f"lower({one})",
                f"upper({one})",
                f"trim({one})",
                f"ltrim({one}, 'a ')",
                f"substr({one}, {r.randrange(1, 6)}, {r.randrange(5)})",
                f"substr({one}, {r.randrange(1, 6)})",
                f"replace({one}, {r.choice(['a', 'b', '-', 'xyz'])!r}, 'Q')",
                f"split_part({one}, '-', {r.randrange(1, 4)})",
                f"lpad({one}, {r.randrange(12)}, '*+')",
                f"rpad({one}, {r.randrange(12)}, ' ')",
                f"regexp_replace({one}, '[0-9]+', '#', 'g')",
                f"({one} || {self.text(0)})",
                f"concat({one}, {self.text(0)})",
                f"coalesce({one}, {self.text(0)})",
                f"nullif({one}, {self.literal()})",
                f"CASE {self.text(0)} WHEN {self.literal()} THEN {one} END",
            ]
        )

    def truth(self, depth):
        r = self.rng
        kind = r.randrange(11 if depth > 0 else 8)
        below = max(depth - 1, 0)
        sign = r.choice(["=", "<>", "<", "<=", ">", ">="])
        if kind == 0:
            return f"({self.number(below)} {sign} {self.number(0)})"
        if kind == 1:
            return f"({self.text(below)} {r.choice(['=', '<>'])} {self.literal()})"
        if kind == 2:
            return f"({r.choice('abtud')} IS {r.choice(['', 'NOT '])}NULL)"
        if kind == 3:
            pattern = r.choice(["a%", "%a%", "%e", "_", "%_case", "%''%", "100%"])
            return f"({self.text(below)} {r.choice(['', 'NOT '])}LIKE '{pattern}')"
        if kind == 4:
            return f"({r.choice('ab')} {r.choice(['', 'NOT '])}BETWEEN {r.randrange(-50, 50)} AND {r.randrange(100)})"
        if kind == 5:
            items = ", ".join(str(r.randrange(20)) for _ in range(r.randrange(1, 5)))
            return f"({r.choice('ab')} IN ({items}))"
        if kind == 6:
            return f"(u IN ({self.literal()}, {self.literal()}))"
        if kind == 7:
            return f"({r.choice(['starts_with', 'contains', 'ends_with'])}({self.text(below)}, {self.literal()}))"
        if kind == 8:
            return f"(NOT {self.truth(below)})"
        return f"({self.truth(below)} {r.choice(['AND', 'OR'])} {self.truth(below)})"

    def time(self):
        unit = self.rng.choice(["year", "quarter", "month", "week", "day", "hour", "minute", "second"])
        return f"date_trunc('{unit}', d)"


def ours(text):
    """DuckDB replaces only the first match without a 'g', and needs to be told."""
    return text.replace(", '#', 'g')", ", '#')")


def cell(value):
    if value is None:
        return ""
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    return value.isoformat() if isinstance(value, datetime.datetime) else str(value)


def shown(value):
    """What a value is, in a form that both have."""
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat() if isinstance(value, datetime.datetime) else value.isoformat() + "T00:00:00"
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    return Decimal(value)


def check(binary, folder, seed):
    rng = random.Random(seed)
    maker = Maker(rng)
    none = lambda value: None if rng.random() < 0.1 else value
    start = datetime.datetime(1999, 12, 30)
    rows = [
        (
            none(Decimal(rng.randrange(-(10**4), 10**4)).scaleb(-rng.randrange(4))),
            none(Decimal(rng.randrange(20))),
            none(rng.choice(WORDS)),
            none(rng.choice(WORDS)),
            none(start + datetime.timedelta(seconds=rng.randrange(10**9))),
        )
        for _ in range(RECORDS)
    ]
    path = os.path.join(folder, "table.csv")
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write("a,b,t,u,d\n" + "".join(",".join(map(cell, row)) + "\n" for row in rows))
    made = [rng.choice([maker.number, maker.text, maker.truth])(2) for _ in range(SETS)] + [maker.time()]
    where = maker.truth(2)
    base = duckdb.connect()
    base.execute("CREATE TABLE t (n INTEGER, a DECIMAL(18,3), b DECIMAL(18,3), t VARCHAR, u VARCHAR, d TIMESTAMP)")
    base.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)", [(n, *row) for n, row in enumerate(rows)])
    try:
        query = f"SELECT {', '.join(made)} FROM t WHERE {where} ORDER BY n"
        wanted = base.execute(query).fetchall()
    except duckdb.Error as error:
        # It refuses some that have no type it likes.
        return 0, None if "Binder" in str(error) or "Conversion" in str(error) else f"seed {seed}: {error}"
    flags = [flag for index, text in enumerate(made) for flag in ("--set", f"x{index}={ours(text)}")]
    command = [binary, "convert", path, "-t", "ndjson", "-q", "--where", ours(where), *flags]
    done = subprocess.run(command, capture_output=True, env=dict(os.environ, XDG_STATE_HOME=folder), check=False)
    if done.returncode != 0:
        text = done.stderr.decode()
        # A literal where another kind of value is needed is refused before the run.
        return 0, None if done.returncode == 2 and "is needed here" in text else f"seed {seed}: {text}\n{command}"
    found = [json.loads(line, parse_int=Decimal, parse_float=Decimal) for line in done.stdout.splitlines()]
    if len(found) != len(wanted):
        return 0, f"seed {seed}: {len(found)} records, and {len(wanted)} in DuckDB\n  WHERE {where}"
    cases = 0
    for line, row in zip(found, wanted):
        for index, value in enumerate(row):
            cases += 1
            got, value = line[f"x{index}"], shown(value)
            if got != value or isinstance(got, bool) != isinstance(value, bool):
                fields = {name: line[name] for name in "abtud"}
                return cases, f"seed {seed}: {made[index]}\n  over {fields}\n  gives {got!r}, and {value!r} in DuckDB"
    return cases, None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/pagemill")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    cases, wrong = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(args.seed, args.seed + args.runs):
            more, problem = check(os.path.abspath(args.binary), folder, seed)
            cases += more
            if problem:
                wrong += 1
                print(problem)
    print(f"{cases} values agree with DuckDB {duckdb.__version__}" if not wrong else f"{wrong} of {args.runs} runs differ")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
