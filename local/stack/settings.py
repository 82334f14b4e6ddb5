"""What the environment says about a local stack."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT_PORT = 4566
GIOSG_BASE_URL = "https://service.giosg.com"


class InvalidSetting(Exception):
    """A variable of the environment is missing or makes no sense; the text names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GiosgAccount:
    """A room in an organisation of Giosg's, real or simulated."""

    base_url: str
    organization_id: str
    room_id: str
    api_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The variables of `make run`.

    Attributes:
        port: the emulator's.
        giosg: a Giosg of one's own; None asks for a simulated one.
        allowed_origins: separated by commas; None leaves the choice to us.
        webhook_secret: None leaves the generated one.
        has_quotas: whether the quotas against abuse hold here too.
    """

    port: int = DEFAULT_PORT
    giosg: GiosgAccount | None = None
    allowed_origins: str | None = None
    webhook_secret: str | None = None
    has_quotas: bool = False

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the variables.

        Raises:
            InvalidSetting: one is missing or makes no sense.
        """
        return cls(
            port=read_port(environment),
            giosg=read_giosg(environment),
            allowed_origins=environment.get("ALLOWED_ORIGINS") or None,
            webhook_secret=environment.get("WEBHOOK_SECRET") or None,
            has_quotas=environment.get("QUOTAS", "off") == "on",
        )


def read_port(environment: Mapping[str, str]) -> int:
    text = environment.get("PORT") or str(DEFAULT_PORT)
    if not text.isdigit() or not 0 < int(text) < 65536:  # noqa: PLR2004 - the highest port
        raise InvalidSetting(f"PORT is {text!r}: it has to be a port number")
    return int(text)


def read_giosg(environment: Mapping[str, str]) -> GiosgAccount | None:
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
    )


def architecture() -> str:
    """Return the machine's architecture in Lambda's words."""
    return "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"
