"""A simulated conversion for mock_dashboard.py: everything is a function of the simulated time."""

import math
import random

from mock_cases import PLAN, USUAL, VARIANTS, first_alerts, history

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
        self.latest, self.marks, self.alerts = [], [], first_alerts(LIMIT)
        self.checkpoints, self.peak, self.peak_t = [], 0, 0.0
        self.series, self.counts, self.max_us = Series(), [0] * BUCKETS, 0
        self.end = None
        self.sample = self.measure()

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
            events += [self.mark("pressure", "Memory pressure high: release_pages, trim_pool", level="high")]
            self.span = self.marks[-1]
            events += [self.alert("memory_pressure", state="active", since=self.t, value=1, text="memory_pressure_level is 1, above 0 for 10 s"),
                       self.mark("alert", "Alert raised: memory pressure: memory_pressure_level is 1, above 0 for 10 s", rule="memory_pressure", severity="warning")]
            self.raised = self.marks[-1]
        if self.at(PRESSURE[0] + 12):
            self.span["text"] = "Memory pressure high: release_pages, trim_pool, smaller_slices, fewer_workers"
            events.append(("mark", self.span))
        if self.at(PRESSURE[1]):
            self.span["end"] = self.raised["end"] = self.t
            events += [("mark", self.span), ("mark", self.raised),
                       self.alert("memory_pressure", state="resolved", until=self.t, value=0)]
        if self.at(DISK_ALERT) and not self.o.pipe:
            left, text = self.room()
            events += [self.mark("alert", f"Alert raised: disk nearly full: {text}", rule="disk_nearly_full", severity="warning"),
                       self.alert("disk_nearly_full", state="active", since=self.t, value=left, text=text)]
        if self.at(STALL[1]):
            events += [self.mark("stall", "Nothing was read or written for 4 s", t=STALL[0], end=STALL[1])]
        if self.t % 10 == 0:
            events += self.nearness()
        return events

    def nearness(self):
        """Where the quiet rules stand, every 10 s."""
        peak = {"memory_ceiling": round(self.peak / LIMIT, 4), "read_too_slow": self.sample["read"]}
        bad = sum(self.bad_counts.values()) / max(1, self.records)
        left = None if self.o.pipe else self.room()[0]
        values = {**peak, "many_bad_records": bad, "disk_nearly_full": left}
        quiet = [self.alert(rule, value=value) for rule, value in values.items()
                 if value is not None and self.alerts[rule]["state"] == "quiet"]
        texts = {"memory_pressure": f"memory_pressure_level is 1, above 0 for {self.t - PRESSURE[0]:.0f} s", "disk_nearly_full": self.room()[1]}
        return quiet + [self.alert(rule, text=text) for rule, text in texts.items() if self.alerts[rule]["state"] == "active"]

    def room(self):
        """What the disk will have left, and the sentence for it."""
        free, needed = 860e9 - self.written, (self.o.size - self.read) * 1.677
        return round(free - needed), f"{(free - needed) / 1e9:.1f} GB left at the end ({free / 1e9:.0f} GB free, {needed / 1e9:.0f} GB to write)"

    def at(self, moment):
        return self.t - TICK_S < moment <= self.t

    def mark(self, kind, text, **more):
        entry = {"seq": self.seq * 100 + len(self.marks) + 1, "t": self.t, "kind": kind, "text": text, **more}
        self.marks.append(entry)
        return ("mark", dict(entry))

    def sorted_alerts(self):
        return sorted(self.alerts.values(), key=lambda alert: ["active", "resolved", "quiet"].index(alert["state"]))

    def alert(self, rule, **changes):
        self.alerts[rule].update(changes)
        return ("alert", dict(self.alerts[rule]))

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
        return ("bad", {**entry, "latest": self.latest, "by_reason": dict(self.bad_counts), "by_place": self.places, "place_step": self.place_step})

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
            "workers": {k: 0 if self.end else s[k] for k in STATES}, "slices": 16, "pool": {"used": 31, "idle": 3},
            "target": {"free": round(860e9 - self.written), **remaining}, "checkpoint": checkpoint,
        }

    def snapshot(self):
        if self.o.bare:
            return {"schema": 1, "run": self.id, "seq": self.seq, "t": self.t, "state": self.state,
                    "job": {"source": "standard input"}, "bytes": {"read": int(self.read)}}
        changes = [change for name, change in VARIANTS.items() if getattr(self.o, name)]
        return changes[0](self.full()) if changes else self.full()

    def full(self):
        places = {"by_place": self.places, "place_step": self.place_step}
        return {
            "schema": 1, "run": self.id, "version": "0.4.1", "pid": 48213, "linger": True,
            "job": {"name": "nightly", "source": "standard input" if self.o.pipe else "trips-2025.csv", "target": "trips-2025.ndjson",
                    "from": "csv", "to": "ndjson", "started": "2026-03-18T02:00:04Z"},
            **self.tick(), "series": self.series.as_json(), "marks": self.marks, "alerts": self.sorted_alerts(),
            "bad": {"by_reason": self.bad_counts, "action": "in quarantine", "latest": self.latest, **places},
            "plan": PLAN, "history": history(), "usual": USUAL,
        }
