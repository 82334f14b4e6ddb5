"""A server on 127.0.0.1 whose connections do exactly what a test says, down to the byte."""

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

PATIENCE_SECONDS = 60.0
"""Longer than the client uses an idle connection: this side is never the first to give one up."""


def answer(status: int = 200, body: object = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """Make a whole answer; a body that is not bytes becomes JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Reason", f"Content-Length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


class Connection:
    """One connection as the server sees it."""

    def __init__(self, sock: socket.socket, server: "RawServer") -> None:
        self.sock = sock
        self.server = server

    def receive(self) -> bytes:
        """Read and log one request; empty when the client has closed."""
        request = b""
        while b"\r\n\r\n" not in request or len(request) < _length(request):
            received = self.sock.recv(65536)
            if not received:
                return b""
            request += received
        self.server.log(request)
        return request

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def drip(self, data: bytes, *, seconds: float = 0.05) -> None:
        """Send one byte after another until the test ends."""
        for byte in data:
            if self.server.stopping.wait(seconds):
                return
            self.send(bytes([byte]))

    def hang(self) -> None:
        self.server.stopping.wait()

    def reset(self) -> None:
        """Drop the connection without a goodbye."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


Behaviour = Callable[[Connection], None]


def answering(*answers: bytes) -> Behaviour:
    """Return each request its answer, further ones the last; then go on until the client closes."""

    def behave(connection: Connection) -> None:
        remaining = list(answers)
        while connection.receive():
            connection.send(remaining.pop(0) if len(remaining) > 1 else remaining[0])

    return behave


def silent(connection: Connection) -> None:
    """Take a request and never answer."""
    connection.receive()
    connection.hang()


def dropping(connection: Connection) -> None:
    """Take a request and close."""
    connection.receive()


class RawServer:
    """Serves until the block ends; the first behaviour is for the first connection, the last for all further ones.

    Attributes:
        requests: What was received, whole requests only.
        connections: How many connections were made.
    """

    def __init__(self, *behaviours: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.stopping = threading.Event()
        self.closed = threading.Semaphore(0)
        self._logged = threading.Condition()
        self._behaviours = list(behaviours)
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._accepting = threading.Thread(target=self._accept)
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def bodies(self) -> list[object]:
        return [json.loads(request.split(b"\r\n\r\n", 1)[1]) for request in self.requests]

    @property
    def targets(self) -> list[str]:
        """The method and the target of each request."""
        return [" ".join(request.split(b"\r\n", 1)[0].decode().split(" ")[:2]) for request in self.requests]

    def log(self, request: bytes) -> None:
        with self._logged:
            self.requests.append(request)
            self._logged.notify_all()

    def wait_for_requests(self, number: int) -> list[bytes]:
        """Return what was received once it is so many requests: a client that gives up may be ahead of that."""
        with self._logged:
            assert self._logged.wait_for(lambda: len(self.requests) >= number, PATIENCE_SECONDS), "waited in vain"
        return self.requests

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        _shut(self._listener)
        self._listener.close()
        self._accepting.join()
        for sock in self._sockets:
            _shut(sock)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                sock.settimeout(PATIENCE_SECONDS)
                behaviour = self._behaviours[min(self.connections, len(self._behaviours) - 1)]
                self.connections += 1
                self._sockets.append(sock)
                thread = threading.Thread(target=self._serve, args=(sock, behaviour), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, sock: socket.socket, behaviour: Behaviour) -> None:
        with suppress(OSError), sock:
            wrapped = self._tls.wrap_socket(sock, server_side=True) if self._tls else sock
            self._sockets.append(wrapped)
            with wrapped:
                behaviour(Connection(wrapped, self))
        self.closed.release()


def _shut(sock: socket.socket) -> None:
    """Wake the thread that reads from it, or accepts on it."""
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _length(request: bytes) -> int:
    """Return how long the request is with its body."""
    head = request.split(b"\r\n\r\n", 1)[0].lower()
    lengths = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"content-length:")]
    return len(head) + 4 + sum(lengths)
