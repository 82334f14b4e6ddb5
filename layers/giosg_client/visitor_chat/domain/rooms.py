"""The rooms of a stack: those rooms of the organisation in which its visitors chat, and what they are called."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from giosg_client.identifiers import is_uuid

DEFAULT_NAME = "default"
MOST_ROOMS = 50
LONGEST_NAME = 32
LONGEST_TEXT = 2000
"""All variables share 4 KB: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html."""
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


class InvalidRooms(ValueError):
    """A text names no rooms that a stack can have; the message says why, and goes on from the name of the text."""


def read_rooms(text: str, *, default_id: str) -> dict[str, str]:
    """Return the ids of rooms by their names, from `name=id,name=id`; raise InvalidRooms.

    This is the one rule of what rooms a stack can have. The default room may be among them, under a name of its own.
    """
    entries = [each.strip().partition("=") for each in text.split(",") if each.strip()]
    pairs = [(name, room_id) for name, _, room_id in entries]
    if complaint := next(_complaints(text, pairs, default_id), None):
        raise InvalidRooms(complaint)
    return dict(pairs)


def _complaints(text: str, pairs: list[tuple[str, str]], default_id: str) -> Iterator[str]:
    names, ids = [name for name, _ in pairs], [room_id for _, room_id in pairs]
    if len(pairs) > MOST_ROOMS:
        yield f"names more than {MOST_ROOMS} rooms"
    if len(text) > LONGEST_TEXT:
        yield f"is longer than {LONGEST_TEXT} characters: shorter names help"
    yield from (complaint for name, room_id in pairs if (complaint := _complaint(name, room_id)))
    yield from (f"has {each} twice" for each in (*names, *ids) if (*names, *ids).count(each) > 1)
    if DEFAULT_NAME in names and default_id not in ids:
        yield f"gives a further room the name {DEFAULT_NAME}, which the default room has: name one of them otherwise"


def _complaint(name: str, room_id: str) -> str | None:
    if not (name and room_id):
        return "must be name=UUID, separated by commas"
    if len(name) > LONGEST_NAME or not _LETTERS.issuperset(name):
        return f"has the name {name!r}: a name is 1 to {LONGEST_NAME} small letters, digits and hyphens"
    return None if is_uuid(room_id) else f"gives {name} the id {room_id!r}, which is not a UUID in small letters"


class Room(NamedTuple):
    """A room: its name in this stack, and Giosg's id of it."""

    name: str
    id: str


class Rooms:
    """The default room, and others by their names. The default is called `default` unless `others` names it too."""

    def __init__(self, default_id: str, others: Mapping[str, str]) -> None:
        rooms = [Room(name, room_id) for name, room_id in others.items()]
        named = next((room for room in rooms if room.id == default_id), None)
        self.default = named or Room(DEFAULT_NAME, default_id)
        self._by_name = {room.name: room for room in (self.default, *rooms)}
        self._by_id = {room.id: room for room in self._by_name.values()}

    def __iter__(self) -> Iterator[Room]:
        """Go over all rooms, the default one first."""
        return iter(self._by_name.values())

    def named(self, name: str) -> Room | None:
        return self._by_name.get(name)

    def with_id(self, room_id: str | None) -> Room | None:
        """Return the room that a stored chat was started in; None when the stack has it no longer.

        A chat that was stored before the stack had several rooms names none, and is of the default one.
        """
        return self.default if room_id is None else self._by_id.get(room_id)

    def has(self, room_id: str | None) -> bool:
        """Tell whether an id of Giosg's is one of this stack's rooms."""
        return room_id in self._by_id

    def name_of(self, room_id: str | None) -> str | None:
        """Return what the room of a stored chat is called; None when the stack has it no longer."""
        room = self.with_id(room_id)
        return room.name if room else None
