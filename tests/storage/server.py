"""A real S3 server on loopback, in a process of its own, and a gate before it that fails on demand."""

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from benchmarks.kills import COMMAND

KEY, SECRET = "key-of-the-test", "secret-of-the-test"
_PATIENCE_S = 60.0


@contextmanager
def s3_server(folder: Path) -> Iterator[str]:
    """Run moto's server and yield its address; it is ended by its id."""
    words = folder / "moto.txt"
    with words.open("w") as log:
        command = [sys.executable, "-c", "from moto.server import main; main(['-H', '127.0.0.1', '-p', '0'])"]
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        yield _address(process, words)
    finally:
        process.kill()
        process.wait()


def _address(process: "subprocess.Popen[bytes]", words: Path) -> str:
    until_s = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until_s and process.poll() is None:
        for word in words.read_text(encoding="utf-8").split():
            if word.startswith("http://127.0.0.1:"):
                return word
        time.sleep(0.05)
    raise RuntimeError(f"the S3 server did not start: {words.read_text(encoding='utf-8')}")


def environment(address: str) -> dict[str, str]:
    """Return what a process needs to find the server and its credentials; retries are few, to keep tests quick."""
    return {
        "AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "2", "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip


@dataclass
class Gate:
    """A proxy that lets requests through, or answers the next ones, or all, with an error."""

    target: str
    status: int = 500
    failures: int = 0
    """How many requests are still to fail; -1 is all."""
    pattern: str = ""
    """Only requests whose method and path hold this text fail."""
    address: str = ""
    every: int = 0
    """Every so many requests one fails, too; 0 is none."""
    stalls: int = 0
    """How many requests are still to be answered only after `stall_s`."""
    stall_s: float = 0.0
    num_failed: int = 0
    held: str = ""
    """Requests whose method and path hold this text get no answer until it is empty again."""
    seen: list[str] = field(default_factory=list)
    """Method, path and range of every request."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def is_failing(self, asked: str) -> bool:
        """Count a request, and say whether it fails."""
        with self.lock:
            self.seen.append(asked)
        while self.held and self.held in asked:
            time.sleep(0.05)
        with self.lock:
            is_meant = self.pattern in asked
            is_stalled = is_meant and self.stalls > 0
            is_failing = (is_meant and self.failures != 0) or (self.every > 0 and len(self.seen) % self.every == 0)
            self.stalls -= is_stalled
            self.failures -= is_meant and self.failures > 0
            self.num_failed += is_failing or is_stalled
        time.sleep(self.stall_s if is_stalled else 0.0)
        return is_failing


@contextmanager
def gate(target: str) -> Iterator[tuple[str, Gate]]:
    """Run a gate before `target` and yield its own address and its switch."""
    switch = Gate(target)

    class Handler(_Handler):
        gate = switch

    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", switch
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of those who went away before their answer came: they are killed on purpose."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    gate: Gate
    protocol_version = "HTTP/1.1"

    def _pass_on(self) -> None:
        try:
            body = self._body()
        except ConnectionError:  # whoever asked is gone; half a request is none
            self.close_connection = True
            return
        if self.gate.is_failing(f"{self.command} {self.path} {self.headers.get('Range', '')}".strip()):
            self._answer(self.gate.status, [], _ERROR)
            return
        host = self.gate.target.removeprefix("http://")
        onward = http.client.HTTPConnection(host, timeout=20)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
        onward.request(self.command, self.path, body, headers)
        found = onward.getresponse()
        self._answer(found.status, found.getheaders(), found.read())
        onward.close()

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _pass_on  # noqa: N815  names of the base class

    def _body(self) -> bytes | None:
        """Return the body as it came, in chunks or whole."""
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            parts = []
            while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
                parts.append(self._read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        size = int(self.headers.get("Content-Length") or 0)
        return self._read(size) if size else None

    def _read(self, size: int) -> bytes:
        data = self.rfile.read(size)
        if len(data) < size:
            raise ConnectionError
        return data

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in _HOP or (self.command == "HEAD" and name.lower() == "content-length"):
                self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name of the base class
        pass


_HOP = ("connection", "content-length", "keep-alive", "transfer-encoding")
_ERROR = b"<?xml version='1.0'?><Error><Code>InternalError</Code><Message>We broke.</Message></Error>"


def run(command: list[str], env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    """Run the command line in a process of its own."""
    return subprocess.run(
        [*COMMAND, *command], capture_output=True, text=True, env=os.environ | env, timeout=120, check=False
    )


@contextmanager
def started(command: list[str]) -> Iterator["subprocess.Popen[bytes]"]:
    """Start the command line in a process group of its own, which is gone at the end."""
    process = subprocess.Popen([*COMMAND, *command], start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(is_so: Callable[[], bool]) -> None:
    """Return when something is so."""
    until_s = time.monotonic() + _PATIENCE_S
    while not is_so():
        assert time.monotonic() < until_s
        time.sleep(0.01)
