"""A call and its answer, and the refusals that the API makes."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call; header names are in lower case."""

    method: str
    path: str
    query_string: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def query(self) -> dict[str, str]:
        return {key: values[-1] for key, values in parse_qs(self.query_string).items()}

    @property
    def authorization(self) -> tuple[str, str]:
        """Return the scheme and the credential, empty when there are none."""
        scheme, _, credential = self.headers.get("authorization", "").partition(" ")
        return scheme, credential


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer: `stream`, when given, is written piece by piece after the head."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: Iterator[bytes] | None = None


class Refusal(Exception):
    """The API refuses a call with a status and a JSON body."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.answer = json_answer(body, status=status, headers=headers)


def json_answer(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    encoded = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status=status, body=encoded, headers={"Content-Type": "application/json", **(headers or {})})


def refusal(status: int, detail: str) -> Refusal:
    """Build a refusal in the shape of Django REST framework, which Giosg's platform is built on."""
    return Refusal(status, {"detail": detail})


def not_found() -> Refusal:
    return refusal(404, "Not found.")


def unauthenticated(detail: str = "Authentication credentials were not provided.") -> Refusal:
    return Refusal(401, {"detail": detail}, {"WWW-Authenticate": "Bearer"})
