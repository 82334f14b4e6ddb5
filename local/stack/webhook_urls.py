"""Where Giosg sends its webhooks, with the secret that lets them in."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class WebhookUrls:
    """The addresses to enter in Giosg: one for chats, one for messages."""

    chats: str
    messages: str

    @classmethod
    def of(cls, api_url: str, *, secret: str) -> "WebhookUrls":
        chats, messages = (
            f"{api_url}/giosg_webhooks/{name}?secret={quote(secret, safe='')}" for name in ("chats", "messages")
        )
        return cls(chats, messages)


def read_secret(secrets: Any, arn: str) -> str:
    """Return the webhook secret that is in force.

    Args:
        secrets: a client of Secrets Manager.
        arn: the secret's.
    """
    current: str = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])["current"]
    return current


def write_secret(secrets: Any, arn: str, *, current: str) -> None:
    secrets.put_secret_value(SecretId=arn, SecretString=json.dumps({"current": current}))
