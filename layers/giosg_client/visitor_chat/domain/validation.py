"""Validation of input fields: every refused field is named, and nothing hostile gets past here."""

import re
from collections.abc import Mapping
from typing import Any

from visitor_chat.domain.errors import FieldError, InvalidRequest
from visitor_chat.domain.invisible import shows_nothing
from visitor_chat.domain.records import Press
from visitor_chat.domain.rooms import Room, Rooms

LONGEST_NAME = 100
LONGEST_ID = 200
"""Of what others have made up: attachments and actions."""
LONGEST_MESSAGE = 2000
"""Giosg's limit in characters; counted here in UTF-16 units, the stricter way."""
MOST_VARIABLES = 20
LONGEST_VARIABLE_KEY = 100
LONGEST_VARIABLE = 500
SHORTEST_IDEMPOTENCY_KEY = 8
"""Whoever knows an anonymous visitor's key gets their session: a short one could be guessed."""
LONGEST_IDEMPOTENCY_KEY = 255

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+")
_FORBIDDEN = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")
"""What breaks or turns the line that a name is shown in, at agents' too; right-to-left letters need none of it."""


def is_uuid(value: str) -> bool:
    return _UUID.fullmatch(value) is not None


def one_form(identifier: str) -> str:
    """Return an id as it is compared: a UUID in small letters, and what is none as it is."""
    return identifier.lower() if is_uuid(identifier) else identifier


class Fields:
    """Collects what is wrong with the fields of one request, so that all of it is told at once.

    `path` is where in the request they are, and `errors` what the fields around them have collected.
    """

    def __init__(self, values: Mapping[str, Any], *, path: str = "", errors: list[FieldError] | None = None) -> None:
        self._values = values
        self._path = path
        self._errors = [] if errors is None else errors

    def check(self) -> None:
        """Raise InvalidRequest if any field was refused."""
        if self._errors:
            raise InvalidRequest(self._errors)

    def text(self, name: str, *, longest: int, is_required: bool = False) -> str | None:
        """Read a text of 1 to `longest` UTF-16 units that says something; null is the same as absent."""
        value = self._values.get(name)
        if value is None and not is_required:
            return None
        problem = "is required" if value is None else _text_problem(value, longest)
        if problem:
            self.refuse(name, problem)
            return None
        return str(value)

    def name(self, name: str) -> str | None:
        """Read a person's name: a text without control characters, and without space around it."""
        value = self.text(name, longest=LONGEST_NAME)
        return _CONTROL.sub(" ", value).strip() if value else None

    def uuid(self, name: str, *, is_required: bool = False) -> str | None:
        """Read a UUID in its one form, small letters, whichever it came in."""
        value = self._values.get(name)
        if isinstance(value, str) and is_uuid(value):
            return value.lower()
        if value is not None or is_required:
            self.refuse(name, "is required" if value is None else "must be a UUID")
        return None

    def room(self, name: str, rooms: Rooms) -> Room:
        """Read the name of a room; absent it is the default one."""
        value = self._values.get(name)
        if value is None:
            return rooms.default
        room = rooms.named(value) if isinstance(value, str) else None
        if room is None:
            self.refuse(name, "is not the name of a room of this stack")
        return room or rooms.default

    def within(self, name: str, *, is_required: bool = False) -> "Fields | None":
        """Read the fields of an object: what is wrong with them is told with the rest. Null is the same as absent."""
        value = self._values.get(name)
        if value is None and not is_required:
            return None
        if value is None:
            self.refuse(name, "is required")
            return None
        if not isinstance(value, dict):
            self.refuse(name, "must be an object")
            return None
        return Fields(value, path=f"{self._path}{name}.", errors=self._errors)

    def press(self, name: str) -> Press | None:
        """Read which button is pressed: a message's id, and what the message calls its attachment and its action."""
        parts = self.within(name)
        if parts is None:
            return None
        message_id = parts.uuid("message_id", is_required=True)
        attachment_id = parts.text("attachment_id", longest=LONGEST_ID, is_required=True)
        action_id = parts.text("action_id", longest=LONGEST_ID, is_required=True)
        if message_id is None or attachment_id is None or action_id is None:
            return None
        return Press(message_id=message_id, attachment_id=attachment_id, action_id=action_id)

    def one_of(self, *names: str) -> None:
        """Refuse all of these fields, or none of them: just one must be there."""
        given = [name for name in names if self._values.get(name) is not None]
        if not given:
            self.refuse(names[0], f"is required, or {' or '.join(names[1:])}")
        for name in given[1:]:
            self.refuse(name, f"must not come with {given[0]}")

    def texts(self, name: str) -> dict[str, str]:
        """Read an object of texts."""
        value = self._values.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict) or len(value) > MOST_VARIABLES:
            self.refuse(name, f"must be an object of at most {MOST_VARIABLES} texts")
            return {}
        for key, text in value.items():
            if _text_problem(key, LONGEST_VARIABLE_KEY):
                self.refuse(name, f"keys must be texts of 1 to {LONGEST_VARIABLE_KEY} characters")
            elif problem := _text_problem(text, LONGEST_VARIABLE):
                self.refuse(f"{name}.{key}", problem)
        return value

    def idempotency_key(self, name: str) -> str | None:
        value = self._values.get(name)
        if value is None:
            return None
        is_fit = SHORTEST_IDEMPOTENCY_KEY <= len(value) <= LONGEST_IDEMPOTENCY_KEY and _VISIBLE_ASCII.fullmatch(value)
        expected = f"must be {SHORTEST_IDEMPOTENCY_KEY} to {LONGEST_IDEMPOTENCY_KEY} visible ASCII characters"
        if not is_fit:
            self.refuse(name, f"{expected}; a random UUID is best")
        return str(value)

    def limit(self, name: str, *, default: int, highest: int) -> int:
        """Read a page size from a query string."""
        value = self._values.get(name)
        if value is None:
            return default
        if re.fullmatch(r"[0-9]{1,4}", value) and 1 <= int(value) <= highest:
            return int(value)
        self.refuse(name, f"must be a whole number from 1 to {highest}")
        return default

    def refuse(self, field: str, message: str) -> None:
        self._errors.append(FieldError(f"{self._path}{field}", message))


def _text_problem(value: Any, longest: int) -> str | None:
    if not isinstance(value, str):
        return "must be a string"
    if _FORBIDDEN.search(value):
        return "must not contain NUL or unpaired surrogates"
    if len(value.encode("utf-16-le")) // 2 > longest:
        return f"must be at most {longest} characters"
    return "must say something" if shows_nothing(value) else None
