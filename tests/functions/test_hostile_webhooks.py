"""Whatever comes to a webhook with the right secret, the stack does not fail, and still answers its visitors."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from local.giosg import SimulatedGiosg
from tests.aws import Functions
from tests.toolkit import notifications
from tests.toolkit.notifications import SOME_MESSAGE
from tests.toolkit.visitors import Chatting

TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
NUMBERS = st.integers() | st.integers(-(10**400), 10**400) | st.floats(allow_nan=False, allow_infinity=False)
TIMES = st.sampled_from(
    [
        "2030-01-01T10:00:00.000Z",
        "2030-01-01",
        "2030-W01-1",
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00+14:00",
        "",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT | TIMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
TIMES_OR_NOT = TIMES | st.none() | VALUES
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["msg", "join", "system", "action", "tag_created"]) | VALUES,
        "created_at": TIMES_OR_NOT,
        "updated_at": TIMES_OR_NOT,
        "sender_type": st.sampled_from(["user", "visitor", "rule"]) | VALUES,
        "sender_public_name": TEXT | VALUES,
        "sender_avatar": VALUES,
        "message": TEXT | VALUES,
        "attachments": st.lists(st.dictionaries(st.sampled_from(["title", "text", "actions"]), VALUES)) | VALUES,
        "is_encrypted": VALUES,
        "sensitive_data_purged_at": TIMES_OR_NOT,
        "response_text": VALUES,
        "room_id": VALUES,
    },
)
CHATS = st.fixed_dictionaries(
    {},
    optional={
        "is_ended": st.booleans() | VALUES,
        "ended_at": TIMES_OR_NOT,
        "updated_at": TIMES_OR_NOT,
        "is_waiting": VALUES,
        "user_message_count": NUMBERS | VALUES,
        "user_member_count": NUMBERS | VALUES,
        "visitor_message_count": NUMBERS | VALUES,
        "room_id": VALUES,
    },
)
ACTIONS = st.sampled_from(["added", "changed", "removed"])
hostile = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def assert_taken(functions: Functions, kind: str, body: Any) -> None:
    reply = functions.webhook(kind, body)
    assert reply.status in {204, 400}, reply.text


@given(body=VALUES)
@hostile
def test_any_json(functions: Functions, body: Any) -> None:
    for kind in ("chats", "messages"):
        assert_taken(functions, kind, body if not isinstance(body, str) else [body])


@given(body=st.binary(max_size=300))
@hostile
def test_any_bytes(functions: Functions, body: bytes) -> None:
    for kind in ("chats", "messages"):
        assert_taken(functions, kind, body)


@given(base=st.fixed_dictionaries({}, optional={"action": VALUES, "channel": VALUES, "resource_id": VALUES}))
@hostile
def test_any_fields_of_a_notification(giosg: SimulatedGiosg, functions: Functions, base: dict[str, Any]) -> None:
    for kind in ("chats", "messages"):
        assert_taken(functions, kind, notifications.about_an_unknown_chat(giosg, kind) | base)


@given(news=st.tuples(ACTIONS, st.uuids().map(str) | st.just(SOME_MESSAGE), MESSAGES))
@hostile
def test_any_message_of_a_known_chat(
    giosg: SimulatedGiosg, functions: Functions, talking: Chatting, news: tuple[str, str, dict[str, Any]]
) -> None:
    action, message_id, resource = news
    whole = notifications.whole_message(giosg, "Good morning!") if action == "added" else {}

    body = notifications.of_message(giosg, action, talking.chat_id, message_id, whole | resource)
    assert_taken(functions, "messages", body)

    assert talking.read(limit="200").status == 200


@given(action=st.sampled_from(["added", "changed"]), resource=CHATS)
@hostile
def test_any_facts_of_a_known_chat(
    giosg: SimulatedGiosg, functions: Functions, talking: Chatting, action: str, resource: dict[str, Any]
) -> None:
    assert_taken(functions, "chats", notifications.of_chat(giosg, action, talking.chat_id, resource))

    assert talking.chat().status == 200
