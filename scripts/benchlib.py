"""What the bench scripts share: the repository, pagemill, and other tools."""
import importlib.metadata
import importlib.util
import json
import os
import shutil
import subprocess
import sys

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


def bench(binary, job, source, peers, *flags):
    """What `pagemill bench` says of a job and of peers, by their names: objects with the columns of its table."""
    argv = [binary, "bench", job.workload, "--input", source, "-j", str(WORKERS), "-t", "json", *job.flags, *flags]
    for peer in peers:
        argv += ["--against", peer.command]
    if peers:
        argv += ["--label", ",".join(peer.name.replace(",", ";") for peer in peers)]
    if any("{out}" in peer.command for peer in peers):
        argv.append("--discard")
    done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, env=ENV)
    # 3: a peer could not be run, which the answer says too.
    if done.returncode not in (0, 3) or not done.stdout:
        sys.exit("%s: code %d" % (job.key, done.returncode))
    return {result["program"]: result for result in json.loads(done.stdout)["results"]}


def forget(path):
    """Takes a file out of the page cache. Other files, such as the programs, stay there."""
    os.sync()
    with open(path, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
