"""Ids and tokens: what Giosg issues passes, all else is refused before a URL or a header is made."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.giosg_client import samples
from tests.giosg_client.conftest import MakeClient
from tests.giosg_client.properties import ANY_TEXT, brief
from tests.giosg_client.raw_server import RawServer, answer, answering

from giosg_client.client import GiosgClient
from giosg_client.errors import InvalidCredential, InvalidIdentifier
from giosg_client.identifiers import checked_token, checked_uuid, checked_visitor_id

HOSTILE = [
    pytest.param("", id="empty"),
    pytest.param("../users/me", id="up"),
    pytest.param("%2e%2e%2f", id="up, encoded"),
    pytest.param(samples.CHAT_ID + "/../..", id="an id and up"),
    pytest.param(samples.CHAT_ID + "%2f..", id="an id and up, encoded"),
    pytest.param(samples.CHAT_ID + "?is_ended=true", id="an id and a query"),
    pytest.param(samples.CHAT_ID + "\n", id="a line's end"),
    pytest.param(samples.VISITOR_ID + "\n", id="a visitor and a line's end"),
    pytest.param(samples.CHAT_ID + "\r\nX-Header: 1", id="a header"),
    pytest.param(samples.CHAT_ID.upper(), id="upper case"),
    pytest.param(samples.VISITOR_ID.upper(), id="a visitor in upper case"),
    pytest.param("{" + samples.CHAT_ID + "}", id="braces"),
    pytest.param("urn:uuid:" + samples.CHAT_ID, id="a URN"),
    pytest.param(" " + samples.CHAT_ID, id="a space"),
    pytest.param(samples.CHAT_ID.replace("6", "\uff16"), id="wide digits"),
    pytest.param(samples.VISITOR_ID.replace("0", "\u0660"), id="Arabic digits"),
    pytest.param(samples.VISITOR_ID[:-1] + "\x00", id="NUL"),
    pytest.param(None, id="nothing"),
    pytest.param(7, id="a number"),
    pytest.param(samples.CHAT_ID.encode(), id="bytes"),
    pytest.param([samples.CHAT_ID], id="a list"),
]

CALLS: dict[str, Callable[[GiosgClient, str, str], object]] = {
    "create_room_visitor": lambda client, visitor, _: client.create_room_visitor(
        samples.ROOM_ID, visitor, access_token="t"
    ),
    "refresh_presence": lambda client, visitor, _: client.refresh_presence(
        samples.ROOM_ID, visitor, access_token="t", presence_expires_in_seconds=1
    ),
    "create_chat": lambda client, visitor, _: client.create_chat(samples.ROOM_ID, visitor, access_token="t"),
    "list_visitor_chats": lambda client, visitor, _: client.list_visitor_chats(
        samples.ROOM_ID, visitor, access_token="t"
    ),
    "get_visitor_chat": lambda client, visitor, chat: client.get_visitor_chat(visitor, chat, access_token="t"),
    "end_visitor_chat": lambda client, visitor, chat: client.end_visitor_chat(visitor, chat, access_token="t"),
    "send_message": lambda client, visitor, chat: client.send_message(visitor, chat, access_token="t", text="x"),
    "list_visitor_messages": lambda client, visitor, chat: client.list_visitor_messages(
        visitor, chat, access_token="t"
    ),
    "list_visitor_memberships": lambda client, visitor, chat: client.list_visitor_memberships(
        visitor, chat, access_token="t"
    ),
    "set_visitor_variable": lambda client, visitor, _: client.set_visitor_variable(
        samples.ROOM_ID, visitor, key="k", value="v"
    ),
    "get_room": lambda client, _, room: client.get_room(room),
    "get_public_room": lambda client, _, room: client.get_public_room(room, access_token="t"),
    "list_online_users": lambda client, _, room: client.list_online_users(room, access_token="t"),
    "create_chat in a room": lambda client, _, room: client.create_chat(room, samples.VISITOR_ID, access_token="t"),
    "get_owned_chat": lambda client, _, chat: client.get_owned_chat(chat),
    "end_owned_chat": lambda client, _, chat: client.end_owned_chat(chat),
    "list_owned_messages": lambda client, _, chat: client.list_owned_messages(chat),
    "list_owned_memberships": lambda client, _, chat: client.list_owned_memberships(chat),
}


@brief
@given(st.uuids())
def test_every_uuid_as_giosg_writes_it_is_taken(identifier: object) -> None:
    assert checked_uuid(str(identifier)) == str(identifier)


@brief
@given(st.text("0123456789abcdef", min_size=32, max_size=32))
def test_every_visitor_id_as_giosg_writes_it_is_taken(identifier: str) -> None:
    assert checked_visitor_id(identifier) == identifier


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_else_is(hostile: object) -> None:
    for check in (checked_uuid, checked_visitor_id):
        with pytest.raises(InvalidIdentifier):
            check(hostile)


@brief
@given(ANY_TEXT)
def test_what_is_taken_needs_no_encoding_in_a_url(text: str) -> None:
    for check in (checked_uuid, checked_visitor_id):
        try:
            taken = check(text)
        except InvalidIdentifier:
            continue
        assert re.fullmatch("[0-9a-f-]+", taken)


@pytest.mark.parametrize("hostile", ["../..", samples.CHAT_ID + "\n"])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_no_call_goes_out_with_a_hostile_id(
    make_client: MakeClient, call: Callable[[GiosgClient, str, str], object], hostile: str
) -> None:
    with pytest.raises(InvalidIdentifier):
        call(make_client("http://127.0.0.1:1"), hostile, hostile)


def test_a_client_is_not_made_with_a_hostile_id(make_client: MakeClient) -> None:
    with pytest.raises(InvalidIdentifier):
        make_client("http://127.0.0.1:1", organization_id="../..")


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "service.giosg.com",
        "ftp://service.giosg.com",
        "file:///etc",
        "https://",
        "https://me:it@giosg.com",
        "https://a?b",
        "https://a#b",
        "https://a\n",
        "https://a:b",
        "https://a b",
        "https://\u00e4",
        "https://a\\@b",
    ],
)
def test_a_client_is_not_made_with_an_odd_base_url(make_client: MakeClient, base_url: str) -> None:
    with pytest.raises(ValueError, match="base_url"):
        make_client(base_url)


def test_a_slash_at_the_end_of_the_base_url_changes_nothing(make_client: MakeClient) -> None:
    with RawServer(answering(answer(200, samples.room()))) as server:
        make_client(f"{server.url}/").get_room(samples.ROOM_ID)

        assert server.targets[0].startswith("GET /api/v5/")


@pytest.mark.parametrize(
    "hostile",
    ["", "tok en", "token\n", "token\r\nX-Header: 1", "t\u00f6ken", "token\x00", "\U0001f511", None, 7, b"token"],
)
def test_a_token_that_no_header_can_carry_is_refused_without_quoting_it(
    make_client: MakeClient, hostile: object
) -> None:
    client = make_client("http://127.0.0.1:1", api_token=lambda: hostile)

    calls: list[Callable[[], object]] = [
        lambda: client.get_room(samples.ROOM_ID),
        lambda: client.get_public_room(samples.ROOM_ID, access_token=hostile),  # type: ignore[arg-type]
    ]
    for call in calls:
        with pytest.raises(InvalidCredential) as caught:
            call()

        assert not hostile or str(hostile) not in str(caught.value)


@brief
@given(ANY_TEXT)
def test_a_token_that_is_taken_fits_into_a_header(text: str) -> None:
    try:
        taken = checked_token(text)
    except InvalidCredential:
        return
    assert taken.isascii()
    assert taken.isprintable()
    assert " " not in taken
