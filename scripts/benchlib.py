"""What the bench scripts share: finding tools, running and measuring them, comparing what they write."""
import csv
import importlib.metadata
import importlib.util
import io
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WORKERS = 2
PACKAGES = ("duckdb", "polars", "chdb")
INSTALL = {
    "duckdb": "pip install duckdb", "polars": "pip install polars", "chdb": "pip install chdb",
    "xan": "cargo install xan --locked", "qsv": "cargo install qsv --locked --features lite (binary qsvlite), or a release",
    "zsv": "https://github.com/liquidaty/zsv: ./configure && make install",
    "mlr": "apt install miller", "jq": "apt install jq", "perl": "apt install perl", "rev": "apt install bsdextrautils",
    "tr": "apt install coreutils", "wc": "apt install coreutils", "coreutils": "cargo install coreutils (the uutils)",
}
ENV = dict(os.environ, LC_ALL="C.UTF-8", NO_COLOR="1", POLARS_MAX_THREADS=str(WORKERS))


class Failed(Exception):
    """A tool could not be run, or said that it failed."""


def find(tool):
    """The path of a tool, or the name of a Python package; None if it is not there."""
    if tool in PACKAGES:
        return tool if importlib.util.find_spec(tool) else None
    if tool == "qsv":
        return shutil.which("qsv") or shutil.which("qsvlite")
    return shutil.which(tool)


def version(tool):
    """One line that tells a tool's version."""
    if tool in PACKAGES:
        return tool + " " + importlib.metadata.version(tool)
    flag = "-V" if tool == "rev" else "version" if tool == "zsv" else "--version"
    done = subprocess.run([find(tool), flag], capture_output=True, text=True, env=ENV, stdin=subprocess.DEVNULL)
    lines = [line for line in (done.stdout + done.stderr).splitlines() if any(c.isdigit() for c in line)]
    return tool + ": " + (lines[0].strip()[:70] if lines else "?")


def pagemill_binary(given=None):
    """The release binary."""
    path = given or os.path.join(os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target")), "release", "pagemill")
    if not os.path.exists(path):
        sys.exit("%s is missing; run: cargo build --release" % path)
    return path


class Cost:
    """What a run cost: seconds of wall time and of processor time, and the peak of resident bytes."""

    def __init__(self, wall, cpu, rss):
        self.wall, self.cpu, self.rss = wall, cpu, rss


def high_water(pid, seen, stop):
    """Follows a process's own peak. It is exact up to the last 5 ms."""
    while not stop.is_set():
        try:
            with open("/proc/%d/status" % pid) as status:
                for line in status:
                    if line.startswith("VmHWM:"):
                        # It only grows, but begins anew with the program: before, it was this interpreter's.
                        seen[0] = int(line.split()[1]) * 1024
        except OSError:
            return
        stop.wait(0.005)


def run(argv, stdin=None, stdout=os.devnull, follow=True):
    """Runs a command and measures it with wait4; `stdin` and `stdout` are paths."""
    errors = os.memfd_create("stderr") if hasattr(os, "memfd_create") else os.open(os.devnull, os.O_WRONLY)
    seen, stop = [0], threading.Event()
    source = os.open(stdin or os.devnull, os.O_RDONLY)
    target = os.open(stdout, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        start = time.monotonic()
        child = subprocess.Popen(argv, stdin=source, stdout=target, stderr=errors, env=ENV)
        thread = threading.Thread(target=high_water, args=(child.pid, seen, stop)) if follow else None
        if thread:
            thread.start()
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        stop.set()
        if thread:
            thread.join()
        if child.returncode:
            text = os.pread(errors, 400, 0).decode(errors="replace") if hasattr(os, "memfd_create") else ""
            raise Failed("exit %d: %s" % (child.returncode, " ".join(text.split())))
    except OSError as error:
        raise Failed(str(error)) from error
    finally:
        for descriptor in (source, target, errors):
            os.close(descriptor)
    # The kernel's figure begins with the peak of this interpreter, whose pages the child had until its exec;
    # below that only the followed one tells.
    floor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rss = usage.ru_maxrss * 1024 if usage.ru_maxrss > floor or not seen[0] else seen[0]
    return Cost(wall, usage.ru_utime + usage.ru_stime, rss)


def side_by_side(argv, count):
    """The wall time of several runs of a command that begin at the same time: what the machine's processors give."""
    start = time.monotonic()
    children = [subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENV)
                for _ in range(count)]
    codes = [child.wait() for child in children]
    if any(codes):
        raise Failed("exit %d" % max(codes))
    return time.monotonic() - start


def median(costs):
    """The medians of wall and processor time, and the highest peak."""
    return Cost(statistics.median(c.wall for c in costs), statistics.median(c.cpu for c in costs), max(c.rss for c in costs))


def warm(path):
    """Reads a file once, so that its pages are in memory."""
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 20):
            pass


def forget(path):
    """Takes a file out of the page cache. Other files, such as the programs, stay there."""
    os.sync()
    with open(path, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def newlines(path):
    """How many line feeds a file has."""
    count = 0
    with open(path, "rb", buffering=0) as file:
        while block := file.read(1 << 20):
            count += block.count(b"\n")
    return count


# --- The same records? Number text and nulls may differ (most peers print numbers anew): values are made plain first. ---

def plain(value):
    """A value without what tools print differently."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        return json.dumps(value, sort_keys=True)
    text = str(value)
    try:
        return float(text)
    except ValueError:
        return text


def lines_of_json(text):
    for line in text.splitlines():
        line = line.strip()
        if line and line not in ("[", "]"):
            yield {key: plain(value) for key, value in json.loads(line.strip(",")).items()}


def json_array(text):
    for record in json.loads(text):
        yield {key: plain(value) for key, value in record.items()}


def table(text, delimiter=",", header=True):
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    if header:
        next(rows, None)
    for row in rows:
        yield [plain(value) for value in row]


READERS = {
    "ndjson": lines_of_json, "array": json_array,
    "csv": table, "csv-rows": lambda text: table(text, header=False), "tsv": lambda text: table(text, "\t"),
    "text": lambda text: text.split("\n"),
    "numbers": lambda text: [n for n in (int(word) for word in text.split() if word.isdigit())],
}


def without_nulls(record):
    return {k: v for k, v in record.items() if v != ""} if isinstance(record, dict) else record


def difference(ours, our_kind, theirs, their_kind):
    """What parts two files of records, in words; empty when nothing does. Order does not matter."""
    limit = csv.field_size_limit(1 << 30)
    try:
        with open(ours, encoding="utf-8", newline="") as a, open(theirs, encoding="utf-8", newline="") as b:
            one = [without_nulls(r) for r in READERS[our_kind](a.read())]
            other = [without_nulls(r) for r in READERS[their_kind](b.read())]
    except (ValueError, csv.Error) as error:
        return "output can't be read: %s" % str(error)[:60]
    finally:
        csv.field_size_limit(limit)
    if our_kind == "numbers":
        return "" if set(other) & set(one) and other[0] in one else "%s against %s" % (other, one)
    if len(one) != len(other):
        return "%d records against %d" % (len(other), len(one))
    if one == other:
        return ""
    key = repr if isinstance(one[0], str) else lambda r: repr(sorted(r.items())) if isinstance(r, dict) else repr(r)
    one, other = sorted(map(key, one)), sorted(map(key, other))
    wrong = sum(a != b for a, b in zip(one, other))
    return "%d of %d records differ" % (wrong, len(one)) if wrong else ""


def in_child(function, *args):
    """Calls a function that returns text in a process of its own: this one has to stay small (see `run`)."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            answer = function(*args)
        except BaseException as error:  # it must not go on as a second parent
            answer = "%s: %s" % (type(error).__name__, error)
        os.write(writer, answer.encode()[:4000])
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        answer = pipe.read().decode(errors="replace")
    os.waitpid(child, 0)
    return answer
