#!/usr/bin/env python3
"""Compares expressions with Python's decimal: tables and expressions are made at random, calculated by both, and every
value has to be the same text. Also, each run has to give the same bytes whatever the workers, the slices, and the way
the input is read.

    scripts/check_expr.py [--binary target/release/pagemill] [--runs 100] [--seed 1]
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, getcontext

getcontext().prec = 3000
getcontext().Emax, getcontext().Emin = 999999, -999999
QUOTIENT = Context(prec=34, rounding=ROUND_HALF_EVEN, Emax=999999, Emin=-999999)
RECORDS, SETS = 20, 12


class Number:
    """A number: calculated, or with the text that its field has."""

    def __init__(self, value, text=None):
        self.value, self.text = value, text

    def shown(self):
        return self.text if self.text is not None else plain(self.value)


def plain(value):
    text = format(value, "f")
    return text[1:] if text.startswith("-") and not value else text


def calculated(value):
    """A result has no digits left out before the point."""
    return Number(value.quantize(Decimal(1)) if value.as_tuple().exponent > 0 else value)


class Maker:
    """Makes expressions: each is a text and a function from a record to its value."""

    def __init__(self, rng):
        self.rng = rng

    def literal(self):
        r = self.rng
        whole = r.choice(["0", str(r.randrange(1, 100)), str(r.randrange(1, 10 ** r.randrange(1, 45)))])
        text = whole + (f".{r.randrange(10 ** 4):0{r.randrange(4, 8)}d}" if r.random() < 0.5 else "")
        if r.random() < 0.1:
            text += f"e{r.randrange(-6, 7)}"
        return text

    def number(self, depth):
        r = self.rng
        kind = r.randrange(12) if depth > 0 else r.randrange(2)
        if kind == 0:
            text = self.literal()
            value = Decimal(text)
            return text, lambda record: calculated(value)
        if kind == 1:
            name = r.choice("abc")
            return name, lambda record: None if record[name] is None else Number(Decimal(record[name]), record[name])
        one, f = self.number(depth - 1)
        if kind == 2:
            return f"-({one})", lambda record: self.map(f(record), lambda v: -v)
        if kind == 3:
            places = r.randrange(0, 6)

            def rounded(value):
                return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)

            return f"round({one}, {places})", lambda record: self.map(f(record), rounded)
        if kind == 4:
            name, rounding = r.choice([("floor", ROUND_FLOOR), ("ceil", ROUND_CEILING)])
            return f"{name}({one})", lambda record: self.map(f(record), lambda v: v.quantize(Decimal(1), rounding))
        if kind == 5:
            return f"abs({one})", lambda record: self.map(f(record), abs)
        if kind == 6:
            condition, c = self.truth(depth - 1)
            other, g = self.number(depth - 1)
            text = f"CASE WHEN {condition} THEN {one} ELSE {other} END"
            return text, lambda record: f(record) if c(record) else g(record)
        two, g = self.number(depth - 1)
        if kind == 7:
            return f"coalesce({one}, {two})", lambda record: g(record) if f(record) is None else f(record)
        if kind == 8:

            def divided(a, b):
                value = QUOTIENT.divide(a, b)
                if not value:
                    return Decimal(0)
                value = value.normalize(QUOTIENT)
                return value.quantize(Decimal(1)) if value.as_tuple().exponent > 0 else value

            return f"({one}) / nullif({two}, 0)", lambda record: self.two(f(record), g(record), divided, False)
        if kind == 9:
            return f"({one}) % nullif({two}, 0)", lambda record: self.two(f(record), g(record), lambda a, b: a % b, False)
        sign, how = {10: ("*", lambda a, b: a * b), 11: r.choice([("+", lambda a, b: a + b), ("-", lambda a, b: a - b)])}[
            kind
        ]
        return f"({one}) {sign} ({two})", lambda record: self.two(f(record), g(record), how, True)

    @staticmethod
    def map(number, how):
        return None if number is None else calculated(how(number.value))

    @staticmethod
    def two(one, two, how, zero):
        if one is None or two is None or not zero and not two.value:
            return None
        # A number in a calculation has at least no zeros cut off: 1e3 is 1000.
        a, b = (n.value.quantize(Decimal(1)) if n.value.as_tuple().exponent > 0 else n.value for n in (one, two))
        return calculated(how(a, b))

    def truth(self, depth):
        r = self.rng
        kind = r.randrange(8) if depth > 0 else r.randrange(5)
        if kind in (0, 1):
            (one, f), (two, g) = self.number(max(depth - 1, 0)), self.number(0)
            sign, holds = r.choice(
                [
                    ("=", lambda a, b: a == b),
                    ("<>", lambda a, b: a != b),
                    ("<", lambda a, b: a < b),
                    (">=", lambda a, b: a >= b),
                ]
            )

            def compared(record):
                a, b = f(record), g(record)
                return None if a is None or b is None else holds(a.value, b.value)

            return f"{one} {sign} {two}", compared
        if kind == 2:
            name = r.choice("abct")
            return f"{name} IS NOT NULL", lambda record: record[name] is not None
        if kind == 3:
            part = r.choice(["a", "b", "ab", "'", "é"])
            quoted = part.replace("'", "''")
            text = f"t LIKE '%{quoted}%'"
            return text, lambda record: None if record["t"] is None else part in record["t"]
        if kind == 4:
            items = [self.literal() for _ in range(r.randrange(1, 5))] + [str(r.randrange(10))]
            name = r.choice("abc")
            text = f"{name} IN ({', '.join(items)})"
            values = [Decimal(item) for item in items]
            return text, lambda record: None if record[name] is None else Decimal(record[name]) in values
        one, f = self.truth(depth - 1)
        if kind == 5:
            return f"NOT ({one})", lambda record: None if f(record) is None else not f(record)
        two, g = self.truth(depth - 1)
        if kind == 6:

            def both(record):
                a, b = f(record), g(record)
                return False if a is False or b is False else None if a is None or b is None else True

            return f"({one}) AND ({two})", both

        def either(record):
            a, b = f(record), g(record)
            return True if a is True or b is True else None if a is None or b is None else False

        return f"({one}) OR ({two})", either

    def words(self, depth):
        r = self.rng
        kind = r.randrange(6) if depth > 0 else r.randrange(2)
        if kind == 0:
            text = "".join(r.choice("abAB 'é,\"\\") for _ in range(r.randrange(5)))
            return "'" + text.replace("'", "''") + "'", lambda record: text
        if kind == 1:
            return "t", lambda record: record["t"]
        one, f = self.words(depth - 1)

        def strict(how):
            return lambda record: None if f(record) is None else how(f(record))

        if kind == 2:
            name, how = r.choice([("lower", str.lower), ("upper", str.upper), ("trim", str.strip)])
            return f"{name}({one})", strict(how)
        if kind == 3:
            start, length = r.randrange(1, 5), r.randrange(0, 5)
            return f"substr({one}, {start}, {length})", strict(lambda t: t[start - 1 : start - 1 + length])
        if kind == 4:
            return f"replace({one}, 'a', 'xy')", strict(lambda t: t.replace("a", "xy"))
        two, g = self.words(depth - 1)
        return f"{one} || {two}", lambda record: None if None in (f(record), g(record)) else f(record) + g(record)


def field(rng):
    if rng.random() < 0.1:
        return None
    digits = rng.choice([2, 2, 2, 5, 17, 18, 19, 38, 40])
    text = str(rng.randrange(10**digits))
    if rng.random() < 0.6:
        text += "." + "".join(rng.choice("0123456789") for _ in range(rng.randrange(1, 20)))
    if rng.random() < 0.3 and set(text) - set("0."):
        text = "-" + text
    if rng.random() < 0.1:
        text += rng.choice(["e2", "E+3", "e-4"])
    return text


def record(rng):
    made = {name: field(rng) for name in "abc"}
    made["t"] = None if rng.random() < 0.1 else "".join(rng.choice("abAB é'\"\n,") for _ in range(rng.randrange(1, 8)))
    return made


def csv(records):
    def cell(name, value):
        if value is None:
            return ""
        return '"' + value.replace('"', '""') + '"' if name == "t" else value

    lines = ["a,b,c,t"] + [",".join(cell(n, r[n]) for n in "abct") for r in records]
    return "\n".join(lines) + "\n"


class Digits(str):
    """A number in JSON, as it is written."""


def run(binary, path, flags, piped):
    command = [binary, "convert", "-" if piped else path, "-f", "csv", "-t", "ndjson", *flags]
    environment = dict(os.environ, XDG_STATE_HOME=os.path.dirname(path), XDG_CONFIG_HOME=os.path.dirname(path))
    with open(path, "rb") as source:
        done = subprocess.run(command, stdin=source, capture_output=True, env=environment, check=False)
    return done.returncode, done.stdout, done.stderr.decode()


def shown(value):
    if isinstance(value, Number):
        return Digits(value.shown())
    return value


def check(binary, folder, seed):
    rng = random.Random(seed)
    maker = Maker(rng)
    records = [record(rng) for _ in range(RECORDS)]
    path = os.path.join(folder, "table.csv")
    with open(path, "w", newline="") as file:
        file.write(csv(records))
    made = [rng.choice([maker.number, maker.number, maker.truth, maker.words])(3) for _ in range(SETS)]
    where, keeps = maker.truth(2)
    flags = ["--where", where, "--on-error", "skip", "-q"]
    for index, (text, _) in enumerate(made):
        flags += ["--set", f"x{index}={text}"]
    code, output, error = run(binary, path, flags, False)
    if code not in (0, 1):
        return 0, f"seed {seed}: code {code}\n{error}\n{flags}"
    found = [json.loads(line, parse_int=Digits, parse_float=Digits) for line in output.splitlines()]
    cases, expected = 0, []
    for one in records:
        values = [shown(how(one)) for _, how in made]
        too_long = any(isinstance(v, Digits) and len(v.strip("-").replace(".", "")) > 300 for v in values)
        if keeps(one) is True:
            expected.append((one, values, too_long))
    for line in found:
        if not expected:
            return cases, f"seed {seed}: a record more than expected: {line}\nwhere {where}"
        # A record with a number that is too long, perhaps on the way, may be left out.
        while expected and [expected[0][0][n] for n in "abct"] != [line[n] for n in "abct"]:
            _, _, too_long = expected.pop(0)
            if not too_long and "too long" not in error and code == 0:
                return cases, f"seed {seed}: a record is missing before {line}\nwhere {where}\n{error}"
        one, values, _ = expected.pop(0)
        for index, wanted in enumerate(values):
            got = line[f"x{index}"]
            cases += 1
            if got != wanted or type(got) is not type(wanted):
                text = made[index][0]
                return cases, f"seed {seed}: {text}\n  over {one}\n  gives {got!r}\n  and not {wanted!r}"
    ways = [["-j", "1"], ["-j", "2", "--slice-size", "1"], ["-j", "7", "--slice-size", "64"], ["--io", "read"]]
    for way in ways:
        for piped in [False, True] if way[0] == "-j" else [False]:
            if run(binary, path, flags + way, piped)[1] != output:
                return cases, f"seed {seed}: other bytes with {way}, piped {piped}\n{flags}"
    return cases, None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/pagemill")
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    cases, failures = 0, []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(arguments.seed, arguments.seed + arguments.runs):
            more, failure = check(os.path.abspath(arguments.binary), folder, seed)
            cases += more
            if failure:
                failures.append(failure)
    print("\n".join(failures[:5]))
    print(f"{cases} values compared, {len(failures)} of {arguments.runs} runs differ")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
