"""Checks of the lists of the dashboard: alerts, events, plan, history and bad records.

Each compares the page with the snapshot that the server gives at the same time.
"""

import json
import re
import time
import urllib.request

KNOWN = r"^[\d,.]+$"


def snapshot(url):
    with urllib.request.urlopen(url + "api/snapshot") as answer:
        return json.load(answer)


def texts(page, selector):
    found = page.js(f"[...document.querySelectorAll({json.dumps(selector)})].filter(n => n.checkVisibility()).map(n => n.textContent)")
    return [re.sub(r"\s+", " ", text).strip() for text in found]


def rows(page, selector):
    """The cells of the rows of a table."""
    return page.js(f"[...document.querySelectorAll({json.dumps(selector)})].map(row => [...row.children].map(cell => cell.textContent.trim()))")


def tile(page, name):
    """What a tile says: large, and below."""
    return page.js(f"""(tile => [tile.querySelector('.big').textContent, tile.querySelector('small').textContent])(
        [...document.querySelectorAll('.tile')].find(tile => tile.querySelector('dt').textContent === {json.dumps(name)}))""")


def alerts(checker, page, data):
    check, told = checker.check, data.get("alerts")
    if told is None:
        check("alerts that are not known are no zero", page.text("alerts-n") == "not known", page.text("alerts-n"))
        return
    states = [alert["state"] for alert in told]
    check("each raised alert is in the list", len(texts(page, "#alert-list .fire")) == states.count("active"), texts(page, "#alert-list .fire"))
    check("each resolved alert is in the list", len(texts(page, "#alert-list .calm")) == states.count("resolved"), texts(page, "#alert-list .calm"))
    check("each quiet rule is in its list", len(texts(page, "#quiet-list li")) == states.count("quiet"), texts(page, "#quiet-list li"))
    ranks = page.js("[...document.querySelectorAll('#alert-list li')].map(li => li.classList.contains('fire'))")
    check("active alerts come first", ranks == sorted(ranks, reverse=True), ranks)
    shown = " ".join(texts(page, "#alert-list li"))
    begins = [re.split(r"\d", alert.get("text") or "")[0] for alert in told if alert["state"] != "quiet"]  # numbers go on
    check("alerts have their sentences", all(begin in shown for begin in begins), shown[:300])
    near = texts(page, "#quiet-list .when")
    check("quiet rules say how near they are", all(re.search(r" of |fires (under|above|at)|not known", text) for text in near), near)
    counted = f"{states.count('active')} active, {states.count('resolved')} resolved, {states.count('quiet')} quiet"
    check("alerts are counted", page.text("alerts-n") == counted, page.text("alerts-n"))
    flag = page.js("(flag => flag.hidden ? '' : flag.textContent)(document.getElementById('flag'))")
    check("the header has the alerts that are raised", flag.startswith(f"◆ {states.count('active')} alert") if "active" in states else flag == "", flag)
    check("state is not told by colour alone", page.js("""[...document.querySelectorAll('.alerts li')].every(li =>
        li.firstChild.textContent === (li.classList.contains('fire') ? '◆' : li.closest('#quiet-list') ? '·' : '○'))"""))


def events(checker, page, data):
    flags = page.js("[...document.querySelectorAll('.flags a')].map(a => [a.textContent, a.getAttribute('aria-label'), !!document.querySelector(a.getAttribute('href'))])")
    checker.check("flags of the lane lead to the list", all(found for *_, found in flags), flags)
    checker.check("flags have names", all(re.search(r" at \d+:\d\d$", name) for _, name, _ in flags), flags)
    kinds = {mark["kind"] for mark in data.get("marks", [])}
    glyphs = {text[0] for text, *_ in flags}
    for kind, glyph in [("alert", "◆"), ("pressure", "▲"), ("stall", "■")]:
        checker.check(f"{glyph} in the lane for {kind}", (kind in kinds) == (glyph in glyphs) or len(flags) > 10, [kinds, flags])


def plan(checker, page, data):
    if "plan" not in data:
        checker.check("a plan that is not known is left out", page.js("document.getElementById('plan').hidden"))
        return
    shown = rows(page, "#plan-rows tr")
    wanted = [[row["name"], str(row.get("value") or "–"), row.get("set_by") or ""] for row in data["plan"]]
    checker.check("the plan is whole", [row[0] for row in shown] == [row[0] for row in wanted], shown)
    checker.check("with its values", all(cell.startswith(value) for (_, cell, _), (_, value, _) in zip(shown, wanted)), shown)
    checker.check("and who set them", [row[2] for row in shown] == [row[2] for row in wanted], shown)


def history(checker, page, data):
    check, runs, usual = checker.check, data.get("history"), data.get("usual")
    small = tile(page, "Read")[1]
    check("the usual range is on the tile", ("usual" in small) == (usual is not None), small)
    if runs is None:
        check("a history that is not known is left out", page.js("document.getElementById('history').hidden"))
        return
    shown = rows(page, "#history-table tbody tr")
    check("all earlier runs are shown", len(shown) == (len(runs) + 1 if runs else 1), len(shown))
    check("this run is the first", shown[0][0] == "this run", shown[0])
    words = [row[-1] for row in shown[1:]]
    for run, word in zip(runs, words):
        want = run["outcome"] if run.get("outcome", "done") != "done" else "slower" if run.get("flagged") else ""
        check(f"verdict of a run: {want or 'nothing odd'}", word.endswith(want), word)
    check("odd runs are not told by colour alone", all("▼" in word for word in words if "slower" in word and "usual" not in word), words)
    names, days = [row[0] for row in shown[1:]], {name.split(",")[0] for name in (row[0] for row in shown[1:])}
    check("runs of one day are told apart by the time", len(days) == len(names) or all(re.search(r", \d\d:\d\d$", name) for name in names), names)


def bad(checker, page, data):
    """Counts that grow are compared while they stand still or from below."""
    check, told, records = checker.check, data.get("bad", {}), data.get("records", {})
    big = tile(page, "Bad records")[0]
    check("bad records that are not known are no zero", big == "–" if "bad" not in records else re.match(KNOWN, big), big)
    reasons = {name: count for name, count in told.get("by_reason", {}).items() if count}
    shown = [int(row[0].replace(",", "")) for row in rows(page, "#reasons tr")]
    check("each reason has a row", len(shown) == len(reasons), [shown, reasons])
    check("the most frequent first", shown == sorted(shown, reverse=True), shown)
    check("with its count", all(abs(count - seen) <= 0.2 * count + 10 for seen, count in zip(shown, sorted(reasons.values(), reverse=True))), [shown, reasons])
    places = page.js("document.getElementById('places').hidden") is False
    check("places are shown where there are any", places == (sum(told.get("by_place", [])) > 0), places)
    if places:
        name = page.js("document.querySelector('#places svg').getAttribute('aria-label')")
        check("the places have a summary", re.match(r"Bad records by where in the files?.*count per .*(most|of them between)", name), name)
    latest = rows(page, "#latest tbody tr")
    check("the latest are there, six at most", len(latest) == min(6, len(told.get("latest", []))), latest)


def lists(checker, page, over=False):
    """All of them. When the run is over, numbers stand still and have to be the same."""
    data = snapshot(checker.url)
    time.sleep(0.6)
    for part in [alerts, events, plan, history, bad]:
        part(checker, page, data)
    if over:
        counts = sorted(data["bad"].get("by_reason", {}).values(), reverse=True)
        shown = [int(row[0].replace(",", "")) for row in rows(page, "#reasons tr")]
        checker.check("in the end the counts are those of the run", shown == [count for count in counts if count], [shown, counts])
        checker.check("and add up to the bad records", tile(page, "Bad records")[0] == f"{sum(counts):,}", [tile(page, "Bad records"), counts])
    free = tile(page, "Free on target")[0]
    checker.check("free space is told where it is known", (free != "–") == ("free" in (data.get("target") or {})), free)


def between_snapshots(checker):
    """Alerts that come and go while the page looks; the simulated run has one from 6:12 to 7:04."""
    check, page = checker.check, checker.open()
    page.until("document.querySelectorAll('#quiet-list li').length > 0", 20)
    check("nothing is raised at first", not texts(page, "#alert-list li"), texts(page, "#alert-list li"))
    page.js("""(seen => { window.seen = seen; new MutationObserver(changes => changes.forEach(change =>
        seen.push(...[...change.addedNodes].filter(n => n.nodeName === 'LI').map(n => n.textContent)))).observe(document.getElementById('alert-list'), { childList: true }); })([])""")
    check("an alert is raised", page.until("document.querySelectorAll('#alert-list .fire').length === 1", 15), texts(page, ".alerts li"))
    check("it says what to do", "slows down" in " ".join(texts(page, "#alert-list .fire p")), texts(page, "#alert-list .fire p"))
    check("it is in the lane", page.until("[...document.querySelectorAll('.flags a')].some(a => a.textContent.startsWith('◆'))", 3))
    check("it is in the header", page.text("flag") == "◆ 1 alert: memory pressure", page.text("flag"))
    check("it is spoken once", page.js("seen.length") == 1, page.js("seen"))
    check("it is resolved", page.until("document.querySelectorAll('#alert-list .calm').length === 1", 30), texts(page, ".alerts li"))
    check("numbers that go on are not spoken, the end is", page.js("seen.length") == 2, page.js("seen"))
    check("with its times", texts(page, "#alert-list .when") == ["6:12 to 7:04"], texts(page, "#alert-list .when"))
    check("its event has an end", page.until("/◆.*\\(until 7:04\\)/.test(document.getElementById('log').textContent)", 3), page.text("log"))
    check("the header is free of it", page.js("document.getElementById('flag').hidden"))
    first = "document.querySelector('#latest tbody tr')?.textContent"
    before = page.js(first)
    check("bad records come one by one", page.until(f"{first} !== {json.dumps(before)}", 15))
    page.close()


def one_spot(checker):
    """The simulated run has most of its bad records from 260 to 275 GB."""
    page = checker.open()
    page.until("document.getElementById('places-c').textContent !== ''", 20)
    checker.check("one bad spot is told", re.search(r"; \d+ % of them between 2(55|60) GB and 275 GB$", page.text("places-c")), page.text("places-c"))
    checker.check("free space is tied to its alert", re.match(r"needs \d+ GB more; ◆ C$", tile(page, "Free on target")[1]), tile(page, "Free on target"))
    page.close()


def worked_out(checker):
    """The mock of much: what its data, made to be computed by hand, must look like."""
    check, page = checker.check, checker.open()
    page.until("document.querySelectorAll('#alert-list .fire').length === 7", 20)
    names = texts(page, "#alert-list .fire b")
    check("critical alerts first, then warnings", names == [f"Rule number {i}" for i in (2, 5, 1, 4, 0, 3, 6)], names)
    check("the header names the worst", page.text("flag") == "◆ 7 alerts: rule number 2 and more", page.text("flag"))
    check("46 marks of a kind are one", any(text.startswith("2:52◆ BAlert: 46 times, the latest at 2:52.") for text in texts(page, "#log li")), texts(page, "#log li"))
    check("as are 63 that the server made one", any("Stall: 63 times, the latest at 2:30." in text for text in texts(page, "#log li")), texts(page, "#log li"))
    check("the fullest place", "count per 5 GB; most, 1,722, at 30 GB" in page.text("places-c"), page.text("places-c"))
    check("files are named", rows(page, "#latest tbody tr")[1][2] == "trips-01.csv: not well formed", rows(page, "#latest tbody tr"))
    check("this run is slower than usual", re.search(r"; ▼ 3\d % slower, usual 620 to 660$", tile(page, "Read")[1]), tile(page, "Read"))
    check("and so says the history", re.match(r"▼ 3\d % slower$", rows(page, "#history-table tbody tr")[0][-1]), rows(page, "#history-table tbody tr")[0])
    check("quiet rules below their limit", texts(page, "#quiet-list .when")[0] == "11.0 MB/s, fires under 20 MB/s", texts(page, "#quiet-list .when"))
    page.close()


def unknown_is_no_zero(checker):
    """Hardly any key is known."""
    page = checker.open()
    page.until("document.getElementById('done').textContent !== '–'", 20)
    for name in ["Written", "Records", "Memory", "Latency", "Bad records", "Pressure", "Free on target"]:
        checker.check(f"unknown: {name}", tile(page, name)[0] == "–", tile(page, name))
    lists(checker, page)
    page.close()
