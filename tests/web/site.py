"""Somebody's own site, on an origin and with a policy of its own, that embeds the chat."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from werkzeug import Request, Response
from werkzeug.middleware.shared_data import SharedDataMiddleware
from werkzeug.serving import BaseWSGIServer, make_server

Json = dict[str, Any]
USED_PORTS: set[int] = set()


@dataclass
class Site:
    """Use it as a context manager; `body` is what its one page shows, `policy` its Content-Security-Policy.

    `files` are more that it serves: their folder by the address that they are at.
    """

    body: str = ""
    policy: str = ""
    files: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._http = self._server_on_new_port()
        self.url = f"http://127.0.0.1:{self._http.server_port}/"

    def _server_on_new_port(self) -> BaseWSGIServer:
        """Listen where no site has listened before: a browser would remember that one's visitor."""
        while True:
            server = make_server("127.0.0.1", 0, SharedDataMiddleware(self._wsgi, self.files), threaded=True)
            if server.server_port not in USED_PORTS:
                USED_PORTS.add(server.server_port)
                return server
            server.server_close()

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._http.serve_forever)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def _wsgi(self, environ: Json, start_response: Callable[..., Any]) -> Iterable[bytes]:
        response = Response(status=404)
        if Request(environ).path == "/":
            head = '<title>A shop</title><meta name="viewport" content="width=device-width">'
            page = f"<!doctype html><html lang=en>{head}<body>{self.body}</body></html>"
            response = Response(page, content_type="text/html; charset=utf-8")
            response.headers["Content-Security-Policy"] = self.policy
        return response(environ, start_response)
