"""The HTTP server: one thread per connection, HTTP/1.1 with keep-alive, 127.0.0.1 only."""

import itertools
import socket
import ssl
import sys
import time
from enum import Enum, auto
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Event, Lock, Thread
from typing import Any

from local.giosg.http.exchange import Answer, Request, json_answer
from local.giosg.server.service import Service

HOST = "127.0.0.1"
BODY_BYTES = 10_000_000


class Server(ThreadingHTTPServer):
    """Serves a `Service`; every connection is known, so that it can be closed."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, port: int, service: Service, tls: ssl.SSLContext | None = None) -> None:
        super().__init__((HOST, port), Connection)
        self.service = service
        self._tls = tls
        self.stopping = Event()
        self.numbers = itertools.count(1)
        self._open: set[Connection] = set()
        self._lock = Lock()

    def start(self) -> Thread:
        thread = Thread(target=self._accept, name="simulated-giosg")
        thread.start()
        return thread

    def _accept(self) -> None:
        while not self.stopping.is_set():
            self.handle_request()

    def stop(self, thread: Thread) -> None:
        """Stop listening, close every connection and wait for all threads."""
        self.stopping.set()
        socket.create_connection((HOST, self.server_port)).close()  # wakes the accepting thread
        thread.join()
        for connection in self._connections():
            connection.shut()
        self.server_close()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Take a connection; its own thread does the handshake, with the first bytes that it reads."""
        accepted, address = super().get_request()
        if self._tls:
            accepted = self._tls.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False)
        return accepted, address

    def opened(self, connection: "Connection") -> None:
        with self._lock:
            self._open.add(connection)
        if self.stopping.is_set():
            connection.shut()

    def closed(self, connection: "Connection") -> None:
        with self._lock:
            self._open.discard(connection)

    def close_idle_connections(self) -> int:
        """Close the connections on which no call is under way, and return their number."""
        return sum(connection.shut_if_idle() for connection in self._connections())

    def _connections(self) -> "list[Connection]":
        with self._lock:
            return list(self._open)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about clients that go away in the middle of an answer, and report the rest."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Phase(Enum):
    """What is under way on a connection."""

    IDLE = auto()
    CALL = auto()
    ANSWER = auto()
    """The client may have all of it already, while the thread has not come back from writing it."""


class Connection(BaseHTTPRequestHandler):
    """One connection and the calls on it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def setup(self) -> None:
        super().setup()
        self.number = next(self.server.numbers)
        self._phase = Phase.IDLE
        self._phase_changed = Condition()
        self.server.opened(self)
        self.pause(self.server.service.faults.connection_latency_seconds)

    def finish(self) -> None:
        self.server.closed(self)
        super().finish()

    def shut(self) -> None:
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            self.close_connection = True

    def shut_if_idle(self) -> bool:
        """Shut the connection unless a call waits for its answer; one that is on its way is waited for."""
        with self._phase_changed:
            self._phase_changed.wait_for(lambda: self._phase is not Phase.ANSWER)
            is_idle = self._phase is Phase.IDLE
            if is_idle:
                self.shut()
            return is_idle

    def _enter(self, phase: Phase) -> None:
        with self._phase_changed:
            self._phase = phase
            self._phase_changed.notify_all()

    def __getattr__(self, name: str) -> Any:
        """Serve every method: http.server looks for `do_<METHOD>`."""
        if name.startswith("do_"):
            return self.serve
        raise AttributeError(name)

    def serve(self) -> None:
        self._enter(Phase.CALL)
        try:
            self._serve()
        finally:
            self._enter(Phase.IDLE)

    def _serve(self) -> None:
        request = self._read()
        if request is None:
            self.send(json_answer({"detail": "Malformed request."}, status=400))
            self.drop()
        else:
            self.server.service.serve(request, self)

    def _read(self) -> Request | None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > BODY_BYTES or "Transfer-Encoding" in self.headers:
            return None
        path, _, query_string = self.path.partition("?")
        return Request(
            method=self.command,
            path=path,
            query_string=query_string,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length)),
        )

    def send(self, answer: Answer) -> None:
        """Write head and body at once; a stream goes on until it ends or the client leaves."""
        headers = {"Server": "simulated-giosg", "Date": self.date(), **answer.headers}
        if answer.stream is None:
            self._enter(Phase.ANSWER)
            headers["Content-Length"] = str(len(answer.body))
        else:
            headers["Connection"] = "close"
            self.close_connection = True
        lines = [
            f"HTTP/1.1 {answer.status} {responses.get(answer.status, 'Unknown')}",
            *(f"{k}: {v}" for k, v in headers.items()),
        ]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        self.wfile.write(head if self.command == "HEAD" else head + answer.body)
        for piece in answer.stream or ():
            self.wfile.write(piece)

    def date(self) -> str:
        return self.date_time_string(time.time() + self.server.service.faults.clock_offset_seconds)

    def drop(self) -> None:
        self.close_connection = True
        self.shut()

    def pause(self, seconds: float) -> None:
        if seconds:
            self.server.stopping.wait(seconds)

    def log_message(self, *_: Any) -> None:
        """Keep silent: the log of requests is the server's."""
