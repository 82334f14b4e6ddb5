"""What the calls that take a body do with hostile ones: 400 or 413, never a failure."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.aws import Functions, Reply, http_event
from tests.functions.bad_values import HARMLESS, NO_OBJECTS, TOO_LARGE
from tests.toolkit.visitors import Chatting, refused_fields

Post = Callable[[bytes | str], Reply]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
bodies = st.fixed_dictionaries(
    {},
    optional={
        "visitor_name": json_values,
        "message": json_values,
        "client_message_id": json_values | st.uuids().map(str),
        "variables": json_values | st.dictionaries(st.text(), json_values, max_size=3),
    },
)
many = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(params=["start_chat", "send_message"])
def post(request: pytest.FixtureRequest, functions: Functions, talking: Chatting) -> Post:
    """Post a body to one of the calls that take one."""
    path = {"start_chat": "/chats", "send_message": talking.messages_path}[request.param]
    return lambda body: functions.call(request.param, "POST", path, token=talking.token, body=body)


@pytest.mark.parametrize("name", NO_OBJECTS)
def test_what_is_no_json_object_is_refused(post: Post, name: str) -> None:
    assert refused_fields(post(NO_OBJECTS[name])) == ["body"]


@pytest.mark.parametrize("name", TOO_LARGE)
def test_a_body_over_16_kib_is_too_large(post: Post, name: str) -> None:
    reply = post(TOO_LARGE[name])

    assert (reply.status, reply.json["code"]) == (413, "request_too_large")


@pytest.mark.parametrize("name", HARMLESS)
def test_unusual_but_good_bodies_are_taken(post: Post, name: str) -> None:
    reply = post(HARMLESS[name])

    assert reply.status == 201, reply.text
    message = reply.json["message"]
    assert (message if isinstance(message, str) else message["message"]) == "x"


@pytest.mark.parametrize("field", ["other", "message", "variables"])
def test_a_deeply_nested_field_is_ignored_or_refused(post: Post, field: str) -> None:
    nested = f'{{"message": "x", "{field}": ' + '{"a":' * 2_500 + "1" + "}" * 2_500 + "}"

    assert post(nested).status in {201, 400}


@pytest.mark.parametrize("garbage", ["%%%", "a", "eyJhIjo=x", "\u00e4", "====", "e30"])
def test_a_body_that_is_not_the_base64_it_claims_to_be_is_refused(
    functions: Functions, talking: Chatting, garbage: str
) -> None:
    event = http_event("POST", talking.messages_path, token=talking.token, body=garbage)

    reply = functions.invoke("send_message", event | {"isBase64Encoded": True})

    assert refused_fields(reply) == ["body"]


def test_a_body_is_read_the_same_with_and_without_base64(functions: Functions, talking: Chatting) -> None:
    plain = functions.call(
        "send_message", "POST", talking.messages_path, token=talking.token, body='{"message": "\u00e4\U0001f600"}'
    )
    encoded = talking.send("\u00e4\U0001f600")

    assert plain.json["message"] == encoded.json["message"] == "\u00e4\U0001f600"


@pytest.mark.parametrize("body", [b"", b"  \n", None])
def test_a_message_without_a_body_lacks_its_text(functions: Functions, talking: Chatting, body: bytes | None) -> None:
    reply = functions.call("send_message", "POST", talking.messages_path, token=talking.token, body=body)

    assert refused_fields(reply) == ["message"]


@given(body=bodies)
@many
def test_no_json_body_makes_the_stack_fail(functions: Functions, talking: Chatting, body: dict[str, object]) -> None:
    for function, path in (("start_chat", "/chats"), ("send_message", talking.messages_path)):
        reply = functions.call(function, "POST", path, token=talking.token, body=body)
        assert reply.status in {200, 201, 400, 409, 413}, reply.text


@given(body=st.binary(max_size=200))
@many
def test_no_bytes_make_the_stack_fail(functions: Functions, talking: Chatting, body: bytes) -> None:
    reply = functions.call("send_message", "POST", talking.messages_path, token=talking.token, body=body)

    assert reply.status in {201, 400}, reply.text
