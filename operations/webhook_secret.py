"""Another secret in the webhooks' URLs, without a webhook lost: the old one stays valid until it is no longer used."""

import json
import secrets
from typing import Any

from operations.stacks import DeployedStack

SECRET_BYTES = 32


class RotationUnderWay(Exception):
    """The secret before the current one is still valid, and may be the one that Giosg uses."""


def rotate(stack: DeployedStack) -> str:
    """Make a new secret the current one, keep the one before valid, and give the new one.

    Raises:
        RotationUnderWay: two secrets are valid already; a third would shut one of them out.
    """
    known = _read(stack)
    if "previous" in known:
        raise RotationUnderWay("Enter the current URLs in Giosg, then say FINISH=1 before you rotate again")
    current = secrets.token_urlsafe(SECRET_BYTES)
    _write(stack, {"current": current, "previous": known["current"]})
    return current


def finish(stack: DeployedStack) -> None:
    """Let the current secret alone be valid; functions learn of it within five minutes."""
    _write(stack, {"current": _read(stack)["current"]})


def _read(stack: DeployedStack) -> dict[str, str]:
    arn = stack.outputs["WebhookSecretArn"]
    known: dict[str, str] = json.loads(stack.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
    return known


def _write(stack: DeployedStack, valid: dict[str, Any]) -> None:
    arn = stack.outputs["WebhookSecretArn"]
    stack.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=json.dumps(valid))
