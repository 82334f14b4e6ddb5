"""Whether a start is the one that came with its Idempotency-Key before."""

from collections.abc import Mapping
from dataclasses import fields, replace
from types import MappingProxyType
from typing import Any

import pytest
from tests.visitor_chat.scene import Scene

from visitor_chat import wiring
from visitor_chat.domain.errors import IdempotencyKeyReused
from visitor_chat.domain.records import StartRequest
from visitor_chat.domain.rooms import Room

ROOM = "c2a7f9e4-0b56-4d18-8f6a-91d3e5b7a042"
SAID = StartRequest(
    visitor=None,
    credentials=None,
    room=Room("default", ROOM),
    visitor_name="Aino",
    message="Hello?",
    client_message_id="7c0c6a5e-3f0b-4e0e-9a53-0d4b6c1f8a11",
    variables={"page": "shop"},
    idempotency_key="the-key-of-the-tests",
)
OTHERWISE: Mapping[str, Any] = {
    "room": Room("other", "00000000-0b56-4d18-8f6a-91d3e5b7a042"),
    "visitor_name": "Aino ",
    "message": "Hello? ",
    "client_message_id": None,
    "variables": {},
}
THE_SAME: Mapping[str, Any] = {"challenge_token": "another one", "variables": MappingProxyType({"page": "shop"})}
WHO_STARTS = {"visitor", "credentials", "idempotency_key"}
"""They choose the journal, in which the body is compared."""


@pytest.fixture(autouse=True)
def _begun(scene: Scene) -> None:
    wiring.start_journals().open(SAID).close(until=scene.clock())


def test_every_field_is_told_apart_or_known_to_be_none_of_the_body() -> None:
    assert {each.name for each in fields(SAID)} == OTHERWISE.keys() | THE_SAME.keys() | WHO_STARTS


@pytest.mark.parametrize("name", OTHERWISE)
def test_another_value_of_any_field_makes_another_request(name: str) -> None:
    with pytest.raises(IdempotencyKeyReused):
        wiring.start_journals().open(replace(SAID, **{name: OTHERWISE[name]}))


@pytest.mark.parametrize("name", THE_SAME)
def test_what_is_none_of_the_body_makes_no_other_request(name: str) -> None:
    assert wiring.start_journals().open(replace(SAID, **{name: THE_SAME[name]})).is_resumed
