"""Another secret in the webhooks' URLs, without a webhook lost: the old one stays valid until it is no longer used."""

import argparse
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict

from operations import webhook_urls
from operations.command import Call, Command
from operations.stacks.deployed import DeployedStack
from operations.terminal import Refused

SECRET_BYTES = 32


class RotationUnderWay(Refused):
    """The secret before the current one is still valid, and may be the one that Giosg uses."""


def rotate(stack: DeployedStack) -> str:
    """Make a new secret the current one, keep the one before valid, and return the new one.

    Raises:
        RotationUnderWay: two secrets are valid already; a third would shut one of them out.
    """
    known = stack.webhook_secrets()
    if "previous" in known:
        raise RotationUnderWay("Enter the current URLs in Giosg, then say FINISH=1 before you rotate again")
    current = secrets.token_urlsafe(SECRET_BYTES)
    _write(stack, {"current": current, "previous": known["current"]})
    return current


def finish(stack: DeployedStack) -> None:
    """Let the current secret alone be valid; functions learn of it within five minutes."""
    _write(stack, {"current": stack.webhook_secrets()["current"]})


def _write(stack: DeployedStack, valid: Mapping[str, str]) -> None:
    arn = stack.outputs["WebhookSecretArn"]
    stack.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=json.dumps(valid))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--finish", action="store_true", help="end the secret before the current one")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be changed")


def act(call: Call) -> int:
    stack = call.stack()
    if call.arguments.finish:
        return _finish(call, stack)
    if call.arguments.dry_run:
        return call.done("A new secret would be made, and the present one stay valid. Nothing was changed")
    rotate(stack)
    urls = stack.webhook_urls
    return call.done(f"The old URLs work until you say FINISH=1. {webhook_urls.instructions(urls)}", **asdict(urls))


def _finish(call: Call, stack: DeployedStack) -> int:
    if "previous" not in stack.webhook_secrets():
        raise Refused("One secret alone is valid: there is nothing to finish")
    call.terminal.say("Webhooks that Giosg still sends to the old URLs will be refused from then on")
    if call.arguments.dry_run:
        return call.done("Nothing was changed")
    call.terminal.confirm_by_name("", stack.name)
    finish(stack)
    return call.done("The secret before the current one is no longer valid, five minutes from now at the latest")


COMMAND = Command(
    name="rotate-webhook-secret",
    help="put another secret into the webhooks' URLs",
    act=act,
    add_arguments=add_arguments,
)
