"""Connections to Giosg that can be trusted with a message.

urllib3 leaves open whether a failed request was sent, and bounds each read rather than the whole answer. The
connections here differ in three ways:

- Whatever fails before the connection is up, the TLS handshake included, is a NewConnectionError: nothing was sent.
- The read timeout bounds the whole answer, so that a server that drips bytes holds nobody.
- A connection that has been idle for long is not used again. Giosg may have closed it without our having heard of it,
  surely so where the process is frozen between calls, and a request that is lost on it may or may not have been done.
"""

import http.client
import io
import socket
import ssl
import time
from functools import cached_property
from typing import Any

import requests
from requests.adapters import DEFAULT_CA_BUNDLE_PATH, HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.util.ssl_ import create_urllib3_context

LONGEST_IDLE_SECONDS = 30.0
"""Well under the 60 s and more that load balancers keep idle connections by default."""

POOL_SIZE = 10
"""Connections kept for threads that share a client."""


class _BoundedReader(io.RawIOBase):
    """Read from a socket until a deadline."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, seconds: float) -> None:
        self._raw = raw
        self._sock = sock
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        remaining_seconds = self._deadline - time.monotonic()
        if remaining_seconds <= 0:
            raise TimeoutError
        self._sock.settimeout(remaining_seconds)
        try:
            return self._raw.readinto(buffer)
        finally:
            self._sock.settimeout(self._seconds)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    """Take the socket's timeout for the whole answer: status, headers and body."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        seconds = sock.gettimeout()
        if seconds is not None:
            self.fp = io.BufferedReader(_BoundedReader(self.fp.detach(), sock, seconds))


class _Connection(HTTPConnection):
    response_class = _BoundedResponse
    _used_at = 0.0

    def connect(self) -> None:
        try:
            super().connect()
        except (OSError, HTTPError) as error:
            self.close()
            raise NewConnectionError(self, type(error).__name__) from error

    def getresponse(self) -> Any:
        response = super().getresponse()
        # The clock on the wall, because a monotonic one stands still while the process is frozen.
        self._used_at = time.time()
        return response

    @property
    def is_connected(self) -> bool:
        """Whether a pool may use it again."""
        return super().is_connected and 0 <= time.time() - self._used_at < LONGEST_IDLE_SECONDS


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class GiosgAdapter(HTTPAdapter):
    """Make the connections above, with one TLS context for all of them.

    Requests would have each new connection read the whole CA bundle again, which takes as long as a round trip.
    """

    def __init__(self, *, ca_bundle_path: str = DEFAULT_CA_BUNDLE_PATH) -> None:
        self._ca_bundle_path = ca_bundle_path
        super().__init__(pool_connections=1, pool_maxsize=POOL_SIZE)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
        context.load_verify_locations(self._ca_bundle_path)
        return context

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> Any:
        """Return the shared context to the pool, as this method's documentation proposes for a context of one's own."""
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        if host["scheme"] == "https":
            pool["ssl_context"] = self._tls
        return host, pool

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ARG002 - requests' signature
        """Leave the CA bundle to the shared context, which requires a valid certificate of the right host."""
        conn.cert_reqs = "CERT_REQUIRED"
