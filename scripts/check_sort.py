#!/usr/bin/env python3
"""Compares `pagemill sort` with Python's `sorted`, and all ways of sorting with each other.

    scripts/check_sort.py [--cases N] [--large N] [--megabytes N] [--seed N] [--no-peaks] PAGEMILL

Random tables with exact numbers, odd text, dates and missing values are sorted by one to three fields, up and down, as
text, numbers, dates or what they are, and words of ASCII whatever their case and with numbers in them by value. The expected order is that of Python with `decimal`, UTF-8 bytes and UTC
timestamps. Each case runs in several ways, and all have to give the same bytes. Large cases do not fit into memory, and
some of them take several passes; the memory limit has to hold in them (not in a debug build: --no-peaks). They are also killed
a few times and resumed, with other limits, workers and slices. Runs are compressed, or not, at random.
"""
import argparse
import contextlib
import csv
import datetime
import gzip
import io
import json
import os
import random
import re
import subprocess
import tempfile
import time
from decimal import Decimal

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?\Z")
LOOSE = ["+5", "007", ".5", "5.", "-.5", "00", "+0.0"]
NAMES = ["id", "n", "t", "d", "m", "w"]


def number(rng, loose):
    kind = rng.randrange(9)
    if kind == 0:
        return ""
    if kind == 1:
        return rng.choice(["0", "-0", "0.0", "0.10", "0.1", "1e400", "-1e400", "1e-400", "10e399", "1E+2", "100"])
    if kind == 2:
        return str(rng.randrange(-5, 6))
    if kind == 3 and loose:
        return rng.choice(LOOSE)
    if kind == 4:
        digits = "".join(rng.choice("0123456789") for _ in range(rng.randrange(1, 40)))
        return "%s%d.%s" % (rng.choice(["", "-"]), rng.randrange(3), digits)
    if kind == 5:
        return "%s%de%d" % (rng.choice(["", "-"]), rng.randrange(1, 100), rng.randrange(-40, 40))
    return "%s%d.%02d" % (rng.choice(["", "-"]), rng.randrange(0, 100), rng.randrange(100))


def text(rng):
    kind = rng.randrange(6)
    if kind == 0:
        return ""
    if kind == 1:
        return rng.choice(["a", "A", "aa", "ab", "b", "10", "9", "1.0", "é", "\u20ac", "\U0001f600", "a\nb", 'q"q', "a,b", " a"])
    if kind == 2:
        return "same beginning of a long text " + "".join(rng.choice("ab") for _ in range(rng.randrange(4)))
    return "".join(rng.choice("abcXYZ019 é") for _ in range(rng.randrange(1, 9)))


def date(rng):
    if rng.randrange(8) == 0:
        return ""
    day = "%04d-%02d-%02d" % (rng.choice([1969, 2023, 2024]), rng.randrange(1, 3), rng.randrange(1, 4))
    if rng.randrange(3) == 0:
        return day
    time = "%s%s%02d:%02d:%02d" % (day, rng.choice("T "), rng.randrange(24), rng.randrange(60), rng.randrange(60))
    if rng.randrange(3) == 0:
        time += ".%d" % rng.randrange(1, 1000)
    return time + rng.choice(["", "Z", "+02:00", "-05:30"])


def word(rng):
    return "".join(rng.choice("abAB019") for _ in range(rng.randrange(6)))


def natural(text):
    parts = re.findall(r"[0-9]+|[a-z]", text.lower())
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]


def moment(text):
    text = text.replace(" ", "T").replace("Z", "+00:00")
    fraction = re.search(r"\.(\d+)", text)
    nanos = int((fraction.group(1) + "0" * 9)[:9]) if fraction else 0
    text = re.sub(r"\.\d+", "", text)
    at = datetime.datetime.fromisoformat(text)
    if at.tzinfo is None:
        at = at.replace(tzinfo=datetime.timezone.utc)
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return ((at - epoch) // datetime.timedelta(seconds=1), nanos)


def key(value, kind):
    if kind == "number":
        return Decimal(value)
    if kind == "text":
        return value.encode()
    if kind == "date":
        return moment(value)
    if kind == "nocase":
        return value.lower()
    if kind == "nocase:natural":
        return natural(value)
    return (0, Decimal(value), b"") if NUMBER.match(value) else (1, Decimal(0), value.encode())


def expected(rows, keys):
    for field, descending, kind in reversed(keys):
        place = NAMES.index(field)
        there = [row for row in rows if row[place] != ""]
        there.sort(key=lambda row: key(row[place], kind), reverse=descending)
        rows = there + [row for row in rows if row[place] == ""]
    return rows


def make(rng, count, loose):
    return [
        [str(index), number(rng, loose), text(rng), date(rng), rng.choice([number(rng, False), text(rng)]), word(rng)]
        for index in range(count)
    ]


def as_csv(rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(NAMES)
    writer.writerows(rows)
    return out.getvalue().encode()


def choose(rng, loose):
    kinds = {"n": ["number", "text"] + ([] if loose else [None]), "t": ["text", None], "d": ["date", "text"], "m": [None, "text"], "w": ["nocase", "nocase:natural", "text"]}
    fields = rng.sample(sorted(kinds), rng.randrange(1, 4))
    return [(field, rng.random() < 0.5, rng.choice(kinds[field])) for field in fields]


def run(pagemill, args, stdin=None):
    environment = {**os.environ, "PAGEMILL_SPILL": random.choice(["auto", "packed", "plain"])}
    done = subprocess.run([pagemill, "sort", *args], input=stdin, capture_output=True, env=environment)
    if done.returncode != 0:
        raise SystemExit("%s\nexit code %d: %s" % (args, done.returncode, done.stderr.decode()))
    return done.stdout


def ways(rng, folder, data, limit):
    """Inputs, as arguments and standard input, and how they are read."""
    path = os.path.join(folder, "a.csv")
    head, lines = data.split(b"\n", 1)
    sliced = ["--slice-size", rng.choice(["1", "100", "4KiB", "64KiB"])]
    yield [path, "-j", "1"], None
    yield [path, "-j", "2", *sliced], None
    yield [path, "-j", "7", "--io", "read", *sliced], None
    yield ["-", "-f", "csv", "-j", rng.choice("127"), *sliced], data
    packed = os.path.join(folder, "a.csv.gz")
    with gzip.open(packed, "wb", compresslevel=1) as file:
        file.write(data)
    yield [packed, "-j", rng.choice("127")], None
    for memory in limit:
        yield [path, "-j", rng.choice("127"), "--memory-limit", memory], None
    records = lines.split(b"\n")
    if b'"' not in lines and len(records) > 2:
        cut = rng.randrange(1, len(records) - 1)
        parts = [head + b"\n" + b"\n".join(records[:cut]) + b"\n", head + b"\n" + b"\n".join(records[cut:])]
        for place, part in enumerate(parts):
            with open(os.path.join(folder, "part%d.csv" % place), "wb") as file:
                file.write(part)
        yield [os.path.join(folder, "part%d.csv" % place) for place in (0, 1)] + ["-j", rng.choice("127")], None


def case(rng, pagemill, folder, count, limits):
    loose = rng.random() < 0.3
    rows, keys = make(rng, count, loose), choose(rng, loose)
    data = as_csv(rows)
    with open(os.path.join(folder, "a.csv"), "wb") as file:
        file.write(data)
    by = ",".join(field + (":desc" if down else "") + (":" + kind if kind else "") for field, down, kind in keys)
    sort = ["--by", by]
    wanted = expected(rows, keys)
    if rng.random() < 0.5:
        offset, limit = rng.choice([0, 0, 1, count // 2]), rng.choice([0, 1, 10, count, 2 * count])
        sort += ["--offset", str(offset), "--limit", str(limit)]
        wanted = wanted[offset : offset + limit]
    if rng.random() < 0.2:
        sort += ["--tail", "7"]
        wanted = wanted[-7:]
    first = None
    target = rng.choice(["csv", "csv", "ndjson", "json"])
    for args, stdin in ways(rng, folder, data, limits):
        found = run(pagemill, args + sort + ["-t", target], stdin)
        if first is None:
            first = found
            if target == "csv":
                order = [row[0] for row in csv.reader(io.StringIO(found.decode(), newline=""))][1:]
            elif target == "ndjson":
                order = [str(json.loads(line)["id"]) for line in found.splitlines()]
            else:
                order = [str(record["id"]) for record in json.loads(found)]
            assert order == [row[0] for row in wanted], (sort, order[:20], [row[0] for row in wanted][:20])
            if target == "csv":
                assert sorted(found.splitlines()) == sorted(as_csv(wanted).splitlines()), sort
        assert found == first, (args, sort)


def large(rng, pagemill, folder, megabytes, peaks):
    """What does not fit: the report says how much was written, and how often."""
    rows = make(rng, 20_000, False)
    times = megabytes * 1_000_000 // len(as_csv(rows)) + 1
    rows = [[str(time * len(rows) + int(row[0]))] + row[1:] for time in range(times) for row in rows]
    keys = choose(rng, False)
    by = ",".join(field + (":desc" if down else "") + (":" + kind if kind else "") for field, down, kind in keys)
    data = as_csv(rows)
    path = os.path.join(folder, "a.csv")
    with open(path, "wb") as file:
        file.write(data)
    wanted = as_csv(expected(rows, keys))
    spilled = []
    for extra in (["-j", "1"], ["-j", "2", "--memory-limit", "16MB"], ["-j", "7", "--memory-limit", "24MB", "--io", "read"]):
        report = os.path.join(folder, "report.json")
        found = run(pagemill, [path, "--by", by, "--report", report, "--force", "-q", *extra])
        assert found == wanted, (by, extra)
        with open(report) as file:
            told = json.load(file)
        spilled.append((told.get("spilled"), told["peak_rss_bytes"]))
        assert not peaks or told["peak_rss_bytes"] <= told["memory_limit"], (extra, told["peak_rss_bytes"])
    kills = interrupted(rng, pagemill, folder, path, by, wanted)
    print("  %s: killed %d times with something to go on with" % (by, kills))
    print("  %s: %d MB, %s" % (by, len(data) // 1_000_000, spilled), flush=True)


def interrupted(rng, pagemill, folder, path, by, wanted):
    """Kills a sort a few times, each time after a while, and resumes it. Gives how often there were checkpoints."""
    target = os.path.join(folder, "b.csv")
    journal = os.path.join(folder, ".b.csv.journal.pagemill")
    went_on, pause = 0, 0.0
    for kills in range(6, -1, -1):
        args = ["--resume", "--checkpoint-every", rng.choice(["500KB", "2MB", "8MB"]), "-j", rng.choice("123")]
        args += ["--memory-limit", rng.choice(["16MB", "24MB", "100MB"]), "--slice-size", rng.choice(["20KB", "512KiB"])]
        run = subprocess.Popen([pagemill, "sort", path, "--by", by, "-o", target, "-q", *args])
        if kills:
            pause += rng.random() * 0.5
            time.sleep(pause)
            run.kill()
        code = run.wait()
        if os.path.exists(target):
            break
        assert kills and code < 0, (args, code)
        with contextlib.suppress(FileNotFoundError), open(journal) as file:
            went_on += len(file.readlines()) > 1
    with open(target, "rb") as file:
        assert file.read() == wanted, by
    os.remove(target)
    with contextlib.suppress(FileNotFoundError):
        os.remove(journal)
    return went_on


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pagemill")
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--large", type=int, default=5)
    parser.add_argument("--megabytes", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-peaks", action="store_true")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.cases):
            count = rng.choice([0, 1, 2, 10, 100, 1000]) if number % 20 else 5000
            case(rng, options.pagemill, folder, count, ["16MB", "100MB"])
            if number % 100 == 99:
                print("%d cases" % (number + 1), flush=True)
        for _ in range(options.large):
            large(rng, options.pagemill, folder, options.megabytes, not options.no_peaks)
    print("all the same")


if __name__ == "__main__":
    main()
