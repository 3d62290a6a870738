"""Checks of the dashboard against simulated runs of all kinds."""

import subprocess
import sys
import time
from pathlib import Path

import dashboard_parts as parts
from dashboard_probes import FAKE_VISIBILITY, LIVE

HERE = Path(__file__).resolve().parent


class Mock:
    """The simulated server with options, for as long as the block lasts."""

    def __init__(self, *options):
        self.options = options

    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, str(HERE / "mock_dashboard.py"), "--port", "0", *map(str, self.options)],
                                        stdout=subprocess.PIPE, text=True)
        return self.process.stdout.readline().strip()

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def all_mocks(checker):
    def at(*options):
        print("mock", *options, flush=True)
        return Mock(*options)

    with at("--speed", 1, "--start", 752) as checker.url:
        checker.headers()
        checker.running()
        parts.one_spot(checker)
        checker.layout("running")
    with at("--speed", 1, "--start", 392) as checker.url:
        checker.layout("pressure")
    with at("--speed", 1) as checker.url:
        checker.layout("start")
    with at("--speed", 1, "--start", 300, "--pipe") as checker.url:
        checker.running()
        checker.layout("pipe")
    for option, part in [("bare", parts.unknown_is_no_zero), ("hostile", None), ("fresh", listing), ("many", parts.worked_out)]:
        with at("--speed", 1, "--start", 752, f"--{option}") as checker.url:
            if part:
                part(checker)
            checker.layout(option)
    with at("--speed", 4, "--start", 360) as checker.url:
        parts.between_snapshots(checker)
    for options, expected in [((), "done"), (("--fail",), "failed: cannot write"), (("--stop",), "stopped, can be resumed")]:
        with at("--speed", 100, "--start", 500, *options) as checker.url:
            checker.ending(30, expected)
            name = expected.split(",")[0].split(":")[0]
            checker.layout(name, f"document.getElementById('state').textContent.includes('{name}')")
    with at("--speed", 2, "--start", 700, "--drop") as checker.url:
        dropping(checker)
    with at("--speed", 2, "--start", 700, "--slow") as checker.url:
        page = checker.open()
        checker.check("a silent line is told", page.until("/^no data/.test(document.getElementById('link').textContent)", 20))
        checker.check("and found again", page.until(LIVE, 10))
        page.close()
    with at("--speed", 50, "--start", 1000, "--restart", 1) as checker.url:
        another_run(checker)


def listing(checker):
    page = checker.open()
    page.until(LIVE, 20)
    parts.lists(checker, page)
    page.close()


def dropping(checker):
    page = checker.open()
    page.until(LIVE, 10)
    checker.check("a cut line is told", page.until("/^no data/.test(document.getElementById('link').textContent)", 25))
    checker.shoot(page, "lost-1400-light")
    checker.check("and found again", page.until(LIVE, 20))
    page.close()


def another_run(checker):
    """A hidden tab misses the end and comes back to another run."""
    page = checker.open()
    page.until(LIVE, 10)
    page.js(f"{FAKE_VISIBILITY}('hidden')")
    flags = "document.querySelectorAll('#log li').length"
    old = page.js(flags)
    time.sleep(6)
    page.js(f"{FAKE_VISIBILITY}('visible')")
    checker.check("the old run had events", old > 0)
    checker.check("a new run is shown from zero", page.until(f"{flags} === 0 && document.getElementById('elapsed').textContent.length <= 4", 8), page.text("elapsed"))
    checker.check("and runs", "running" in page.text("state"), page.text("state"))
    page.close()
