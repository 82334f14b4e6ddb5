"""Lambda's Runtime API on 127.0.0.1: hands events to a function's process and takes its answers.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
import queue
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FUNCTION_ARN = "arn:aws:lambda:eu-north-1:123456789012:function:function"
TIMEOUT_SECONDS = 28
PATIENCE_SECONDS = 2400.0
"""Counting instructions takes fifty times as long as running them."""


class FunctionFailed(Exception):
    """A function answered with an error of its runtime, or with a status that a benchmark does not expect."""


class RuntimeApi(ThreadingHTTPServer):
    """One function's side of Lambda.

    Attributes:
        began_at: When the function's process was started, by the monotonic clock.
        process_id: Of the function's process, or of what it runs under.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked_at: queue.Queue[float] = queue.Queue()
        self.events: queue.Queue[Mapping[str, Any]] = queue.Queue()
        self.answers: queue.Queue[Any] = queue.Queue()
        self.began_at = 0.0
        self.process_id = 0
        self.process_id = 0

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of connections that ended with the process that had opened them."""

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def wait_until_ready(self) -> float:
        """Return the moment (of the monotonic clock) when the function asked for an event: it is initialised."""
        return self.asked_at.get(timeout=PATIENCE_SECONDS)

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """Return an event to the function and wait for what it answers; raise FunctionFailed."""
        self.events.put(event)
        answer = self.answers.get(timeout=PATIENCE_SECONDS)
        if isinstance(answer, Exception):
            raise answer
        return answer


class _Handler(BaseHTTPRequestHandler):
    server: RuntimeApi
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.server.asked_at.put(time.monotonic())
        event = self.server.events.get()
        self._send(
            200,
            json.dumps(event).encode(),
            {
                "Lambda-Runtime-Aws-Request-Id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
                "Lambda-Runtime-Deadline-Ms": str(round((time.time() + TIMEOUT_SECONDS) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": FUNCTION_ARN,
                "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0",
                "Lambda-Runtime-Client-Context": "{}",
                "Lambda-Runtime-Cognito-Identity": "{}",
                "Content-Type": "application/json",
            },
        )

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or "null")
        self._send(202, b"{}", {})
        self.server.answers.put(body if self.path.endswith("/response") else FunctionFailed(json.dumps(body)))

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@contextmanager
def runtime_api() -> Iterator[RuntimeApi]:
    api = RuntimeApi()
    thread = threading.Thread(target=api.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield api
    finally:
        api.shutdown()
        thread.join()
        api.server_close()
