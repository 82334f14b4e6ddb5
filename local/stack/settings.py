"""What the environment says about a local stack."""

import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

DEFAULT_PORT = 4566
GIOSG_BASE_URL = "https://service.giosg.com"
ROOM = re.compile(r"(?P<name>[a-z0-9-]{1,32})=(?P<id>[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})")
SIMULATED_ROOMS = {"sales": "7b1f0e64-52c9-4a0d-9d3e-6a8c41f2b975"}


class InvalidSetting(Exception):
    """A variable of the environment is missing or makes no sense; the text names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GiosgAccount:
    """A room in an organisation of Giosg's, real or simulated; `rooms` are further ones, ids by name."""

    base_url: str
    organization_id: str
    room_id: str
    api_token: str
    rooms: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The variables of `make run`.

    Attributes:
        port: the emulator's.
        giosg: a Giosg of one's own; None asks for a simulated one.
        rooms: the further rooms of a simulated Giosg, ids by name.
        allowed_origins: separated by commas; None leaves the choice to us.
        webhook_secret: None leaves the generated one.
        has_quotas: whether the quotas against abuse hold here too.
        held_message_hours, held_messages_per_minute: None leaves the template's defaults.
        has_web_push: whether visitors who agree are told with the page closed, by their browsers' real push services.
        push_content: None leaves the template's default.
    """

    port: int = DEFAULT_PORT
    giosg: GiosgAccount | None = None
    rooms: Mapping[str, str] = field(default_factory=lambda: SIMULATED_ROOMS)
    allowed_origins: str | None = None
    webhook_secret: str | None = None
    has_quotas: bool = False
    held_message_hours: str | None = None
    held_messages_per_minute: str | None = None
    has_web_push: bool = True
    push_content: str | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the variables.

        Raises:
            InvalidSetting: one is missing or makes no sense.
        """
        rooms = read_rooms(environment)
        return cls(
            port=read_port(environment),
            giosg=read_giosg(environment, rooms or {}),
            rooms=SIMULATED_ROOMS if rooms is None else rooms,
            allowed_origins=environment.get("ALLOWED_ORIGINS") or None,
            webhook_secret=environment.get("WEBHOOK_SECRET") or None,
            has_quotas=environment.get("QUOTAS", "off") == "on",
            held_message_hours=environment.get("HELD_MESSAGE_HOURS") or None,
            held_messages_per_minute=environment.get("HELD_MESSAGES_PER_MINUTE") or None,
            has_web_push=environment.get("WEB_PUSH", "on") == "on",
            push_content=environment.get("PUSH_CONTENT") or None,
        )


def read_port(environment: Mapping[str, str]) -> int:
    text = environment.get("PORT") or str(DEFAULT_PORT)
    if not text.isdigit() or not 0 < int(text) < 65536:  # noqa: PLR2004 - the highest port
        raise InvalidSetting(f"PORT is {text!r}: it has to be a port number")
    return int(text)


def read_rooms(environment: Mapping[str, str]) -> Mapping[str, str] | None:
    """Return the further rooms, ids by name; None when nothing is said about them."""
    text = environment.get("GIOSG_ROOMS")
    if not text:
        return None
    found = [ROOM.fullmatch(room.strip()) for room in text.split(",")]
    if not all(found):
        raise InvalidSetting(f"GIOSG_ROOMS is {text!r}: it has to be name=UUID,name=UUID, in small letters")
    return {room["name"]: room["id"] for room in found if room}


def read_giosg(environment: Mapping[str, str], rooms: Mapping[str, str]) -> GiosgAccount | None:
    names = ("GIOSG_ORGANIZATION_ID", "GIOSG_ROOM_ID", "GIOSG_API_TOKEN")
    given = {name: environment[name] for name in ("GIOSG_BASE_URL", *names) if environment.get(name)}
    if not given:
        return None
    if missing := [name for name in names if name not in given]:
        raise InvalidSetting(f"a Giosg of your own needs {', '.join(missing)} too; without any, Giosg is simulated")
    return GiosgAccount(
        base_url=given.get("GIOSG_BASE_URL", GIOSG_BASE_URL).rstrip("/"),
        organization_id=given["GIOSG_ORGANIZATION_ID"],
        room_id=given["GIOSG_ROOM_ID"],
        api_token=given["GIOSG_API_TOKEN"],
        rooms=rooms,
    )


def architecture() -> str:
    """Return the machine's architecture in Lambda's words."""
    return "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"
