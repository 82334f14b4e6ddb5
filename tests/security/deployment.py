"""The deployed stack for its attackers: policies enforced, known users on, and a Giosg that delivers webhooks."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import jwt
import requests
from local.giosg import SimulatedGiosg, Target
from local.stack import LocalStack
from local.stack.webhook_urls import read_secret
from tests.journey.conftest import Visitor


class Deployed(NamedTuple):
    """The stack, its Giosg, and the keys that others should not have."""

    local: LocalStack
    giosg: SimulatedGiosg
    identity_key: str
    webhook_secret: str

    def start(self, **fields: Any) -> requests.Response:
        return requests.post(f"{self.local.api_url}/chats", json=fields, timeout=30)

    def identity_token(self, subject: str, *, key: str | None = None, **claims: Any) -> str:
        """Sign a token for a person, as the company's backend does."""
        standard = {"sub": subject, "aud": "visitor-chat", "exp": int(time.time()) + 600}
        return jwt.encode(standard | claims, key or self.identity_key, algorithm="HS256")


@contextmanager
def deployment(**parameters: str) -> Iterator[Deployed]:
    given = {"KnownUsers": "on", "GiosgTimeoutSeconds": "2", **parameters}
    with SimulatedGiosg() as giosg, LocalStack(giosg=giosg, is_auth_enforced=True, parameters=given) as local:
        urls = local.webhook_urls
        giosg.webhooks.deliver_to(Target(chats_url=urls.chats, messages_url=urls.messages))
        secrets = local.boto3_client("secretsmanager")
        arns = (local.outputs[name] for name in ("IdentitySecretArn", "WebhookSecretArn"))
        identity_key, webhook_secret = (read_secret(secrets, arn) for arn in arns)
        yield Deployed(local, giosg, identity_key, webhook_secret)


def visitor_of(deployed: Deployed, answer: requests.Response) -> Visitor:
    """Give the visitor whose start was answered."""
    made = answer.json()
    return Visitor(deployed.local.api_url, made["visitor"]["id"], made["visitor_token"], made["chat"]["id"])
