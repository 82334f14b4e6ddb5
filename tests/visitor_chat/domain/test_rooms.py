"""The rooms of a stack, and the setting that names them."""

import re

import pytest
from tests.environments import plain_environment
from tests.template import template

from visitor_chat import wiring
from visitor_chat.domain.rooms import MOST_ROOMS, InvalidRooms, Room, Rooms, read_rooms
from visitor_chat.runtime.settings import InvalidSetting

MAIN, SALES, SUPPORT = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "123")


def uuid_of(number: int) -> str:
    return f"{number:08}-1000-4000-8000-000000000000"


def many(count: int) -> str:
    return ",".join(f"{number}={uuid_of(number)}" for number in range(count))


def test_the_default_room_is_called_default_and_comes_first() -> None:
    rooms = Rooms(MAIN, {"sales": SALES})

    assert list(rooms) == [Room("default", MAIN), Room("sales", SALES)]


def test_the_default_room_has_the_name_that_it_is_given() -> None:
    rooms = Rooms(MAIN, {"sales": SALES, "main": MAIN})

    assert [room.name for room in rooms] == ["main", "sales"]
    assert rooms.default == Room("main", MAIN)
    assert rooms.named("default") is None


def test_a_chat_that_names_no_room_is_of_the_default_one() -> None:
    assert Rooms(MAIN, {}).name_of(None) == "default"


def test_a_room_that_is_not_there_any_more_has_no_name() -> None:
    rooms = Rooms(MAIN, {"sales": SALES})

    assert rooms.name_of(SUPPORT) is None
    assert not rooms.has(SUPPORT)
    assert not rooms.has(None)


READABLE = [
    ("", {}),
    (f"sales={SALES}", {"sales": SALES}),
    (f"sales={SALES},main={MAIN}", {"sales": SALES, "main": MAIN}),
    (f"default={MAIN}", {"default": MAIN}),
    (f"default={SALES},main={MAIN}", {"default": SALES, "main": MAIN}),
    (f"{'x' * 32}={SALES}", {"x" * 32: SALES}),
    (many(MOST_ROOMS), {str(number): uuid_of(number) for number in range(MOST_ROOMS)}),
]
UNREADABLE = [
    ("sales", "must be name=UUID"),
    (f"={SALES}", "must be name=UUID"),
    (f"Sales={SALES}", "the name 'Sales'"),
    (f"{'x' * 33}={SALES}", f"the name '{'x' * 33}'"),
    ("sales=1", "gives sales the id '1'"),
    (f"sales={'A' * 8}{SALES[8:]}", "not a UUID in small letters"),
    (many(MOST_ROOMS + 1), "more than 50 rooms"),
    (",".join(f"{number:032}={uuid_of(number)}" for number in range(30)), "longer than 2000 characters"),
]
SEEN_ONLY_HERE = [
    (f"sales={SALES},sales={SUPPORT}", "sales twice"),
    (f"sales={SALES},support={SALES}", f"{SALES} twice"),
    (f"main={MAIN},other={MAIN}", f"{MAIN} twice"),
    (f"default={SALES}", "a further room the name default"),
]
"""What the template's pattern lets pass: an expression cannot compare."""


@pytest.mark.parametrize(("text", "rooms"), READABLE)
def test_rooms_are_read_from_a_text(text: str, rooms: dict[str, str]) -> None:
    assert read_rooms(text, default_id=MAIN) == rooms


def test_blanks_between_rooms_make_no_difference() -> None:
    assert read_rooms(f" sales={SALES}, support={SUPPORT}", default_id=MAIN) == {"sales": SALES, "support": SUPPORT}


@pytest.mark.parametrize(("text", "complaint"), UNREADABLE + SEEN_ONLY_HERE)
def test_rooms_that_no_stack_can_have_are_refused_with_a_reason(text: str, complaint: str) -> None:
    with pytest.raises(InvalidRooms, match=complaint):
        read_rooms(text, default_id=MAIN)


def test_the_template_takes_and_refuses_the_same() -> None:
    rooms = template()["Parameters"]["Rooms"]

    def is_taken(text: str) -> bool:
        return len(text) <= rooms["MaxLength"] and re.search(rooms["AllowedPattern"], text) is not None

    assert [text for text, _ in READABLE if not is_taken(text)] == []
    assert [text for text, _ in UNREADABLE if is_taken(text)] == []


def test_a_variable_that_names_no_rooms_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (plain_environment() | {"GIOSG_ROOMS": f"sales={SALES},sales={SUPPORT}"}).items():
        monkeypatch.setenv(name, value)
    wiring.reset()

    with pytest.raises(InvalidSetting, match="GIOSG_ROOMS has sales twice"):
        wiring.rooms()

    wiring.reset()
