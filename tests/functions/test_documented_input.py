"""The API takes what its document allows: whoever keeps to the schemas is never told that the input is wrong."""

from typing import Any
from uuid import uuid4

import jsonschema
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from local.giosg import SimulatedGiosg
from tests import public_api
from tests.aws import Functions
from tests.functions.bad_values import NO_TEXTS, NO_UUIDS
from tests.functions.documented_input import body
from tests.toolkit.clock import Clock
from tests.toolkit.visitors import codes, start

from visitor_chat.domain.invisible import shows_nothing

some = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SURROGATES = {"high_surrogate", "low_surrogate"}
"""Schemas are about JSON, which has none that are alone."""
BEYOND_ONE_CODE_UNIT = {"language_tag"}
FOR_PYTHON = {"newline"}
"""Before which Python's own `$` matches, but not that of the patterns' dialect."""


@given(body=body("StartChat", room="default"))
@some
def test_every_start_that_the_schema_allows_is_taken(functions: Functions, body: dict[str, Any]) -> None:
    reply = functions.call("start_chat", "POST", "/chats", body=body)

    assert reply.status == 201, reply.text


@given(body=body("SendMessage"))
@some
def test_every_message_that_the_schema_allows_is_taken(functions: Functions, body: dict[str, Any]) -> None:
    chatting = start(functions)  # of its own: hypothesis may make up one id for two texts

    reply = functions.call("send_message", "POST", chatting.messages_path, token=chatting.token, body=body)

    # A button that was made up is none that was offered.
    assert codes(reply) == [(404, "action_not_found") if "action" in body else (201, None)]


@pytest.fixture
def nobody_there(giosg: SimulatedGiosg, clock: Clock) -> None:
    assert clock
    for agent in giosg.agents:
        agent.go_offline()


@pytest.mark.usefixtures("nobody_there")
@given(body=body("HoldMessage", room="default"))
@some
def test_a_held_message_that_the_schema_allows_is_not_called_wrong(functions: Functions, body: dict[str, Any]) -> None:
    fresh = body | {"client_message_id": str(uuid4())}

    assert functions.call("hold_message", "POST", "/held_messages", body=fresh).status == 202


@given(body=body("OpenSession"))
@some
def test_an_identity_token_that_the_schema_allows_is_looked_at(functions: Functions, body: dict[str, Any]) -> None:
    assert functions.call("open_session", "POST", "/sessions", body=body).status == 401


@pytest.mark.parametrize("bad", sorted(set(NO_TEXTS) - SURROGATES - BEYOND_ONE_CODE_UNIT))
@pytest.mark.parametrize("name", ["Text", "VisitorName"])
def test_the_schema_refuses_what_is_no_text(name: str, bad: str) -> None:
    with pytest.raises(AssertionError):
        public_api.check_schema(name, NO_TEXTS[bad])


@pytest.mark.parametrize("bad", sorted(set(NO_UUIDS) - FOR_PYTHON))
def test_the_schema_refuses_what_is_no_uuid(bad: str) -> None:
    with pytest.raises(AssertionError):
        public_api.check_schema("ClientMessageId", NO_UUIDS[bad])


@pytest.mark.parametrize("cursor", ["", "0", "-1", "null", "garbage!"])
def test_the_schema_refuses_what_cannot_be_a_cursor(cursor: str) -> None:
    with pytest.raises(AssertionError):
        public_api.check_schema("Cursor", cursor)


def test_the_schema_calls_empty_what_the_api_calls_empty() -> None:
    text = jsonschema.Draft202012Validator(public_api.document()["components"]["schemas"]["Text"])
    characters = [chr(code) for code in range(1, 0x10000) if not 0xD800 <= code < 0xE000]

    assert [hex(ord(each)) for each in characters if text.is_valid(each) == shows_nothing(each)] == []
