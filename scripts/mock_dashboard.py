#!/usr/bin/env python3
"""Serves the dashboard's page and simulates a run behind /api/snapshot and /api/events.

For work on the page without a conversion. The headers are those of the real server.

    mock_dashboard.py --speed 20 --start 752     # the middle of a 500 GB run, 20 times as fast
"""

import argparse
import json
import math
import queue
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
          "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

TICK_S = 0.5
POINTS = 600
WORKERS = 8
LIMIT = 64_000_000
GIB16 = 16 * 2**30
PRESSURE = (372.0, 424.0)
DISK_ALERT = 581.0
STALL = (626.0, 630.0)
KINDS = ["code_stacks", "heap_other", "buffers", "arenas", "codec", "mapped"]
STATES = ["converting", "waiting_input", "waiting_target", "held_back"]
RATES = ["read", "written", "records"]
BUCKETS = 48


def bucket(us):
    """Log buckets from 10 us to 100 s."""
    return min(BUCKETS - 1, max(0, int((math.log10(max(us, 10)) - 1) / 7 * BUCKETS)))


def bucket_value(index):
    return 10 ** (1 + (index + 0.5) / BUCKETS * 7)


def quantile(counts, q):
    need, seen = sum(counts) * q, 0
    for index, count in enumerate(counts):
        if seen + count >= need:
            return round(bucket_value(index - 0.5 + (need - seen) / max(count, 1)))
        seen += count
    return None


class Series:
    """600 points; when full, pairs are merged and the step doubles."""

    def __init__(self):
        self.step, self.points, self.open = TICK_S, [], []

    def add(self, sample):
        """Returns the events that a new sample causes."""
        self.open.append(sample)
        if len(self.open) * TICK_S < self.step:
            return []
        point = self.merge(self.open)
        self.open = []
        point["t"] = len(self.points) * self.step
        self.points.append(point)
        events = [("point", {"t": point["t"], "step_s": self.step, **self.shown(point)})]
        if len(self.points) == POINTS:
            self.halve()
            events.append(("point", {"halved": True, "step_s": self.step}))
        return events

    def halve(self):
        self.step *= 2
        pairs = zip(self.points[::2], self.points[1::2])
        self.points = [self.merge(pair) for pair in pairs]

    @staticmethod
    def merge(samples):
        out = {}
        for name in RATES:
            out[name] = round(sum(s[name] for s in samples) / len(samples))
            out[name + "_min"] = min(s.get(name + "_min", s[name]) for s in samples)
            out[name + "_max"] = max(s.get(name + "_max", s[name]) for s in samples)
        for name in KINDS + STATES:
            mean = sum(s[name] for s in samples) / len(samples)
            out[name] = round(mean, 2) if name in STATES else round(mean)
        out["counts"] = [sum(c) for c in zip(*(s["counts"] for s in samples))]
        out["max_us"] = max(s["max_us"] for s in samples)
        return out

    @staticmethod
    def shown(point):
        counts = point["counts"]
        values = {k: v for k, v in point.items() if k not in ("counts", "t")}
        return {**values, "p50_us": quantile(counts, 0.5), "p99_us": quantile(counts, 0.99)}

    def as_json(self):
        rows = [self.shown(p) for p in self.points]
        names = list(rows[0]) if rows else []
        return {"step_s": self.step, "t0": 0.0, **{n: [r[n] for r in rows] for n in names}}


class Run:
    """One simulated conversion. Everything is a function of the simulated time."""

    def __init__(self, options, number=0):
        self.o, self.rng = options, random.Random(7 + number)
        self.id = f"01HS7Q{number}"
        self.t, self.seq, self.state = 0.0, 0, "running"
        self.read = self.written = self.records = 0.0
        self.bad_counts = {"fields": 0, "text": 0}
        self.places, self.place_step = [0] * 100, 5_000_000_000
        self.latest, self.marks, self.alerts = [], [], self.first_alerts()
        self.checkpoints, self.peak, self.peak_t = [], 0, 0.0
        self.series, self.counts, self.max_us = Series(), [0] * BUCKETS, 0
        self.end = None
        self.sample = self.measure()

    def first_alerts(self):
        def quiet(rule, value, threshold, unit, op=">"):
            return {"rule": rule, "severity": "warning", "state": "quiet", "value": value,
                    "threshold": threshold, "unit": unit, "op": op}
        return {a["rule"]: a for a in [
            quiet("disk_nearly_full", 120e9, 25e9, "bytes", "<"),
            quiet("memory_pressure", 41.2e6, 0.85 * LIMIT, "bytes"),
            quiet("stalled", 0.4, 10, "s"),
            quiet("bad_records", 0.61, 100, "per_million"),
            quiet("over_the_ceiling", 41.2e6, LIMIT, "bytes")]}

    @property
    def pressed(self):
        return PRESSURE[0] <= self.t < PRESSURE[1]

    @property
    def stalled(self):
        return STALL[0] <= self.t < STALL[1]

    def measure(self):
        """What the registry would say of the last half second."""
        t, noise = self.t, self.rng.gauss
        base = 650e6 - 250e6 * min(1, max(0, (t - 60) / 50))
        if self.pressed:
            base = 230e6
        if self.stalled:
            base = 20e6
        base *= min(1, (t + 2) / 5)
        read = max(0, base * (1 + noise(0, 0.05)))
        swell = max(0, 1 - abs(t - 390) / 45)
        converting = 7 if t < 60 else 2.4 if self.pressed else 0.5 if self.stalled else 4
        converting = min(8, max(0, round(converting + noise(0, 0.6))))
        held = 4 if self.pressed and t > PRESSURE[0] + 12 else 0
        converting = min(converting, WORKERS - held)
        p50 = (5500 if t < 60 else 21000 if self.pressed else 9000) * math.exp(noise(0, 0.12))
        spread = [bucket(p50 * math.exp(noise(0, 0.7))) for _ in range(60)]
        counts = [0] * BUCKETS
        for index in spread:
            counts[index] += 1
        if self.stalled:
            counts[bucket(4.1e6)] += 20
        return {
            "read": round(read), "written": round(read * 1.677), "records": round(read / 126.8),
            "code_stacks": 5_900_000, "heap_other": 2_400_000,
            "buffers": round((14.6 - 4 * swell) * 1e6 + noise(0, 3e5)),
            "arenas": round((3.1 + 17 * swell) * 1e6 + noise(0, 1e5)), "codec": 0,
            "mapped": round((15.2 + 3 * swell) * 1e6 + noise(0, 4e5)),
            "converting": converting, "waiting_input": 0, "held_back": held,
            "waiting_target": WORKERS - held - converting,
            "counts": counts, "max_us": round(4.1e6 if self.stalled else bucket_value(max(spread)) * 2),
        }

    def step(self):
        """Half a second of the run; returns its events, without the tick."""
        if self.end:
            return []
        self.t = round(self.t + TICK_S, 3)
        self.sample = s = self.measure()
        size = self.o.size
        part = min(s["read"] * TICK_S, size - self.read)
        self.read += part
        self.written += part * 1.677
        self.records += part / 126.8
        resident = sum(s[k] for k in KINDS)
        if resident > self.peak:
            self.peak, self.peak_t = resident, self.t
        self.counts = [a + b for a, b in zip(self.counts, s["counts"])]
        self.max_us = max(self.max_us, s["max_us"])
        events = self.series.add(s) + self.happenings()
        self.finish_if_due()
        return events

    def happenings(self):
        events = []
        if self.rng.random() < (0.9 if 260e9 < self.read < 275e9 else 0.1):
            events.append(self.bad_record())
        while self.read >= (len(self.checkpoints) + 1) * GIB16:
            self.checkpoints.append(self.t)
            events.append(self.mark("checkpoint", f"Checkpoint {len(self.checkpoints)}.", position=len(self.checkpoints) * GIB16))
        if self.at(PRESSURE[0]):
            events += [self.mark("pressure", "Pressure high (55.0 MB, 86 %): records of up to 7.9 MB. Read pages released, idle buffers given back.", level="high"),
                       self.alert("memory_pressure", state="active", since=self.t, text="Memory is above 85 % of the ceiling. pagemill slows down to stay below it; the output is the same.")]
            self.span = self.marks[-1]
        if self.at(PRESSURE[0] + 12):
            events.append(self.mark("pressure", "Slices halved to 256 KiB, 4 workers wait.", of=self.span["seq"]))
        if self.at(PRESSURE[1]):
            self.span["end"] = self.t
            events += [("mark", self.span), self.mark("pressure", "Pressure passed (46.9 MB, 73 %). All eight workers run again.", of=self.span["seq"]),
                       self.alert("memory_pressure", state="resolved", until=self.t, text="High for 52 s, 57.3 of 64 MB at most.")]
        if self.at(DISK_ALERT) and not self.o.pipe:
            events += [self.mark("alert", "Alert raised: disk nearly full. Webhook delivered in 0.2 s.", rule="disk_nearly_full"),
                       self.alert("disk_nearly_full", state="active", since=self.t, value=22e9,
                                  text="22 GB would be left at the end, under the 25 GB of the rule. Free some space; a full disk stops the run, and --resume continues it.")]
        if self.at(STALL[1]):
            events += [self.mark("stall", "The target took nothing for 4.1 s.", t=STALL[0], end=STALL[1]),
                       self.alert("stalled", value=4.1)]
        return events

    def at(self, moment):
        return self.t - TICK_S < moment <= self.t

    def mark(self, kind, text, **more):
        entry = {"seq": self.seq * 100 + len(self.marks) + 1, "t": self.t, "kind": kind, "text": text, **more}
        self.marks.append(entry)
        return ("mark", entry)

    def alert(self, rule, **changes):
        self.alerts[rule].update(changes)
        return ("alert", self.alerts[rule])

    def bad_record(self):
        reason = "text" if 260e9 < self.read < 275e9 else "fields"
        count = self.rng.randint(1, 6)
        self.bad_counts[reason] += count
        while self.read >= self.place_step * len(self.places):
            self.places = [a + b for a, b in zip(self.places[::2], self.places[1::2])] + [0] * 50
            self.place_step *= 2
        self.places[int(self.read / self.place_step)] += count
        entry = {"record": int(self.records), "at": int(self.read), "reason": reason,
                 "text": "not UTF-8 at byte 61" if reason == "text" else "11 fields where the header has 12",
                 "begins": '<img src=x onerror=alert(1)>,"0417",2025'}
        self.latest = [entry, *self.latest][:6]
        return ("bad", {**entry, "by_reason": dict(self.bad_counts), "by_place": self.places, "place_step": self.place_step})

    def finish_if_due(self):
        outcome = None
        if self.read >= self.o.size:
            outcome = {"outcome": "done", "exit_code": 0}
        elif self.read >= 0.7 * self.o.size and self.o.fail:
            outcome = {"outcome": "failed", "exit_code": 1, "resumable": True,
                       "error": "cannot write to trips-2025.ndjson: no space left on device"}
        elif self.read >= 0.7 * self.o.size and self.o.stop:
            outcome = {"outcome": "stopped", "exit_code": 130, "resumable": True}
        if outcome:
            self.state = outcome["outcome"]
            self.end = {**outcome, "report": {}}

    def eta(self):
        if self.o.pipe or self.t < 5 or self.end:
            return None
        mid = (self.o.size - self.read) / (self.read / self.t)
        return {"mid": round(mid), "low": round(mid * 0.93), "high": round(mid * 1.1)}

    def tick(self):
        s, read = self.sample, int(self.read)
        bad = sum(self.bad_counts.values())
        size = {} if self.o.pipe else {"size": self.o.size}
        remaining = {} if self.o.pipe else {"remaining": round((self.o.size - self.read) * 1.677)}
        checkpoint = {"count": len(self.checkpoints)}
        if self.checkpoints:
            checkpoint.update(position=len(self.checkpoints) * GIB16, t=self.checkpoints[-1])
        return {
            "seq": self.seq, "t": self.t, "state": self.state,
            "bytes": {**size, "read": read, "written": int(self.written)},
            "records": {"read": int(self.records), "written": int(self.records) - bad, "bad": bad, "filtered": 0},
            "eta_s": self.eta(), "rate": {name: 0 if self.end else s[name] for name in RATES},
            "latency_us": {"window_s": 10, "mean": 11400, "p50": quantile(s["counts"], 0.5), "p99": quantile(s["counts"], 0.99), "max": s["max_us"],
                           "run": {"mean": 11300, "p50": quantile(self.counts, 0.5), "p99": quantile(self.counts, 0.99), "max": self.max_us}},
            "memory": {"limit": LIMIT, "peak": self.peak, "peak_t": self.peak_t, **{k: s[k] for k in KINDS}},
            "pressure": "high" if self.pressed else "normal",
            "workers": {k: s[k] for k in STATES}, "slices": 16, "pool": {"used": 31, "idle": 3},
            "target": {"free": round(860e9 - self.written), **remaining}, "checkpoint": checkpoint,
        }

    def snapshot(self):
        if self.o.bare:
            return {"schema": 1, "run": self.id, "seq": self.seq, "t": self.t, "state": self.state,
                    "job": {"source": "standard input"}, "bytes": {"read": int(self.read)}}
        return hostile(self.full()) if self.o.hostile else self.full()

    def full(self):
        places = {"by_place": self.places, "place_step": self.place_step}
        return {
            "schema": 1, "run": self.id, "version": "0.4.1", "pid": 48213, "linger": True,
            "job": {"name": "nightly", "source": "standard input" if self.o.pipe else "trips-2025.csv", "target": "trips-2025.ndjson",
                    "from": "csv", "to": "ndjson", "started": "2026-03-18T02:00:04Z"},
            **self.tick(), "series": self.series.as_json(), "marks": self.marks, "alerts": list(self.alerts.values()),
            "bad": {"by_reason": self.bad_counts, "action": "in quarantine", "latest": self.latest, **places},
            "plan": PLAN, "history": history(), "usual": {"median": 412e6, "low": 399e6, "high": 425e6, "runs": 10},
        }


PLAN = [
    {"name": "read by", "value": "mapping, released after use", "set_by": "planned"},
    {"name": "workers", "value": "8, in flight 16 slices", "set_by": "processors"},
    {"name": "slice", "value": "512 KiB", "set_by": "default"},
    {"name": "ceiling", "value": "64 MB", "set_by": "profile nightly"},
    {"name": "planned use", "value": "43.1 MB; 20.9 MB spare", "set_by": "planned"},
    {"name": "code, stacks", "value": "6.3 MB", "kind": "code_stacks", "under": "planned use"},
    {"name": "arenas", "value": "4.2 MB", "kind": "arenas", "under": "planned use"},
    {"name": "buffers", "value": "16.8 MB", "kind": "buffers", "under": "planned use"},
    {"name": "mapped pages", "value": "15.8 MB", "kind": "mapped", "under": "planned use"},
    {"name": "bad records", "value": "quarantine, at most 0.01 %", "set_by": "pagemill.toml"},
    {"name": "checkpoint", "value": "every 16 GiB", "set_by": "flag"},
    {"name": "ops", "value": "trim, upper:from_station", "set_by": "pagemill.toml", "code": True},
]


def history():
    rng, runs = random.Random(3), []
    for ago in range(1, 11):
        slow = ago == 6
        mean = 331e6 if slow else rng.uniform(405e6, 419e6)
        size = (500 - 1.5 * ago) * 1e9
        line = [round((640e6 if i < 3 else mean) * (0.8 if slow and i > 10 else 1) * rng.uniform(0.96, 1.04)) for i in range(40)]
        entry = {"run": f"01HS{ago}", "started": f"2026-03-{18 - ago:02}T02:00:04Z", "outcome": "done", "bytes": size,
                 "elapsed_s": round(size / mean, 1), "read_mean": mean, "peak": rng.uniform(54e6, 57e6),
                 "bad": 2300, "records": round(size / 126.8), "spark": line, "flagged": slow}
        if slow:
            entry.update(slower=0.2, z=-18, text="20 % below the median, robust z −18; slower from a quarter of the run on. "
                         "Same version and settings as the day before: look at the machine first.")
        runs.append(entry)
    return runs


def hostile(data):
    """Texts, amounts and numbers of marks that nobody expects; unknown keys and kinds."""
    long = "<b>" + "x" * 150 + "</b>"
    stalls = [{"seq": 10_000_000 + i, "t": 2.0 * i, "kind": "stall", "text": long} for i in range(60)]
    others = [{"seq": 20_000_000 + i, "t": 3.0 * i, "kind": "comet", "text": "Something new."} for i in range(30)]
    columns = {name: [None if i % 50 < 5 else value for i, value in enumerate(column)] if isinstance(column, list) else column
               for name, column in data["series"].items()}
    return {
        **data, "a_new_key": {"deep": [1]}, "job": {**data["job"], "name": long, "source": long, "target": long},
        "memory": {**data["memory"], "codec": 9_000_000}, "marks": data["marks"] + stalls + others, "history": [], "usual": None,
        "series": {**columns, "codec": [9_000_000] * len(columns["read"])},
        "alerts": [{"rule": "r" * 90, "severity": "critical", "state": "active", "since": 5.0, "text": long}, *data["alerts"],
                   {"rule": "odd", "state": "quiet", "value": None}],
        "bad": {**data["bad"], "by_reason": {"fields": 10**15, "new_reason": 1}, "latest": [{"record": 10**15, "at": 10**15, "text": long, "begins": long}]},
        "plan": [{"name": long, "value": long, "set_by": long}, {"name": "nothing"}],
    }


class Hub:
    """Makes the run go on and gives each client its events."""

    def __init__(self, options):
        self.o, self.lock, self.clients, self.refuse_until = options, threading.Lock(), set(), 0.0
        self.number, self.run = 0, Run(options)
        while self.run.t < options.start and not self.run.end:
            self.run.seq += 1
            self.run.step()

    def loop(self):
        began = last_drop = time.monotonic()
        while True:
            time.sleep(TICK_S)
            now = time.monotonic()
            if self.o.drop and now - last_drop > 15:
                last_drop = now
                self.drop(now)
            if self.o.slow and int(now - began) % 12 >= 7:
                continue
            with self.lock:
                self.advance()

    def advance(self):
        run = self.run
        if run.end:
            return
        run.seq += 1
        events = [event for _ in range(self.o.speed) for event in run.step()]
        bad = [event for event in events if event[0] == "bad"]
        events = [event for event in events if event[0] != "bad"] + bad[-1:]
        if run.end:
            events = [("snapshot", run.snapshot()), ("end", run.end)]
            if self.o.restart:
                threading.Timer(self.o.restart, self.restart).start()
        elif not self.o.bare:
            events.append(("tick", run.tick()))
        else:
            events = [("tick", {"seq": run.seq, "t": run.t, "bytes": {"read": int(run.read)}})]
        for client in self.clients:
            for event in events:
                client.put((run.seq, *event))

    def restart(self):
        with self.lock:
            self.number += 1
            self.run = Run(self.o, self.number)

    def drop(self, now):
        with self.lock:
            self.refuse_until = now + 6
            for client in self.clients:
                client.put(None)
            self.clients.clear()

    def join(self):
        with self.lock:
            if time.monotonic() < self.refuse_until:
                return None
            client = queue.Queue()
            client.put((self.run.seq, "snapshot", self.run.snapshot()))
            if self.run.end:
                client.put((self.run.seq, "end", self.run.end))
            self.clients.add(client)
            return client

    def leave(self, client):
        with self.lock:
            self.clients.discard(client)


class Handler(BaseHTTPRequestHandler):
    hub, folder = None, None

    def log_message(self, *args):
        pass

    def answer(self, status, kind, body=b""):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        if body:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/api/events":
            return self.stream()
        if path == "/api/snapshot":
            with self.hub.lock:
                body = json.dumps(self.hub.run.snapshot()).encode()
            return self.answer(200, "application/json", body)
        if path == "/healthz":
            return self.answer(200, "text/plain; charset=utf-8", b"ok\n")
        if path == "/metrics":
            return self.answer(200, "text/plain; version=0.0.4", b"# the mock has no metrics\n")
        file = self.folder / ("index.html" if path == "/" else path.lstrip("/"))
        if file.parent == self.folder and file.suffix in TYPES and file.is_file():
            return self.answer(200, TYPES[file.suffix], file.read_bytes())
        return self.answer(404, "text/plain; charset=utf-8", b"not found\n")

    def stream(self):
        client = self.hub.join()
        if client is None:
            return self.answer(503, "text/plain; charset=utf-8", b"busy\n")
        self.answer(200, "text/event-stream")
        try:
            while (item := client.get()) is not None:
                seq, name, data = item
                ident = f"id: {seq}\n" if name == "tick" else ""
                self.wfile.write(f"{ident}event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode())
                self.wfile.flush()
                if name == "end":
                    break
        except (BrokenPipeError, ConnectionResetError):
            pass
        finally:
            self.hub.leave(client)
            self.close_connection = True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--assets", type=Path, default=Path(__file__).resolve().parent.parent / "src/dashboard/page")
    parser.add_argument("--speed", type=int, default=20, help="simulated seconds a second")
    parser.add_argument("--start", type=float, default=0, help="begin at this second of the run")
    parser.add_argument("--size", type=int, default=500_000_000_000)
    parser.add_argument("--restart", type=float, help="a new run so many seconds after the end")
    for name, text in [("fail", "the run fails at 70 %"), ("stop", "the run is stopped at 70 %"), ("pipe", "an input of unknown size"),
                       ("drop", "streams are cut every 15 s and refused for 6 s"), ("slow", "no event for 5 of 12 s"),
                       ("hostile", "texts and numbers that nobody expects"), ("bare", "hardly any key is known")]:
        parser.add_argument(f"--{name}", action="store_true", help=text)
    options = parser.parse_args()
    Handler.hub, Handler.folder = Hub(options), options.assets.resolve()
    server = ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    server.daemon_threads = True
    threading.Thread(target=Handler.hub.loop, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}/", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
