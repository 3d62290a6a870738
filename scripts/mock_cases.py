"""What the simulated runs of mock_dashboard.py have besides their numbers, and runs that are unlike others."""

import random

USUAL = {"median": 412e6, "low": 399e6, "high": 425e6, "runs": 10}


def first_alerts(limit):
    """The rules of a run that goes well."""
    def quiet(rule, metric, value, threshold, unit, op=">", severity="warning"):
        return {"rule": rule, "title": title(rule), "metric": metric, "severity": severity, "state": "quiet", "value": value,
                "threshold": threshold, "unit": unit, "op": op}
    return {a["rule"]: a for a in [
        quiet("memory_pressure", "memory_pressure_level", 0, 0, "count"),
        quiet("memory_ceiling", "memory_peak_share", 41.2e6 / limit, 1, "share", severity="critical"),
        quiet("many_bad_records", "records_bad_share", 0.0000006, 0.05, "share"),
        quiet("stalled", "stalled_seconds", 0, 30, "s"),
        quiet("disk_nearly_full", "target_left_share", 35e9, 25e9, "bytes", "<"),
        quiet("read_too_slow", "read_bytes_rate", 400e6, 200e6, "bytes_per_s", "<", "info")]}


def title(rule):
    return rule.replace("_", " ").capitalize()


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
    {"name": "ops", "value": "trim, upper:from_station", "set_by": "pagemill.toml"},
]


def history():
    rng, runs = random.Random(3), []
    for ago in range(1, 11):
        slow = ago == 6
        mean = 331e6 if slow else rng.uniform(405e6, 419e6)
        size = (500 - 1.5 * ago) * 1e9
        line = [round((640e6 if i < 3 else mean) * (0.8 if slow and i > 10 else 1) * rng.uniform(0.96, 1.04)) for i in range(40)]
        entry = {"id": 60 - ago, "started": f"2026-03-{18 - ago:02}T02:00:04Z", "outcome": "done", "bytes": size,
                 "elapsed_s": round(size / mean, 1), "read_mean": mean, "peak": rng.uniform(54e6, 57e6),
                 "bad": 2300, "records": round(size / 126.8), "spark": line, "flagged": slow}
        if slow:
            entry.update(slower=0.2, z=-18, text="20 % slower than usual")
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


def fresh(data):
    """The first run of a job, and all is well."""
    alerts = [{**alert, "state": "quiet"} for alert in data["alerts"]]
    rest = {key: value for key, value in data.items() if key not in ("usual", "checkpoint")}
    return {**rest, "records": {**data["records"], "bad": 0}, "bad": {"action": "left out"}, "marks": [], "alerts": alerts,
            "pressure": "normal", "history": []}


REASONS = {"fields": 120411, "syntax": 30718, "value": 9120, "text": 4012, "op": 300, "target": 7}


def many(data):
    """A run of which everything can be told: alerts of all kinds, marks without end, files, a slower run than usual."""
    state = ["active"] * 7 + ["resolved"] * 4 + ["quiet"] * 9
    alerts = [{"rule": f"rule_{i}", "title": f"Rule number {i}", "metric": "written_bytes_rate", "severity": ["info", "warning", "critical"][i % 3],
               "state": state[i], "since": 20.0 * i, "until": 20.0 * i + 9, "value": 1e6 * i, "threshold": 2e7, "op": "<", "unit": "bytes_per_s",
               "text": f"written_bytes_rate is {i}.00 MB/s, below 20.0 MB/s for 30 s"} for i in range(20)]
    folded = {"seq": 10_000_000, "t": 150.0, "kind": "stall", "count": 63, "text": "Nothing was read or written for 11 s"}
    raised = [{"seq": 20_000_000 + i, "t": 4.0 * i, "end": 4.0 * i + 2, "kind": "alert", "rule": f"rule_{i % 20}", "severity": "warning",
               "text": f"Raised: rule number {i % 20}"} for i in range(44)]
    latest = [{"record": 900_000 - i, "at": 90_000_000_000 - i * 1000, "reason": reason, "source": f"trips-{i:02}.csv"} for i, reason in enumerate(REASONS)]
    places = [1500 + 37 * (i % 7) if i < 20 else 0 for i in range(100)]
    runs = history() + [{**run, "outcome": outcome, "z": None, "flagged": False} for run, outcome in zip(history(), ["failed", "stopped", "done", "done"])]
    return {**data, "marks": [*data["marks"], folded, *raised], "alerts": alerts, "inputs": {"count": 120, "done": 24}, "history": runs,
            "usual": {"median": 640e6, "low": 620e6, "high": 660e6, "runs": 12}, "records": {**data["records"], "bad": sum(REASONS.values())},
            "bad": {"action": "in quarantine", "by_reason": REASONS, "by_place": places, "place_step": 5_000_000_000, "latest": latest}}


# Options of the mock that change what a snapshot says.
VARIANTS = {"hostile": hostile, "fresh": fresh, "many": many}
