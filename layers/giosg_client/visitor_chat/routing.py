"""One function's routes, and the requests that it answers, in API Gateway's payload format 2.0.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html

Powertools' event handler can do the same, and far more; to import it costs a fifth of a cold start.
"""

import re
import threading
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

_PARAMETER = re.compile(r"<(\w+)>")


class Answer(NamedTuple):
    """What a route answers."""

    status: int
    headers: Mapping[str, str]
    body: str = ""

    def document(self) -> dict[str, Any]:
        """Give it in the form that API Gateway takes."""
        return {
            "statusCode": self.status,
            "headers": dict(self.headers),
            "body": self.body,
            "isBase64Encoded": False,
        }


Act = TypeVar("Act", bound=Callable[..., Answer])


class Route(NamedTuple):
    """What answers a method and path; each `<name>` in the path is an argument of that name."""

    method: str
    path: str
    pattern: re.Pattern[str]
    act: Callable[..., Answer]


class NoSuchRoute(Exception):
    """The function has no route for this method and path."""


class Request:
    """An event of API Gateway's."""

    def __init__(self, event: Mapping[str, Any]) -> None:
        self._event = event

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """The headers by their names in lower case."""
        return {name.lower(): value for name, value in (self._event.get("headers") or {}).items()}

    @property
    def query(self) -> Mapping[str, str]:
        return self._event.get("queryStringParameters") or {}

    @property
    def body(self) -> str | None:
        body: str | None = self._event.get("body")
        return body

    @property
    def is_base64_encoded(self) -> bool:
        return bool(self._event.get("isBase64Encoded"))

    @property
    def source_ip(self) -> str:
        return str(self._event["requestContext"]["http"]["sourceIp"])


class Api:
    """The routes of a function. Each thread has a request of its own."""

    def __init__(self) -> None:
        self.routes: list[Route] = []
        self._present = threading.local()

    def get(self, path: str) -> Callable[[Act], Act]:
        return self._adding("GET", path)

    def post(self, path: str) -> Callable[[Act], Act]:
        return self._adding("POST", path)

    def delete(self, path: str) -> Callable[[Act], Act]:
        return self._adding("DELETE", path)

    @property
    def request(self) -> Request:
        """The request that is being answered."""
        request: Request = self._present.request
        return request

    def resolve(self, event: Mapping[str, Any]) -> Answer:
        """Let the route of an event answer it; raise NoSuchRoute, or whatever the route raises."""
        self._present.request = Request(event)
        method, path = event["requestContext"]["http"]["method"], event["rawPath"]
        for route in self.routes:
            match = route.pattern.fullmatch(path) if route.method == method else None
            if match is not None:
                return route.act(**match.groupdict())
        raise NoSuchRoute

    def _adding(self, method: str, path: str) -> Callable[[Act], Act]:
        pattern = re.compile(_PARAMETER.sub(r"(?P<\1>[^/]+)", path))

        def add(act: Act) -> Act:
            self.routes.append(Route(method, path, pattern, act))
            return act

        return add
