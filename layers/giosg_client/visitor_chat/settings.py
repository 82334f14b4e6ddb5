"""The environment of a function, read once: this module is the only reader of `os.environ`.

Each function gets the variables that it uses and no others (`template.yaml` decides), so every field is read when it is
asked for, and a missing one is an error that names it.
"""

import os
from collections.abc import Mapping
from enum import Enum
from functools import cached_property


class AddressCheck(Enum):
    """What is done about a webhook from elsewhere."""

    OFF = "off"
    REPORT = "report"
    ENFORCE = "enforce"


class MissingSetting(RuntimeError):
    """A variable that this function needs is missing or empty."""


class Settings:
    """Typed view of the environment; units are in the names."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment

    def _text(self, name: str) -> str:
        value = self._environment.get(name, "")
        if not value:
            raise MissingSetting(f"the environment variable {name} is missing or empty")
        return value

    def _number(self, name: str) -> int:
        value = self._text(name)
        try:
            return int(value)
        except ValueError:
            raise MissingSetting(f"the environment variable {name} must be a whole number") from None

    @property
    def is_in_lambda(self) -> bool:
        """Whether this is a function, and neither a test nor a tool."""
        return "AWS_LAMBDA_FUNCTION_NAME" in self._environment

    @property
    def is_for_a_snapshot(self) -> bool:
        """Whether many functions will start from what is initialised here."""
        return self._environment.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"

    @cached_property
    def giosg_base_url(self) -> str:
        return self._text("GIOSG_BASE_URL").rstrip("/")

    @cached_property
    def giosg_organization_id(self) -> str:
        return self._text("GIOSG_ORGANIZATION_ID")

    @cached_property
    def giosg_room_id(self) -> str:
        return self._text("GIOSG_ROOM_ID")

    @cached_property
    def giosg_chat_type(self) -> str:
        return self._text("GIOSG_CHAT_TYPE")

    @cached_property
    def giosg_timeout_seconds(self) -> float:
        """Longest wait for one answer of Giosg's; below every function's own timeout."""
        value = self._text("GIOSG_TIMEOUT_SECONDS")
        try:
            return float(value)
        except ValueError:
            raise MissingSetting("the environment variable GIOSG_TIMEOUT_SECONDS must be a number") from None

    @cached_property
    def giosg_token_secret_arn(self) -> str:
        return self._text("GIOSG_TOKEN_SECRET_ARN")

    @cached_property
    def webhook_secret_arn(self) -> str:
        return self._text("WEBHOOK_SECRET_ARN")

    @cached_property
    def webhook_address_check(self) -> AddressCheck:
        return AddressCheck(self._text("WEBHOOK_ADDRESS_CHECK"))

    @cached_property
    def webhook_networks(self) -> frozenset[str]:
        """Networks that Giosg sends webhooks from."""
        return frozenset(each.strip() for each in self._text("WEBHOOK_NETWORKS").split(","))

    @cached_property
    def visitors_table(self) -> str:
        return self._text("VISITORS_TABLE")

    @cached_property
    def credentials_table(self) -> str:
        return self._text("CREDENTIALS_TABLE")

    @cached_property
    def chats_table(self) -> str:
        return self._text("CHATS_TABLE")

    @cached_property
    def messages_table(self) -> str:
        return self._text("MESSAGES_TABLE")

    @cached_property
    def coordination_table(self) -> str:
        return self._text("COORDINATION_TABLE")

    @cached_property
    def retention_days(self) -> int:
        """Days that a chat is kept after its last activity."""
        return self._number("RETENTION_DAYS")

    @cached_property
    def session_idle_days(self) -> int:
        """Days without use after which a visitor token is dead."""
        return self._number("SESSION_IDLE_DAYS")

    @cached_property
    def has_quotas(self) -> bool:
        """Whether visitors and addresses may ask only so often."""
        return self._text("QUOTAS") == "on"

    @cached_property
    def has_known_users(self) -> bool:
        """Whether the company's backend may say who somebody is."""
        return self._text("KNOWN_USERS") == "on"

    @cached_property
    def identity_secret_arn(self) -> str:
        return self._text("IDENTITY_SECRET_ARN")

    @cached_property
    def identity_audience(self) -> str:
        """What identity tokens must be meant for."""
        return self._text("IDENTITY_AUDIENCE")

    @cached_property
    def challenge_url(self) -> str:
        """Where it is asked whether a challenge was passed; empty for none."""
        return self._environment.get("CHALLENGE_URL", "")

    @cached_property
    def challenge_secret_arn(self) -> str:
        return self._text("CHALLENGE_SECRET_ARN")

    @cached_property
    def quota_pepper(self) -> str:
        """A value of this stack's that is in no table."""
        return self._text("QUOTA_PEPPER")

    @cached_property
    def sync_queue_url(self) -> str:
        """Where chats wait that must be compared with Giosg soon."""
        return self._text("SYNC_QUEUE_URL")

    @cached_property
    def event_bus_name(self) -> str:
        return self._text("EVENT_BUS_NAME")

    @cached_property
    def notices_topic_arn(self) -> str:
        """Where it is said that an absent visitor has an answer."""
        return self._text("NOTICES_TOPIC_ARN")

    @cached_property
    def connections_table(self) -> str:
        return self._text("CONNECTIONS_TABLE")

    @cached_property
    def socket_endpoint(self) -> str:
        """Where frames are posted to sockets: https://, the stage included."""
        return self._text("SOCKET_ENDPOINT").rstrip("/")

    @cached_property
    def socket_url(self) -> str:
        """Where clients open sockets: the same place, as wss://."""
        return self.socket_endpoint.replace("http", "ws", 1)

    @cached_property
    def allowed_origins(self) -> frozenset[str]:
        """Origins whose pages may open sockets; `*` allows all."""
        return frozenset(origin.strip().rstrip("/") for origin in self._text("ALLOWED_ORIGINS").split(","))
