#!/usr/bin/env python3
"""Serves the dashboard's page and simulates a run behind /api/snapshot and /api/events.

For work on the page without a conversion. The headers are those of the real server.

    mock_dashboard.py --speed 20 --start 752     # the middle of a 500 GB run, 20 times as fast
"""

import argparse
import json
import queue
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from mock_cases import VARIANTS
from mock_run import TICK_S, Run

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
        if any(getattr(self.o, name) for name in VARIANTS):
            events = [event for event in events if event[0] == "point"]  # what else there is comes with the snapshot
        if run.end:
            events = [("snapshot", run.snapshot()), ("end", run.end)]
            if self.o.restart:
                threading.Timer(self.o.restart, self.restart).start()
        elif not self.o.bare:
            now = run.snapshot()
            events.append(("tick", {key: now.get(key) for key in run.tick()}))
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
                       ("hostile", "texts and numbers that nobody expects"), ("fresh", "no earlier run, nothing bad, no alert"),
                       ("many", "much of everything: alerts, marks, reasons, runs, files"), ("bare", "hardly any key is known")]:
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
