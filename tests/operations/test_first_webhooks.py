"""The wait for Giosg's first webhooks after a deployment."""

import io
import time
from datetime import UTC, datetime, timedelta

import pytest
from local.giosg import Target
from operations.deploy.first_webhooks import FirstWebhooks
from operations.stacks.deployed import DeployedStack
from operations.terminal import Terminal
from tests.operations.conftest import changed
from tests.toolkit.deployment import PATIENCE_SECONDS, Stack, wait_for

AT_ONCE = timedelta()


def waited(deployed: DeployedStack, *, since: datetime, patience: timedelta = AT_ONCE) -> tuple[bool, str]:
    """Wait for what came after `since`; one that is in the future is as good as over."""
    shown, ahead = io.StringIO(), max(timedelta(), since - datetime.now(UTC))
    waiting = FirstWebhooks(
        deployed,
        Terminal(output=shown),
        clock=lambda: datetime.now(UTC) + ahead,
        sleep=lambda _seconds: time.sleep(0.2),
    )
    return waiting.wait(since=since, patience=patience), shown.getvalue()


def test_webhooks_that_came_are_said_with_their_time(deployed: DeployedStack, stack: Stack) -> None:
    since = datetime.now(UTC)
    stack.giosg.website_visitor.start_chat("Hello")

    came, said = waited(deployed, since=since, patience=timedelta(seconds=PATIENCE_SECONDS))

    assert came
    assert "The first webhook about chats: received, after " in said
    assert "The first webhook about messages: received, after " in said


@pytest.mark.usefixtures("heard")
def test_silence_is_met_with_what_to_look_at(deployed: DeployedStack) -> None:
    came, said = waited(deployed, since=datetime.now(UTC) + timedelta(minutes=1))

    assert not came
    assert said.count("none within 0 minutes. Is the app saved and installed in Giosg") == 2


def test_webhooks_with_a_wrong_secret_are_told_from_silence(deployed: DeployedStack, stack: Stack) -> None:
    url = stack.local.webhook_urls.chats.rpartition("=")[0] + "=old-secret"
    stack.settle()
    stack.giosg.webhooks.deliver_to(Target(chats_url=url, messages_url=None, retry_seconds=()))
    try:
        stack.giosg.website_visitor.start_chat(None)

        since = datetime.now(UTC) + timedelta(minutes=1)
        wait_for(lambda: "come with a wrong secret" in waited(deployed, since=since)[1])
    finally:
        stack.subscribe()


def test_nobody_waits_for_lines_that_are_not_logged(deployed: DeployedStack) -> None:
    came, said = waited(changed(deployed, LogLevel="WARNING"), since=datetime.now(UTC))

    assert (came, said) == (False, "LogLevel leaves out the lines that would tell of webhooks\n")
