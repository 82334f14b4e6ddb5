"""What POST /chats refuses, by field."""

from typing import Any

import pytest
from tests.aws import Functions
from tests.functions.bad_values import NO_TEXTS, NO_UUIDS
from tests.toolkit.visitors import ask_to_start, refused_fields

MOST_VARIABLES = {f"name{number}": "value" for number in range(20)}


@pytest.mark.parametrize("field", ["visitor_name", "message"])
@pytest.mark.parametrize("bad", NO_TEXTS)
def test_a_text_says_something(functions: Functions, field: str, bad: str) -> None:
    assert refused_fields(ask_to_start(functions, **{field: NO_TEXTS[bad]})) == [field]


@pytest.mark.parametrize(
    ("field", "longest", "too_long"),
    [
        ("visitor_name", "x" * 100, "x" * 101),
        ("visitor_name", "\U0001f600" * 50, "\U0001f600" * 50 + "x"),
        ("message", "\u00e4" * 2000, "\u00e4" * 2001),
        ("message", "\U0001f600" * 1000, "\U0001f600" * 1000 + "x"),
    ],
)
def test_a_text_has_a_longest_length_in_utf_16_units(
    functions: Functions, field: str, longest: str, too_long: str
) -> None:
    assert refused_fields(ask_to_start(functions, **{field: too_long})) == [field]
    assert ask_to_start(functions, **{field: longest}).status == 201


@pytest.mark.parametrize("name", ["\x01\x02", "\x7f", "\x85\x9f"])
def test_a_name_of_control_characters_says_nothing(functions: Functions, name: str) -> None:
    assert refused_fields(ask_to_start(functions, visitor_name=name)) == ["visitor_name"]


@pytest.mark.parametrize("name", ["\u202eoniA", "Ai\u2066no", "Ai\u2028no", "Ai\x9bno"])
def test_a_name_neither_turns_nor_breaks_the_line_that_it_is_shown_in(functions: Functions, name: str) -> None:
    shown = ask_to_start(functions, visitor_name=name).json["visitor"]["name"]

    assert shown in {"oniA", "Ai no"}


def test_a_name_may_be_written_from_right_to_left(functions: Functions) -> None:
    name = "\u05d0\u05d9\u05d9\u05e0\u05d5 \u0639\u0627\u0626\u0634\u0629 \U0001f468\u200d\U0001f680"

    assert ask_to_start(functions, visitor_name=name).json["visitor"]["name"] == name


@pytest.mark.parametrize("field", ["visitor_name", "message"])
@pytest.mark.parametrize(
    "good", ["\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u2764\ufe0f", "\u0915\u094d\u200d\u0937"], ids=ascii
)
def test_signs_that_hold_others_together_stay(functions: Functions, field: str, good: str) -> None:
    reply = ask_to_start(functions, **{field: good}).json

    assert good in {reply["visitor"]["name"], (reply["message"] or {}).get("message")}


@pytest.mark.parametrize("bad", NO_UUIDS)
def test_a_client_message_id_is_a_uuid(functions: Functions, bad: str) -> None:
    refused = ask_to_start(functions, message="x", client_message_id=NO_UUIDS[bad])

    assert refused_fields(refused) == ["client_message_id"]


@pytest.mark.parametrize("bad", [5, True, "a=b", ["a", "b"], MOST_VARIABLES | {"one": "more"}])
def test_variables_are_an_object_of_at_most_20(functions: Functions, bad: Any) -> None:
    assert refused_fields(ask_to_start(functions, variables=bad)) == ["variables"]


@pytest.mark.parametrize("bad", [*NO_TEXTS.values(), None, "x" * 501, {"b": "c"}])
def test_a_variable_is_named_when_it_is_no_text(functions: Functions, bad: Any) -> None:
    assert refused_fields(ask_to_start(functions, variables={"good": "x", "page": bad})) == ["variables.page"]


@pytest.mark.parametrize("bad", ["", "  ", "a\0b", "\ud800", "x" * 101, "\U0001f600" * 51])
def test_the_name_of_a_variable_is_a_text(functions: Functions, bad: str) -> None:
    assert refused_fields(ask_to_start(functions, variables={bad: "x"})) == ["variables"]


@pytest.mark.parametrize("bad", ["", "1234567", "x" * 256, "with space", "tab\tinside", "\u00e4" * 10, "12345678\x7f"])
def test_an_idempotency_key_is_8_to_255_visible_ascii_characters(functions: Functions, bad: str) -> None:
    assert refused_fields(ask_to_start(functions, key=bad)) == ["Idempotency-Key"]


@pytest.mark.parametrize("good", ["!~5aF]{}", "x" * 255])
def test_an_idempotency_key_may_be_of_any_visible_ascii_characters(functions: Functions, good: str) -> None:
    assert ask_to_start(functions, key=good).status == 201


def test_an_idempotency_key_in_the_body_is_no_key(functions: Functions) -> None:
    first, second = (ask_to_start(functions, **{"Idempotency-Key": "in-the-body-1"}) for _attempt in range(2))

    assert (first.status, second.status) == (201, 201)
    assert first.json["chat"]["id"] != second.json["chat"]["id"]


def test_all_wrong_fields_are_told_at_once(functions: Functions) -> None:
    reply = ask_to_start(
        functions, key="short", visitor_name=1, message="", client_message_id="x", variables={"a": 1, "b": 2}
    )

    assert refused_fields(reply) == [
        "visitor_name",
        "message",
        "client_message_id",
        "variables.a",
        "variables.b",
        "Idempotency-Key",
    ]


def test_null_is_as_good_as_absent(functions: Functions) -> None:
    reply = ask_to_start(functions, visitor_name=None, message=None, client_message_id=None, variables=None)

    assert reply.status == 201


def test_what_is_refused_is_not_repeated_in_the_answer(functions: Functions) -> None:
    reply = ask_to_start(functions, visitor_name="my password is swordfish" * 10)

    assert "swordfish" not in reply.text
