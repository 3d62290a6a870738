#!/usr/bin/env python3
"""Checks that a hostile input never gets a conversion killed: in a memory cgroup of the limit and 16 MB, without swap.

Usage: check_pressure.py PAGEMILL [--size 8GB] [--only NAMES] [--folder DIR] [--sparse 200GB]

Makes inputs in a temporary folder, one at a time, and converts each inside of a control group (version 1 or 2, below
the one this script runs in). The output goes through a pipe to this script, which compares its length and checksum
with what the input means; it made that itself, beside the input. Each run has to end right, or be refused with its
reason (exit code 1 or 4 and a message). Ends with 1 if one does not, or is killed, or goes over its limit; prints
"left out: ..." and ends with 0 where no such group can be made. Needs Linux, root, and Python's standard library.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from pathlib import Path

UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9}
SLACK = 16 * 10**6


def size(text):
    return int(float(text[:-2]) * UNITS[text[-2:].upper()])


def shown(amount):
    for unit, factor in (("GB", 10**9), ("MB", 10**6)):
        if amount >= factor:
            return f"{amount / factor:.3g} {unit}"
    return f"{amount / 1000:.3g} kB"


def left_out(what, why):
    """Says that the check is left out; a failure where `PAGEMILL_REQUIRE_ALL=1` and `PAGEMILL_MAY_LACK` has no `what`."""
    if os.environ.get("PAGEMILL_REQUIRE_ALL") == "1" and what not in os.environ.get("PAGEMILL_MAY_LACK", "").split():
        sys.exit(f"this check needs {what}: {why}")
    print(f"left out: {what}: {why}")


class Group:
    """A memory cgroup below our own."""

    def __init__(self):
        lines = Path("/proc/self/cgroup").read_text().splitlines()
        parts = [line.split(":", 2) for line in lines]
        own = next((path for _, names, path in parts if "memory" in names.split(",")), None)
        self.v1 = own is not None
        if self.v1:
            parent = Path("/sys/fs/cgroup/memory" + own)
        else:
            own = next((path for number, names, path in parts if number == "0" and not names), "/")
            parent = Path("/sys/fs/cgroup" + own)
            (parent / "cgroup.subtree_control").write_text("+memory")
        self.folder = parent / f"pagemill-check-{os.getpid()}"
        self.folder.mkdir()
        try:
            self.limit(10**9)
            run(["true"], self)
        except OSError:
            self.remove()
            raise

    def limit(self, amount):
        """Sets the limit, and no swap beside it. What a run before left in the page cache goes first."""
        if self.v1:
            for name in ("memory.force_empty", "memory.max_usage_in_bytes", "memory.failcnt"):
                self.try_write(name, "0")
            # The limit with swap may never be the lower one.
            self.try_write("memory.memsw.limit_in_bytes", "-1")
            (self.folder / "memory.limit_in_bytes").write_text(str(amount))
            self.try_write("memory.memsw.limit_in_bytes", str(amount))
            self.try_write("memory.swappiness", "0")
        else:
            (self.folder / "memory.max").write_text(str(amount))
            self.try_write("memory.swap.max", "0")

    def try_write(self, name, text):
        try:
            (self.folder / name).write_text(text)
        except OSError:
            pass

    def enter(self):
        """Called in the child: from here on its memory is charged to the group."""
        (self.folder / "cgroup.procs").write_text("0" if not self.v1 else str(os.getpid()))

    def kills(self):
        name = "memory.oom_control" if self.v1 else "memory.events"
        found = re.search(r"^oom_kill (\d+)", (self.folder / name).read_text(), re.M)
        return int(found[1]) if found else 0

    def remove(self):
        for _ in range(50):
            try:
                return self.folder.rmdir()
            except OSError:
                time.sleep(0.1)


class Ran:
    code, peak, tables, length, crc, message, seconds = 0, 0, 0, 0, 0, "", 0.0


def run(arguments, group, keep=False):
    """Runs a command in the group; takes in its output, and watches what the system says about it."""
    ran, started = Ran(), time.monotonic()
    process = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=group.enter if group else None
    )

    def take_in():
        kept = []
        while piece := process.stdout.read1(1 << 20):
            ran.crc, ran.length = zlib.crc32(piece, ran.crc), ran.length + len(piece)
            if keep:
                kept.append(piece)
        ran.output = b"".join(kept).decode()

    said = []
    readers = [threading.Thread(target=take_in), threading.Thread(target=lambda: said.append(process.stderr.read()))]
    for reader in readers:
        reader.start()
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
            if Path(f"/proc/{process.pid}/exe").resolve() == Path(arguments[0]):
                for name, field in (("peak", "VmHWM"), ("tables", "VmPTE")):
                    found = re.search(rf"{field}:\s+(\d+) kB", status)
                    setattr(ran, name, max(getattr(ran, name), int(found[1]) * 1024 if found else 0))
        except OSError:
            pass
        time.sleep(0.005)
    for reader in readers:
        reader.join()
    ran.code, ran.message, ran.seconds = process.returncode, said[0].decode(), time.monotonic() - started
    return ran


class Input:
    """A file, and the length and checksum of what it has to become."""

    def __init__(self, path):
        self.file, self.length, self.crc, self.records = open(path, "wb"), 0, 0, 0

    def add(self, bytes_in, bytes_out, records, times=1):
        for _ in range(times):
            self.file.write(bytes_in)
            self.length, self.crc = self.length + len(bytes_out), zlib.crc32(bytes_out, self.crc)
        self.records += records * times

    def done(self):
        self.file.flush()
        os.fsync(self.file.fileno())
        # Not in the page cache: the run in the group has to read it, and is charged for it.
        os.posix_fadvise(self.file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        self.file.close()
        return self


def rows(amount, row, record):
    """About so many bytes of rows and of what they become, and how many."""
    count = max(1, amount // len(row(0)))
    numbers = range(count)
    return b"".join(map(row, numbers)), b"".join(map(record, numbers)), count


def plain(number):
    return b'%d,name of %d,1.10,"quoted ""%d"""\n' % (number, number, number)


def plain_json(number):
    return b'{"id":%d,"name":"name of %d","price":1.10,"note":"quoted \\"%d\\""}\n' % (number, number, number)


HEADER = b"id,name,price,note\n"


def large_record(path, amount):
    made, large = Input(path), min(200 * 10**6, amount // 8)
    block = rows(10**6, plain, plain_json)
    made.add(HEADER, b"", 0)
    half = max(1, (amount - large) // 2 // len(block[0]))
    made.add(*block, half)
    text = b"large \xc3\xa4 " * (large // 9)
    made.add(b"1," + text + b",2,\n", b'{"id":1,"name":"' + text + b'","price":2,"note":null}\n', 1)
    made.add(*block, half)
    return made.done()


def wide(path, amount):
    made, columns = Input(path), 10_000
    made.add(b",".join(b"c%d" % n for n in range(columns)) + b"\n", b"", 0)
    row = b",".join(b"%d" % (n * 7 % 1000) for n in range(columns)) + b"\n"
    record = b"{" + b",".join(b'"c%d":%d' % (n, n * 7 % 1000) for n in range(columns)) + b"}\n"
    made.add(row * 20, record * 20, 20, max(1, amount // len(row) // 20))
    return made.done()


def growing(path, amount):
    """Records of two bytes for each field become 50 times as long: the name of the field is written each time."""
    made, columns = Input(path), 20
    names = [b"%02d" % n + b"x" * 93 for n in range(columns)]
    made.add(b",".join(names) + b"\n", b"", 0)
    row, record = b",".join([b"7"] * columns) + b"\n", b"{" + b",".join(b'"%s":7' % name for name in names) + b"}\n"
    made.add(row * 500, record * 500, 500, max(1, amount // 50 // len(row) // 500))
    return made.done()


def one_line(path, amount):
    made = Input(path)
    item = lambda n: b'{"id":%d,"tags":["a","b\\u00e4"],"deep":{"x":[1,2.50,null]}}' % n
    line = lambda n: item(n) + b"\n"
    made.add(b"[", b"", 0)
    inside, outside, count = rows(10**6, lambda n: item(n) + b",", line)
    made.add(inside, outside, count, max(1, amount // 2 // len(inside)))
    made.add(item(0) + b"]", line(0), 1)
    return made.done()


def quoted(path, amount):
    made = Input(path)
    row = lambda n: b'"%d","a ""b"", c","line\nbreak %d"\n' % (n, n)
    record = lambda n: b'{"a":"%d","b":"a \\"b\\", c","c":"line\\nbreak %d"}\n' % (n, n)
    made.add(b'"a","b","c"\n', b"", 0)
    block = rows(10**6, row, record)
    made.add(*block, max(1, amount // len(block[0])))
    return made.done()


def cases(amount):
    """Name, maker, suffix, and runs: memory limit, flags, whether it has to be refused (none: it may be), and the size
    of the group if it is not the limit and a bit."""
    large = min(200 * 10**6, amount // 8)
    room = ["--max-record-size", str(large + 10**6)]
    yield "a large record", large_record, "csv", [
        (large * 2 + 100 * 10**6, room, False),
        (large + 60 * 10**6, room, None),
        (24 * 10**6, room, True) if large > 16 * 10**6 else (24 * 10**6, room, None),
        (24 * 10**6, [], True if large > 6 * 10**6 else None),
    ]
    for name, maker, suffix in [
        ("10,000 columns", wide, "csv"),
        ("output 50 times", growing, "csv"),
        ("array in one line", one_line, "json"),
        ("all quoted", quoted, "csv"),
    ]:
        tight = 40 * 10**6 if name == "10,000 columns" else 16 * 10**6
        # The last one knows nothing of its true ceiling but what the group tells.
        runs = [(100 * 10**6, [], False), (tight, [], False), (100 * 10**6, ["-j8"], False, tight)]
        yield name, maker, suffix, runs


def row(name, amount, limit, ran, outcome):
    print(
        f"{name:<19}{amount:>9}{shown(limit):>9}{ran.peak / 1e6:>9.1f}{ran.tables / 1024:>8.0f}{ran.seconds:>9.1f}  {outcome}",
        flush=True,
    )


def judge(ran, limit, made, refused, killed):
    """What became of a run, and whether that is right."""
    if killed or ran.code < 0:
        return False, f"KILLED ({ran.code})"
    if ran.peak > limit:
        return False, f"OVER THE LIMIT (code {ran.code})"
    if ran.code in (1, 4) and refused is not False and "\n" in ran.message:
        return True, f"refused ({ran.code}): {ran.message.splitlines()[0][:150]}"
    if ran.code != 0:
        return False, f"FAILED ({ran.code}): {ran.message[:300]}"
    if refused:
        return False, "DONE, and should have been refused"
    good = (ran.length, ran.crc) == (made.length, made.crc)
    return good, f"right, {made.records} records" if good else f"WRONG: {ran.length} bytes, not {made.length}"


def convert(wanted, group, folder):
    failures = 0
    for name, maker, suffix, runs in cases(wanted.size):
        if wanted.only and not any(part in name for part in wanted.only.split(",")):
            continue
        path = f"{folder}/source.{suffix}"
        made = maker(path, wanted.size)
        amount = os.path.getsize(path)
        for limit, flags, refused, *around in runs:
            group.limit(around[0] if around else limit + SLACK)
            before = group.kills()
            command = [wanted.pagemill, "convert", path, "-t", "ndjson", "-q", "--memory-limit", str(limit)]
            flags = flags if "-j8" in flags else ["-j2", *flags]
            ran = run([*command, *flags, "--report", f"{folder}/report.json", "--force"], group)
            good, outcome = judge(ran, limit, made, refused, group.kills() - before)
            if ran.code == 0:
                report = json.loads(Path(f"{folder}/report.json").read_text())
                events = len(report["events"]) + report["events_left_out"]
                outcome += f", {events} events" if events else ""
            failures += not good
            row(name, shown(amount), limit, ran, outcome + (f" (group of {shown(around[0])})" if around else ""))
        os.remove(path)
    return failures


def count(wanted, group, folder):
    """A sparse file larger than any memory: zeros in one line, and with a line break here and there."""
    failures, limit, path = 0, 32 * 10**6, f"{folder}/sparse.txt"
    if wanted.only and "sparse" not in wanted.only or not wanted.sparse:
        return 0
    breaks = [wanted.sparse * n // 100 for n in range(1, 100)]
    for name, lines, flags in [
        ("sparse, one line", [], []),
        ("sparse, 99 lines", breaks, []),
        ("sparse, records", breaks[:1], ["-r"]),
    ]:
        with open(path, "wb") as file:
            file.truncate(wanted.sparse)
            for at in lines:
                file.seek(at)
                file.write(b"\n")
        group.limit(limit + SLACK)
        before = group.kills()
        ran = run([wanted.pagemill, "count", *flags, path, "--memory-limit", str(limit)], group, keep=True)
        found = ran.output.split()
        expected = [str(len(lines) + 1)] if flags else [str(len(lines)), None, None, str(wanted.sparse)]
        right = ran.code == 0 and len(found) > len(expected)
        right = right and all(e in (None, f) for e, f in zip(expected, found))
        # Without giving them back they would be 2 MB for each GB.
        good = right and ran.peak <= limit and ran.tables < 512 << 10 and group.kills() == before
        failures += not good
        row(name, shown(wanted.sparse), limit, ran, "right" if good else f"WRONG ({ran.code}): {ran.output}{ran.message}")
        os.remove(path)
    return failures


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pagemill", type=lambda path: str(Path(path).resolve()))
    parser.add_argument("--size", default="8GB", type=size)
    parser.add_argument("--sparse", default="200GB", type=size)
    parser.add_argument("--only", default="", help="parts of names, with commas between")
    parser.add_argument("--folder", default=None)
    wanted = parser.parse_args()
    try:
        group = Group()
    except OSError as error:
        return left_out("cgroup", f"no memory cgroup can be made: {error}")
    try:
        print(f"cgroup version {1 if group.v1 else 2}, limit and {shown(SLACK)}, no swap")
        print(f"{'case':<19}{'input':>9}{'limit':>9}{'peak MB':>9}{'PTE kB':>8}{'seconds':>9}  outcome")
        with tempfile.TemporaryDirectory(dir=wanted.folder) as folder:
            failures = convert(wanted, group, folder) + count(wanted, group, folder)
    finally:
        group.remove()
    print(f"{failures} failed")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
