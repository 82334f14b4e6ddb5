"""The environment of a function, read once into one value.

Every function has the same variables (`Globals` in `template.yaml`): they say what there is, and IAM decides who may
use it. A variable that is missing or wrong is an error that names it, before a request comes.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import field, fields
from typing import Any

from giosg_client.frozen import Frozen, frozen

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class InvalidSetting(RuntimeError):
    """A variable is missing, or has a value that it cannot have."""

    def __init__(self, variable: str, problem: object) -> None:
        super().__init__(f"the environment variable {variable} {problem}")


def _text(value: str) -> str:
    if not value:
        raise ValueError("must not be empty")
    return value


def _address(value: str) -> str:
    return _text(value).rstrip("/")


def _whole(value: str) -> int:
    if not value.isdecimal():
        raise ValueError("must be a whole number")
    return int(value)


def _seconds(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise ValueError("must be a number") from None


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return value

    return read


def _switch(value: str) -> bool:
    return _one_of("on", "off")(value) == "on"


def _list(value: str) -> frozenset[str]:
    return frozenset(each.strip().rstrip("/") for each in _text(value).split(","))


def _hosts(value: str) -> frozenset[str]:
    return frozenset(each.strip() for each in _text(value).split(","))


def _networks(value: str) -> frozenset[str]:
    return frozenset(each.strip() for each in _text(value).split(","))


def _from(variable: str, read: Callable[[str], Any] = _text) -> Any:
    """Say which variable a field is read from, and how."""
    return field(metadata={"variable": variable, "read": read})


@frozen
class Settings(Frozen):
    """Typed view of the environment; units are in the names."""

    giosg_base_url: str = _from("GIOSG_BASE_URL", _address)
    giosg_organization_id: str = _from("GIOSG_ORGANIZATION_ID")
    giosg_room_id: str = _from("GIOSG_ROOM_ID")
    """The room of chats that name none."""
    giosg_rooms: str = _from("GIOSG_ROOMS", str)
    """Further rooms, as `domain/rooms` reads them."""
    giosg_chat_type: str = _from("GIOSG_CHAT_TYPE")
    giosg_timeout_seconds: float = _from("GIOSG_TIMEOUT_SECONDS", _seconds)
    """Longest wait for one answer of Giosg's; below every function's own timeout."""
    giosg_token_secret_arn: str = _from("GIOSG_TOKEN_SECRET_ARN")

    webhook_secret_arn: str = _from("WEBHOOK_SECRET_ARN")
    webhook_address_check: str = _from("WEBHOOK_ADDRESS_CHECK", _one_of("off", "report", "enforce"))
    """What is done about a webhook from elsewhere: nothing, it is counted, or it is also refused."""
    webhook_networks: frozenset[str] = _from("WEBHOOK_NETWORKS", _networks)
    """Networks that Giosg sends webhooks from."""

    visitors_table: str = _from("VISITORS_TABLE")
    credentials_table: str = _from("CREDENTIALS_TABLE")
    chats_table: str = _from("CHATS_TABLE")
    messages_table: str = _from("MESSAGES_TABLE")
    coordination_table: str = _from("COORDINATION_TABLE")
    connections_table: str = _from("CONNECTIONS_TABLE")

    allowed_origins: frozenset[str] = _from("ALLOWED_ORIGINS", _list)
    """Origins whose pages may open sockets; `*` allows all."""
    retention_days: int = _from("RETENTION_DAYS", _whole)
    """Days that a chat is kept after its last activity."""
    session_idle_days: int = _from("SESSION_IDLE_DAYS", _whole)
    """Days without use after which a visitor token is dead."""

    held_message_hours: int = _from("HELD_MESSAGE_HOURS", _whole)
    """Hours that a message waits for agents; 0 for a stack that holds none."""
    held_messages_per_minute: int = _from("HELD_MESSAGES_PER_MINUTE", _whole)
    """Held messages of each room that become chats in a minute."""

    has_web_push: bool = _from("WEB_PUSH", _switch)
    """Whether visitors who agree are told of answers with the page closed."""
    push_secret_arn: str = _from("PUSH_SECRET_ARN", str)
    """What the key for push services is derived from; empty without web push."""
    push_services: frozenset[str] = _from("PUSH_SERVICES", _hosts)
    """Hosts of the push services that may be called."""
    push_contact: str = _from("PUSH_CONTACT", str)
    """Where push services reach who runs this stack: `mailto:` or `https:`; empty for the stack's own address."""
    has_push_text: bool = _from("PUSH_CONTENT", lambda value: _one_of("notice", "text")(value) == "text")
    """Whether push messages hold what was answered."""
    push_queue_url: str = _from("PUSH_QUEUE_URL", str)
    """Where push messages wait to be sent; empty without web push."""

    has_known_users: bool = _from("KNOWN_USERS", _switch)
    """Whether the company's backend may say who somebody is."""
    identity_secret_arn: str = _from("IDENTITY_SECRET_ARN", str)
    """Empty without known users."""
    identity_audience: str = _from("IDENTITY_AUDIENCE")
    """What identity tokens must be meant for."""
    challenge_url: str = _from("CHALLENGE_URL", str)
    """Where it is asked whether a challenge was passed; empty for none."""
    challenge_secret_arn: str = _from("CHALLENGE_SECRET_ARN", str)
    """Empty without a challenge."""
    has_quotas: bool = _from("QUOTAS", _switch)
    """Whether visitors and addresses may ask only so often."""
    quota_pepper: str = _from("QUOTA_PEPPER")
    """A value of this stack's that is in no table."""

    socket_endpoint: str = _from("SOCKET_ENDPOINT", _address)
    """Where frames are posted to sockets: https://, the stage included."""
    sync_queue_url: str = _from("SYNC_QUEUE_URL")
    """Where chats wait that must be compared with Giosg soon."""
    sweep_queue_url: str = _from("SWEEP_QUEUE_URL")
    """Where open chats wait whose turn it is to be compared."""
    giosg_calls_per_second: int = _from("GIOSG_CALLS_PER_SECOND", _whole)
    """How many calls to Giosg the comparisons in turn may make."""
    event_bus_name: str = _from("EVENT_BUS_NAME")
    notices_topic_arn: str = _from("NOTICES_TOPIC_ARN")
    """Where it is said that an absent visitor has an answer."""

    @property
    def socket_url(self) -> str:
        """Where clients open sockets: the same place, as wss://."""
        return self.socket_endpoint.replace("http", "ws", 1)

    @property
    def own_address(self) -> str:
        """An https:// address of this stack's own."""
        host = self.socket_endpoint.partition("://")[2].partition("/")[0]
        return f"https://{host}"


def read_log_level(environment: Mapping[str, str] = os.environ) -> str:
    """Return the least severe level that is logged; also what is wrong with the settings is."""
    level = environment.get("LEAST_LOG_LEVEL", "INFO")
    return level if level in LOG_LEVELS else "INFO"


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return what the environment says; raise InvalidSetting for the first variable that is missing or wrong."""
    return Settings(**{part.name: _value(environment, **part.metadata) for part in fields(Settings)})


def _value(environment: Mapping[str, str], *, variable: str, read: Callable[[str], Any]) -> Any:
    if variable not in environment:
        raise InvalidSetting(variable, "is missing")
    try:
        return read(environment[variable])
    except ValueError as wrong:
        raise InvalidSetting(variable, wrong) from None
