"""A socket's event that goes wrong says nothing of what it was about."""

import logging

import pytest
from tests.aws import socket_event

from visitor_chat.api import websocket
from visitor_chat.runtime import telemetry

SECRET_TEXT = "swordfish"


@pytest.mark.parametrize("error", [RuntimeError(SECRET_TEXT), KeyError(SECRET_TEXT), RecursionError(SECRET_TEXT)])
def test_an_unexpected_error_is_an_answer_and_no_message(
    error: Exception, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_event: websocket.Event) -> int:
        raise error

    with caplog.at_level(logging.INFO, logger=telemetry.logger.name):
        answer = websocket.handler(fail)(socket_event("$default", "a-connection"), None)

    assert answer == {"statusCode": 503}
    assert SECRET_TEXT not in capsys.readouterr().out + caplog.text
