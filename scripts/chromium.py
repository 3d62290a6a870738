"""A headless Chromium over the pipe of its DevTools protocol. Standard library only."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path

NAMES = ["chromium", "chromium-browser", "google-chrome", "chrome"]


class Browser:
    def __init__(self):
        program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
        if program is None:
            raise SystemExit("no Chromium found; set CHROMIUM to its path")
        self.profile = tempfile.mkdtemp(prefix="dashboard-check-")
        # The browser reads commands on descriptor 3 and writes answers on 4.
        command_read, self.commands = os.pipe()
        self.answers, answer_write = os.pipe()
        arguments = [program, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                     "--no-first-run", "--disable-background-networking", f"--user-data-dir={self.profile}", "about:blank"]
        script = 'exec 3<&"$1" 4>&"$2"; shift 2; exec "$@"'
        self.process = subprocess.Popen(["bash", "-c", script, "bash", str(command_read), str(answer_write), *arguments],
                                        pass_fds=(command_read, answer_write), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        os.close(command_read)
        os.close(answer_write)
        self.next_id, self.results, self.events = 0, {}, []
        self.news = threading.Condition()
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        buffer = b""
        while chunk := os.read(self.answers, 1 << 20):
            *messages, buffer = (buffer + chunk).split(b"\0")
            with self.news:
                for message in map(json.loads, messages):
                    if "id" in message:
                        self.results[message["id"]] = message
                    else:
                        self.events.append(message)
                self.news.notify_all()

    def call(self, method, session=None, timeout=30, **params):
        with self.news:
            self.next_id += 1
            ident = self.next_id
        message = {"id": ident, "method": method, "params": params, **({"sessionId": session} if session else {})}
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        with self.news:
            if not self.news.wait_for(lambda: ident in self.results, timeout):
                raise TimeoutError(method)
            answer = self.results.pop(ident)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def page(self, url, width=1400, height=900, scheme="light", motion="no-preference"):
        return Page(self, url, width, height, scheme, motion)

    def close(self):
        try:
            self.call("Browser.close", timeout=5)
            self.process.wait(10)
        except (TimeoutError, subprocess.TimeoutExpired, RuntimeError):
            self.process.kill()
        shutil.rmtree(self.profile, ignore_errors=True)


class Page:
    def __init__(self, browser, url, width, height, scheme, motion):
        self.browser = browser
        self.target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Log", "Network"]:
            self.call(f"{domain}.enable")
        self.size(width, height)
        self.media(scheme, motion)
        self.call("Page.navigate", url=url)

    def call(self, method, **params):
        return self.browser.call(method, session=self.session, **params)

    def size(self, width, height=900):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def media(self, scheme="light", motion="no-preference", medium=""):
        self.call("Emulation.setEmulatedMedia", media=medium, features=[
            {"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": motion}])

    def js(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description", expression))
        return answer["result"].get("value")

    def text(self, ident):
        return self.js(f"document.getElementById({json.dumps(ident)}).textContent")

    def until(self, expression, seconds=10):
        """Waits until the expression is true; returns whether it became so."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if self.js(expression):
                    return True
            except RuntimeError:
                pass  # the document is not there yet
            time.sleep(0.1)
        return False

    def key(self, key, code=None, number=0, modifiers=0):
        for kind in ["keyDown", "keyUp"]:
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=code or key, windowsVirtualKeyCode=number, modifiers=modifiers)

    def shot(self, path):
        height = self.js("document.documentElement.scrollHeight")
        width = self.js("document.documentElement.clientWidth")
        data = self.call("Page.captureScreenshot", captureBeyondViewport=True, clip={"x": 0, "y": 0, "width": width, "height": height, "scale": 1})
        Path(path).write_bytes(base64.b64decode(data["data"]))

    def complaints(self, allow_network=False):
        """Errors of the console and breaches of the content policy so far."""
        found = []
        with self.browser.news:
            events = [e for e in self.browser.events if e.get("sessionId") == self.session]
        for event in events:
            method, params = event["method"], event["params"]
            if method == "Runtime.exceptionThrown":
                details = params["exceptionDetails"]
                found.append(details.get("exception", {}).get("description", details["text"]))
            elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
                found.append(str([a.get("value") for a in params["args"]]))
            elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
                entry = params["entry"]
                if not (allow_network and entry["source"] == "network"):
                    found.append(f"{entry['source']}: {entry['text']} {entry.get('url', '')}")
        return found

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)
