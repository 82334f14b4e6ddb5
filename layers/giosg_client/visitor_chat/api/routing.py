"""Requests as API Gateway hands them to a function, and what the function's routes answer (payload format 2.0).

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html

API Gateway says which of its routes an event is for, and what stands in the place of the route's `{parameters}`, so
that nothing is matched again. Powertools' event handler does that, and far more; to import it costs a fifth of a cold
start.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple

Event = Mapping[str, Any]


class Request:
    """An event of API Gateway's."""

    def __init__(self, event: Event) -> None:
        self._event = event

    @property
    def method(self) -> str:
        return str(self._event["requestContext"]["http"]["method"])

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """The headers by their names in lower case."""
        return {name.lower(): value for name, value in (self._event.get("headers") or {}).items()}

    @property
    def path(self) -> Mapping[str, str]:
        """What stands in the place of each parameter of the route's path."""
        return self._event.get("pathParameters") or {}

    def path_id(self, name: str) -> str:
        """Return the id that stands in the place of a parameter of the route's path, in small letters as all ids."""
        return self.path[name].lower()

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
        """The client's address as API Gateway saw it: what a header says of it could be made up."""
        return str(self._event["requestContext"]["http"]["sourceIp"])

    @property
    def arrived_at(self) -> datetime | None:
        """When API Gateway received it."""
        milliseconds = self._event["requestContext"].get("timeEpoch")
        return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


class Answer(NamedTuple):
    """What a route answers."""

    status: int
    headers: Mapping[str, str]
    body: str = ""

    def document(self) -> dict[str, Any]:
        """Return it in the form that API Gateway takes."""
        return {
            "statusCode": self.status,
            "headers": dict(self.headers),
            "body": self.body,
            "isBase64Encoded": False,
        }


Route = Callable[[Request], Answer]
Routes = Mapping[str, Route]
"""What answers each route of a function, by API Gateway's route key: `GET /chats/{chat_id}`."""
