"""The line that each request leaves in the log."""

import io
import json

import pytest
from tests.aws import WEBHOOK_SECRET, Functions


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_webhook_is_told_from_a_look_at_its_address(functions: Functions, lines: io.StringIO, method: str) -> None:
    functions.call("webhook_chats", method, "/giosg_webhooks/chats", body={}, query={"secret": WEBHOOK_SECRET})

    assert json.loads(lines.getvalue())["route"] == f"{method} /giosg_webhooks/chats"
