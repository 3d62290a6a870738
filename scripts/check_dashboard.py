#!/usr/bin/env python3
"""Checks the dashboard in a headless Chromium.

    check_dashboard.py http://127.0.0.1:8080/            # a run that goes on for two minutes or more
    check_dashboard.py --until-end 60 http://…           # and waits so long for the run to end
    check_dashboard.py --mock                            # against simulated runs of all kinds

Standard library only; a Chromium must be installed. Exits with 1 when something is wrong.
"""

import argparse
import json
import re
import sys
import time
import urllib.request
from pathlib import Path

import dashboard_parts as parts
from chromium import Browser
from dashboard_mocks import all_mocks
from dashboard_probes import CONTRASTS, FAKE_VISIBILITY, FOCUS, LIVE, OVERLAPS, READ_LINE, STRAY_NOTES

WIDTHS = [320, 390, 800, 1400]
SCHEMES = ["light", "dark"]

POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
HEADERS = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
           "Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "same-origin"}


class Checker:
    def __init__(self, browser, url, shots=None):
        self.browser, self.url, self.shots, self.wrong, self.done = browser, url, shots, [], 0

    def check(self, name, good, detail=""):
        self.done += 1
        if not good:
            self.wrong.append(name)
            print(f"  WRONG  {name}  {detail}", flush=True)

    def open(self, **options):
        return self.browser.page(self.url, **options)

    def shoot(self, page, name):
        if self.shots:
            page.shot(self.shots / f"{name}.png")

    def quiet(self, page, where):
        found = page.complaints()
        self.check(f"no complaint of the browser: {where}", not found, found[:3])

    # The parts

    def headers(self):
        with urllib.request.urlopen(self.url) as answer:
            body = answer.read().decode()
            for name, value in HEADERS.items():
                self.check(f"header {name}", answer.headers.get(name) == value, answer.headers.get(name))
        self.check("no inline style or script", not re.search(r"\sstyle=|<style|<script(?![^>]*\ssrc=)|\son\w+=", body))
        self.check("no outside request", not re.search(r"(src|href)=\"(https?:)?//", body))

    def layout(self, name, wait=LIVE):
        for scheme in SCHEMES:
            page = self.open(scheme=scheme)
            self.check(f"the page comes up ({name}, {scheme})", page.until(wait, 20))
            time.sleep(1)
            for width in WIDTHS:
                page.size(width)
                time.sleep(0.8)
                where = f"{name}, {width} px, {scheme}"
                wide = page.js("document.documentElement.scrollWidth")
                self.check(f"no sideways scrolling: {where}", wide <= width, wide)
                overlaps = page.js(OVERLAPS)
                self.check(f"no overlap: {where}", not overlaps, overlaps[:6])
                strays = page.js(STRAY_NOTES)
                self.check(f"notes stay on their charts: {where}", not strays, strays)
                contrasts = page.js(CONTRASTS)
                self.check(f"contrast: {where}", not contrasts, contrasts[:6])
                self.shoot(page, f"{name}-{width}-{scheme}")
            self.quiet(page, f"{name}, {scheme}")
            page.close()

    def structure(self, page):
        count = lambda selector: page.js(f"document.querySelectorAll({json.dumps(selector)}).length")
        for selector, number in [("h1", 1), ("main", 1), ("body > header", 1), ("body > footer", 1), ("[role=status]", 1),
                                 ("[role=alert]", 1), ("#alert-list[aria-live=polite]", 1), ("html[lang=en]", 1), (".chart svg[role=img]", 4)]:
            self.check(f"{number} of {selector}", count(selector) == number, count(selector))
        self.check("live regions hold no numbers that tick",
                   page.js("[...document.querySelectorAll('[aria-live], [role=status], [role=alert], output')].every(n => !n.querySelector('.big, #elapsed, .ends'))"))
        self.check("sections are named", page.js("[...document.querySelectorAll('section')].every(s => document.getElementById(s.getAttribute('aria-labelledby')))"))
        names = page.js("[...document.querySelectorAll('.chart svg')].map(s => s.getAttribute('aria-label'))")
        self.check("charts have summaries", all(n and len(n) > 40 for n in names), names)
        self.check("controls have names", page.js("[...document.querySelectorAll('a, button')].filter(n => !n.hidden).every(n => n.textContent.trim())"))
        self.check("a title with the state", "pagemill" in page.js("document.title"))
        self.check("no markup from data", page.js("document.querySelectorAll('body img, body script').length") == 0)
        bar = page.js("(b => b.hidden ? null : [b.getAttribute('aria-valuenow'), b.getAttribute('aria-valuetext')])(document.getElementById('bar'))")
        self.check("the bar has a value", bar is None or (bar[0].isdigit() and "percent" in bar[1]), bar)

    def tab_order(self, page):
        page.js("document.activeElement.blur(); scrollTo(0, 0)")
        stops = []
        for _ in range(80):
            page.key("Tab", number=9)
            index, tag, name = page.js(FOCUS).split("|", 2)
            if tag == "BODY" or (stops and (int(index), name) == stops[0]):
                break
            stops.append((int(index), name))
        names = [name for _, name in stops]
        self.check("the first stop is the skip link", names[:1] == ["#charts"], names[:3])
        self.check("Tab follows the reading order", [i for i, _ in stops] == sorted(i for i, _ in stops), names)
        for need in ["pause", "cursor", "healthz"]:
            self.check(f"Tab reaches {need}", need in names, names)

    def cursor(self, page):
        page.js("document.getElementById('cursor').focus()")
        before = page.js("document.getElementById('cursor').getAttribute('aria-valuetext')")
        for _ in range(5):
            page.key("ArrowLeft", number=37)
        time.sleep(0.2)
        after = page.js("document.getElementById('cursor').getAttribute('aria-valuetext')")
        self.check("the cursor reads the charts", after != before and after.startswith("at ") and "read" in after, after)
        self.check("the reading is shown", page.text("reading").startswith("at "))
        value = page.js("document.getElementById('cursor').value")
        time.sleep(1.5)
        self.check("the cursor stands while it has the focus", page.js("document.getElementById('cursor').value") == value)
        page.key("End", number=35)
        page.js("document.getElementById('cursor').blur()")
        self.check("the cursor follows the run again", page.until("document.getElementById('reading').textContent.startsWith('now')", 3))

    def motion(self, page):
        line, elapsed = page.js(READ_LINE), page.text("elapsed")
        self.check("the curve moves", page.until(f"{READ_LINE} !== {json.dumps(line)}", 8))
        self.check("the clock moves", page.until(f"document.getElementById('elapsed').textContent !== {json.dumps(elapsed)}", 3))

    def table(self, page):
        page.js("document.querySelector('#minutes summary').click()")
        rows = page.until("document.querySelectorAll('#minutes tbody tr').length > 0", 3)
        self.check("the table by minute has rows", rows)
        self.check("its columns are named", page.js("document.querySelectorAll('#minutes thead th').length") >= 2)
        page.js("document.querySelector('#minutes summary').click()")

    def pausing(self, page):
        page.js("document.getElementById('pause').click()")
        time.sleep(0.6)
        before = page.js(READ_LINE) + page.text("elapsed")
        time.sleep(2)
        self.check("a paused page stands still", page.js(READ_LINE) + page.text("elapsed") == before)
        page.js("document.getElementById('pause').click()")
        time.sleep(1.5)
        self.check("it goes on after that", page.js(READ_LINE) + page.text("elapsed") != before)

    def hiding(self, page):
        page.js(f"{FAKE_VISIBILITY}('hidden')")
        time.sleep(0.8)
        before = page.text("elapsed")
        time.sleep(2)
        self.check("a hidden tab disconnects", page.text("elapsed") == before)
        page.js(f"{FAKE_VISIBILITY}('visible')")
        self.check("it comes back", page.until(f"document.getElementById('elapsed').textContent !== {json.dumps(before)}", 8))

    def losing(self):
        """Connections that fail: the page says so, keeps its numbers and finds its way back."""
        page = self.open()
        page.until(LIVE, 20)
        page.js("(old => { window.EventSource = class extends EventTarget { constructor() { super(); setTimeout(() => this.onerror?.(), 10); } close() {} }; window.restore = () => { window.EventSource = old; }; })(EventSource)")
        page.js(f"{FAKE_VISIBILITY}('hidden'); {FAKE_VISIBILITY}('visible')")
        told = page.until("/^no data for \\d+ s, trying again/.test(document.getElementById('link').textContent)", 8)
        self.check("the page says that there is no data", told, page.text("link"))
        self.check("old numbers turn grey", page.js("document.documentElement.classList.contains('stale')"))
        self.check("and are kept", page.text("elapsed") != "–")
        page.js("restore()")
        self.check("it finds its way back", page.until(LIVE, 12), page.text("link"))
        self.check("without grey", page.until("!document.documentElement.classList.contains('stale')", 2))
        page.close()

    def calm(self):
        page = self.open(motion="reduce")
        page.until(LIVE, 20)
        seen = {}
        began = time.monotonic()
        while time.monotonic() - began < 7:
            seen.setdefault(page.js(READ_LINE), None)
            time.sleep(0.25)
        self.check("with reduced motion charts are redrawn every 5 s", 2 <= len(seen) <= 3, len(seen))
        self.check("and nothing slides", page.js("getComputedStyle(document.getElementById('fill')).transitionDuration") == "0s")
        page.close()

    def printing(self, page):
        page.media(medium="print")
        self.check("a print has no controls", page.js("getComputedStyle(document.getElementById('pause')).display") == "none")
        page.media()

    def running(self):
        page = self.open()
        self.check("the page is live", page.until(LIVE, 20))
        time.sleep(2)
        parts.lists(self, page)
        for part in [self.structure, self.motion, self.table, self.tab_order, self.cursor, self.pausing, self.hiding, self.printing]:
            part(page)
        self.quiet(page, "running")
        page.close()
        self.losing()
        self.calm()

    def ending(self, seconds, expected):
        """Watches a run to its end; `expected` is how the state begins."""
        page = self.open()
        state = "document.getElementById('state').textContent.slice(2)"
        page.until(LIVE, 10)
        told = [page.text("means"), parts.texts(page, "#plan-rows th")]
        ended = page.until(f"/^({expected})/.test({state})", seconds)
        self.check(f"the state becomes {expected}", ended, page.text("state"))
        time.sleep(1)
        self.check("the title says it", re.search(expected, page.js("document.title")), page.js("document.title"))
        self.check("time left has become the total", page.text("elapsed-word") == "took" and page.text("left") == "")
        before = page.js("document.body.textContent")
        time.sleep(2)
        self.check("nothing moves any more", page.js("document.body.textContent") == before)
        after = [page.text("means"), parts.texts(page, "#plan-rows th")]
        self.check("workers and the plan are still told", after == told, [told, after])
        if parts.snapshot(self.url).get("linger"):
            parts.lists(self, page, over=True)
        self.check("only a failure alarms", page.js(state).startswith("failed") == (page.text("failure") != ""))
        self.quiet(page, expected)
        page.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url", nargs="?", help="address of a running dashboard")
    parser.add_argument("--mock", action="store_true", help="check against simulated runs")
    parser.add_argument("--until-end", type=float, metavar="SECONDS", help="wait so long for the end of the run")
    parser.add_argument("--expect", default="done|failed|stopped", help="how it is to end (a pattern)")
    parser.add_argument("--shots", type=Path, help="a folder for screenshots")
    options = parser.parse_args()
    if bool(options.url) == options.mock:
        parser.error("give an address, or --mock")
    if options.shots:
        options.shots.mkdir(parents=True, exist_ok=True)
    browser = Browser()
    checker = Checker(browser, options.url, options.shots)
    try:
        if options.mock:
            all_mocks(checker)
        else:
            checker.headers()
            checker.running()
            checker.layout("running")
            if options.until_end:
                checker.ending(options.until_end, options.expect)
    finally:
        browser.close()
    print(f"{checker.done - len(checker.wrong)} of {checker.done} checks passed")
    return 1 if checker.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
