"""What a deployment has to know, and the form that each answer must have."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from giosg_client.identifiers import is_uuid

_HOST = re.compile(r"[a-z0-9.-]+(:[0-9]{1,5})?|\[[0-9a-f:]+\](:[0-9]{1,5})?")


class WrongForm(Exception):
    """An answer cannot be right; the text says why, and what one looks like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One answer that no default can take the place of.

    Attributes:
        parameter: the template's parameter.
        variable: the variable of the environment that may hold it.
        text: what is asked.
        checked: returns the answer in its proper form, or raises WrongForm.
    """

    parameter: str
    variable: str
    text: str
    checked: Callable[[str], str]


def uuid(text: str) -> str:
    """Return a UUID in small letters (https://docs.giosg.com/api_reference/common_api_guidelines/)."""
    answer = text.strip().lower()
    if not is_uuid(answer):
        raise WrongForm(f"{text!r} is no UUID: it looks like 4b1e0c52-7d3a-4f6e-9a41-2c88d0f7e513")
    return answer


def origins(text: str) -> str:
    """Return origins (https://www.rfc-editor.org/rfc/rfc6454#section-4), separated by commas."""
    given = [each.strip() for each in text.split(",") if each.strip()]
    if not given:
        raise WrongForm("At least one origin is needed, as https://www.example.com")
    return ",".join(dict.fromkeys(_origin(each) for each in given))


def _origin(text: str) -> str:
    parts = urlsplit(text.lower())
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(parts.netloc):
        raise WrongForm(f"{text!r} is no origin: it looks like https://www.example.com")
    if parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise WrongForm(f"{text!r} has a path: the origin alone is {parts.scheme}://{parts.netloc}")
    return f"{parts.scheme}://{parts.netloc}"


ORGANIZATION = Question(
    parameter="GiosgOrganizationId",
    variable="GIOSG_ORGANIZATION_ID",
    text="Giosg organisation's id (in the address of the room's settings)",
    checked=uuid,
)
ROOM = Question(
    parameter="GiosgRoomId",
    variable="GIOSG_ROOM_ID",
    text="Giosg room's id (in the same address)",
    checked=uuid,
)
ORIGINS = Question(
    parameter="AllowedOrigins",
    variable="ALLOWED_ORIGINS",
    text="Your websites, separated by commas, as https://www.example.com",
    checked=origins,
)
QUESTIONS = (ORGANIZATION, ROOM, ORIGINS)
TOKEN_QUESTION = "Giosg API token (Settings, Company, Access tokens)"  # noqa: S105 - what is asked
