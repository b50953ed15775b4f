"""A real browser without a window, driven over its DevTools pipe: no driver program and no package is needed."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_LONGEST_S = 30.0


def browser_path() -> str:
    """Return the browser of this machine, or skip the test where none is installed."""
    found = os.environ.get("VQAPREP_TEST_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(f"no browser is installed (looked for {', '.join(NAMES)}; VQAPREP_TEST_BROWSER may name one)")
    return found


class Page:
    """One tab: opens files, runs JavaScript, presses keys, clicks, keeps what the page says and downloads."""

    def __init__(self, to_browser: int, from_browser: int, downloads: Path) -> None:
        self._to, self._from, self._rest, self._number = to_browser, from_browser, b"", 0
        self.downloads, self.errors, self._session = downloads, list[str](), ""
        target = self._send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self._send(f"{domain}.enable")
        self._send("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(downloads))

    def open(self, file: Path, *, width_px: int = 1280, height_px: int = 800) -> None:
        """Open a file as a person does, from the disk, in a window of this size."""
        is_phone = width_px < 600
        size = {"width": width_px, "height": height_px, "deviceScaleFactor": 1, "mobile": is_phone}
        self._send("Emulation.setDeviceMetricsOverride", **size)
        self._send("Page.navigate", url=file.absolute().as_uri())
        self.wait("document.readyState === 'complete' && location.protocol === 'file:'")

    def js(self, code: str) -> Any:
        """Return the value of an expression."""
        found = self._send("Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise AssertionError(found["exceptionDetails"].get("exception", found["exceptionDetails"]))
        return found["result"].get("value")

    def wait(self, code: str) -> None:
        """Wait until an expression is true."""
        until = time.monotonic() + _LONGEST_S
        while not self.js(code):
            assert time.monotonic() < until, f"never became true: {code}"
            time.sleep(0.02)

    def press(self, *keys: str) -> None:
        """Press keys one after the other; `Shift+1` holds Shift."""
        for written in keys:
            shift, _, key = written.rpartition("+") if len(written) > 1 else ("", "", written)
            code = f"Digit{key}" if key.isdigit() else f"Key{key.upper()}" if len(key) == 1 and key.isalpha() else key
            pressed = {"key": key, "code": code, "modifiers": 8 * bool(shift)}
            text = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
            self._send("Input.dispatchKeyEvent", type="keyDown", **pressed, **text)
            self._send("Input.dispatchKeyEvent", type="keyUp", **pressed)

    def click(self, selector: str, *, nth: int = 0) -> None:
        """Click the middle of an element with the mouse."""
        x, y = self._middle(selector, nth)
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self._mouse(kind, x, y)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag the mouse between two points of the window."""
        self._mouse("mousePressed", *start)
        self._mouse("mouseMoved", (start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        self._mouse("mouseMoved", *end)
        self._mouse("mouseReleased", *end)

    def screenshot(self, file: Path) -> None:
        """Write a picture of the window."""
        file.write_bytes(base64.b64decode(self._send("Page.captureScreenshot", format="png")["data"]))

    def downloaded(self, name: str) -> Path:
        """Wait for a download and return its file."""
        until = time.monotonic() + _LONGEST_S
        file = self.downloads / name
        while not file.exists():
            assert time.monotonic() < until, f"{name} was not downloaded"
            time.sleep(0.02)
        return file

    def close(self) -> None:
        """End the browser."""
        os.write(self._to, json.dumps({"id": 10**9, "method": "Browser.close"}).encode() + b"\0")

    def _middle(self, selector: str, nth: int) -> tuple[float, float]:
        element = f"document.querySelectorAll({json.dumps(selector)})[{nth}]"
        self.js(f"{element}.scrollIntoView({{block: 'center', inline: 'center'}})")
        x, y, w, h = self.js(f"(({{x, y, width, height}}) => [x, y, width, height])({element}.getBoundingClientRect())")
        return x + w / 2, y + h / 2

    def _mouse(self, kind: str, x: float, y: float) -> None:
        held = 0 if kind == "mouseReleased" else 1
        button = "none" if kind == "mouseMoved" else "left"
        self._send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, buttons=held, clickCount=1)

    def _send(self, method: str, **values: Any) -> Any:
        self._number += 1
        message = {"id": self._number, "method": method, "params": values}
        message |= {"sessionId": self._session} if self._session else {}
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                return answer["result"]
            self._note(answer)

    def _note(self, event: Any) -> None:
        if event.get("method") == "Runtime.exceptionThrown":
            self.errors.append(str(event["params"]["exceptionDetails"]))
        if event.get("method") == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
            self.errors.append(str(event["params"]["entry"]))

    def _next(self) -> Any:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._from], [], [], _LONGEST_S)
            assert ready, "the browser does not answer"
            data = os.read(self._from, 1 << 16)
            assert data, "the browser ended"
            self._rest += data
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)


@contextmanager
def browser() -> Iterator[Page]:
    """Yield a page of a fresh browser without a network, with a temporary profile."""
    path = browser_path()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        read_in, write_in = os.pipe()
        read_out, write_out = os.pipe()
        for number in (read_in, write_out):
            os.set_inheritable(number, True)
        options = (
            "--headless=new --no-sandbox --disable-gpu --no-first-run --disable-extensions --remote-debugging-pipe "
            "--disable-background-networking --proxy-server=127.0.0.1:9 --hide-scrollbars --disable-dev-shm-usage"
        )
        # the browser reads from descriptor 3 and writes to 4
        command = f'exec "$0" {options} --user-data-dir="$1" 3<&{read_in} 4>&{write_out}'
        process = subprocess.Popen(
            ["bash", "-c", command, path, home], pass_fds=(read_in, write_out),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(read_in)
        os.close(write_out)
        (downloads := Path(home, "downloads")).mkdir()
        try:
            page = Page(write_in, read_out, downloads)
            yield page
            page.close()
            process.wait(_LONGEST_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            for number in (write_in, read_out):
                os.close(number)
