"""Tokens and cursors with flipped bits, and another visitor's ids wherever an id goes in."""

import importlib
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from local.giosg import SimulatedGiosg
from tests.aws import Functions, deployed, http_event
from tests.toolkit.clock import Clock
from tests.toolkit.visitors import Chatting, ask_to_start, codes, start

from visitor_chat import wiring

SAFE = range(0x21, 0x7F)
HOSTILE_IDS = [
    "..",
    "../../users/me",
    "..%2f..%2fusers",
    "%2e%2e%2f",
    "{chat}/../{other}",
    "{chat}%00",
    "{chat}\x00",
    "{chat} ",
    "{chat}?x=1",
    "{chat}#",
    "{chat}\u0660",
    "\uff10" * 36,
    "' OR 1=1",
    "a" * 5000,
    "\r\nX-Injected: 1",
]


@pytest.fixture(scope="module")
def world(clock: Clock) -> Iterator[tuple[SimulatedGiosg, Functions]]:
    with SimulatedGiosg(clock=clock) as giosg, deployed(giosg) as functions:
        yield giosg, functions


@pytest.fixture(scope="module")
def functions(world: tuple[SimulatedGiosg, Functions]) -> Functions:
    return world[1]


@pytest.fixture(scope="module")
def victim(functions: Functions) -> Chatting:
    return start(functions, visitor_name="Victim", message="For the agent alone", key="the-victims-own-key")


@pytest.fixture(scope="module")
def thief(functions: Functions) -> Chatting:
    return start(functions, visitor_name="Thief", message="Hello")


def flips(text: str) -> Iterator[str]:
    """Flip each bit that leaves a character that a header or a URL can carry."""
    for place, character in enumerate(text):
        for bit in range(7):
            flipped = ord(character) ^ (1 << bit)
            if flipped in SAFE:
                yield text[:place] + chr(flipped) + text[place + 1 :]


def test_no_flipped_bit_leaves_a_token_that_works(functions: Functions, victim: Chatting) -> None:
    statuses = {functions.call("get_chats", "GET", "/chats", token=token).status for token in flips(victim.token)}

    assert statuses == {401}


def test_no_flipped_bit_leaves_a_cursor_that_fails_or_shows_more(victim: Chatting) -> None:
    cursor = victim.read().json["next"]

    replies = [victim.read(after=flipped) for flipped in flips(cursor)]

    assert {reply.status for reply in replies} == {400}


def test_anothers_chat_is_as_one_that_does_not_exist(functions: Functions, victim: Chatting, thief: Chatting) -> None:
    for path in (victim.path, victim.messages_path, f"{victim.path}/end"):
        mine = as_thief(functions, thief, path)
        missing = as_thief(functions, thief, path.replace(victim.chat_id, str(uuid.uuid4())))
        assert (mine.status, mine.json) == (missing.status, missing.json)
        assert mine.status == 404


def as_thief(functions: Functions, thief: Chatting, path: str) -> Any:
    function, method, body = {
        "messages": ("send_message", "POST", {"message": "Let me in"}),
        "end": ("end_chat", "POST", None),
    }.get(path.rpartition("/")[2], ("get_chats", "GET", None))
    return functions.call(function, method, path, token=thief.token, body=body)


def test_anothers_cursor_opens_nothing(functions: Functions, victim: Chatting, thief: Chatting) -> None:
    others = victim.read().json["next"]
    start(functions, token=victim.token)
    listed = victim.chats(limit="1").json["next"]

    assert codes(thief.read(after=others)) == [(400, "invalid_request")]
    assert codes(thief.chats(after=listed)) == [(400, "invalid_request")]


def test_anothers_idempotency_key_leads_to_a_chat_of_ones_own(
    functions: Functions, victim: Chatting, thief: Chatting
) -> None:
    with_token = start(functions, token=thief.token, key="the-victims-own-key", message="For the agent alone")
    assert with_token.chat_id != victim.chat_id

    other_body = ask_to_start(functions, key="the-victims-own-key", message="guess")
    assert codes(other_body) == [(409, "idempotency_key_reused")]


def test_anothers_client_message_id_shows_and_blocks_nothing(victim: Chatting, thief: Chatting) -> None:
    shared = str(uuid.uuid4())
    first = victim.send("mine", client_message_id=shared)
    second = thief.send("also mine", client_message_id=shared)

    assert (first.status, second.status) == (201, 201)
    assert first.json["id"] != second.json["id"]
    assert "mine" not in thief.texts()


def test_a_ticket_is_its_own_visitors_and_works_once(functions: Functions, thief: Chatting) -> None:
    url = functions.call("open_realtime", "POST", "/realtime", token=thief.token).json["url"]
    ticket = url.partition("ticket=")[2]

    assert {wiring.tickets().redeem(flipped) for flipped in list(flips(ticket))[::7]} == {None}
    admission = wiring.tickets().redeem(ticket)
    assert admission is not None
    assert admission.visitor_id == thief.visitor_id
    assert wiring.tickets().redeem(ticket) is None


@pytest.mark.parametrize("pattern", HOSTILE_IDS)
def test_no_id_steers_a_call_anywhere(
    world: tuple[SimulatedGiosg, Functions], victim: Chatting, thief: Chatting, pattern: str
) -> None:
    giosg, functions = world
    hostile = pattern.replace("{chat}", thief.chat_id).replace("{other}", victim.chat_id)
    before = len(giosg.requests.matching())

    for function, method, path in (
        ("get_chats", "GET", "/chats/{chat_id}"),
        ("send_message", "POST", "/chats/{chat_id}/messages"),
        ("end_chat", "POST", "/chats/{chat_id}/end"),
        ("list_messages", "GET", "/chats/{chat_id}/messages"),
    ):
        status = call_about(hostile, functions, function, method, path, token=thief.token)
        assert status in {400, 404}, path

    assert len(giosg.requests.matching()) == before


def call_about(chat_id: str, functions: Functions, function: str, method: str, path: str, *, token: str) -> int:
    """Call with what API Gateway may have unescaped in the place of a path's parameter, and give the status."""
    handler = importlib.import_module(f"functions.{function}.app").handler
    event = http_event(method, path, body={"message": "x"}, token=token) | {"pathParameters": {"chat_id": chat_id}}
    return int(handler(event, functions.context)["statusCode"])
