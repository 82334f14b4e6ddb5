"""The visitors of a run: what they ask for, what they are answered, and what they have read."""

from dataclasses import dataclass, field
from typing import Any

from tests.aws import Reply
from tests.toolkit.simulation import last_reason

REFUSALS = frozenset({"chat_ended", "chat_not_found", "no_agents_online", "agents_online", "too_many_held"})
PASSING = frozenset({502, 503, 504})
"""What a visitor may be answered while something is wrong; the same request can then be made again."""
DONE = frozenset({200, 201, 202})
NOBODY_THERE = "no_agents_online"


@dataclass(eq=False)
class Person:
    """Somebody with a browser: nobody to us until a start is answered."""

    token: str | None = None
    visitor_id: str | None = None


@dataclass(eq=False)
class Wish:
    """A call that a person makes, once or more often, until the answer is clear. `chat_id` is None for a start."""

    person: Person
    body: dict[str, Any]
    chat_id: str | None = None
    key: str | None = None
    token: str | None = None
    replies: list[Reply] = field(default_factory=list)
    unanswered: int = 0

    @property
    def is_start(self) -> bool:
        return self.chat_id is None

    @property
    def begins_chat(self) -> bool:
        """Tell whether it leads to a chat of its own."""
        return self.is_start

    @property
    def room(self) -> str:
        """Return the room of a start."""
        return str(self.body.get("room", "default"))

    @property
    def is_repeatable(self) -> bool:
        return self.key is not None if self.is_start else "client_message_id" in self.body

    @property
    def success(self) -> Any | None:
        """Return the last answer that said that it was done."""
        done = [reply.json for reply in self.replies if reply.status in DONE]
        return done[-1] if done else None

    @property
    def is_refused(self) -> bool:
        """Tell whether the last answer was a refusal that lasts: agents who are not there will come."""
        last = self.replies[-1] if self.replies else None
        return last is not None and last.status in {404, 409} and last.json["code"] != NOBODY_THERE

    @property
    def is_unclear(self) -> bool:
        """Tell whether it may have been done without an answer that said so."""
        return not self.success and (self.unanswered > 0 or any(reply.status in PASSING for reply in self.replies))

    def was_told(self, code: str) -> bool:
        return any(reply.status not in DONE and reply.json["code"] == code for reply in self.replies)

    @property
    def text(self) -> str | None:
        text: str | None = self.body.get("message")
        return text

    @property
    def where(self) -> str | None:
        """Return the chat that it is about, once that is known."""
        return self.chat_id or (self.success["chat"]["id"] if self.success else None)

    def answered(self, reply: Reply | None) -> None:
        """Take in an answer, None for none at all, and check that it fits in with those before."""
        if reply is None:
            self.unanswered += 1
            return
        self.replies.append(reply)
        if reply.status in DONE:
            self._done(reply.json)
        else:
            is_known = reply.status in PASSING or reply.json["code"] in REFUSALS
            assert is_known, f"{self.body} was answered {reply.text}: {last_reason()}"

    def _done(self, answer: Any) -> None:
        if not self.is_start:
            assert answer["message"] == self.text or answer["is_removed"] or answer["message"] is None
            return
        firsts = {reply.json["chat"]["id"] for reply in self.replies if reply.status in DONE}
        assert len(firsts) == 1, f"one start has made the chats {firsts}"
        assert answer["chat"]["room"] == self.room, "a chat was started in another room"
        self._introduced(answer)

    def _introduced(self, answer: Any) -> None:
        assert self.person.visitor_id in {None, answer["visitor"]["id"]}, "one person has become two visitors"
        assert ("visitor_token" in answer) == (self.token is None)
        self.person.visitor_id = answer["visitor"]["id"]
        self.person.token = answer.get("visitor_token", self.person.token)


@dataclass(eq=False)
class Reader:
    """Follows the cursor of a chat, and keeps what it last saw of each message."""

    person: Person
    chat_id: str
    cursor: str | None = None
    seen: dict[str, Any] = field(default_factory=dict)
    chat: Any = None
    is_reading: bool = False
    has_more: bool = True

    def query(self, limit: int) -> dict[str, str]:
        return {"limit": str(limit)} | ({"after": self.cursor} if self.cursor else {})

    def answered(self, reply: Reply | None) -> None:
        self.is_reading = False
        if reply is None or reply.status != 200:
            assert reply is None or reply.status in {*PASSING, 404}, f"a read was answered {reply.status} {reply.text}"
            return
        answer = reply.json
        for message in answer["messages"]:
            before = self.seen.get(message["id"], message)
            assert message["is_removed"] or not before["is_removed"], "a removed message came back"
            assert message["sequence"] == before["sequence"], "a message has moved among those of its instant"
            self.seen[message["id"]] = message
        ended = self.chat is not None and self.chat["status"] == "ended"
        assert not ended or answer["chat"]["status"] == "ended", "an ended chat was seen open again"
        self.chat, self.cursor, self.has_more = answer["chat"], answer["next"], answer["has_more"]


def check_end(reply: Reply | None) -> None:
    """Check what a visitor is answered who ends a chat."""
    if reply is not None and reply.status == 200:
        assert reply.json["status"] == "ended", "an ended chat goes on"
    else:
        assert reply is None or reply.status in {*PASSING, 404}, f"an end was answered {reply.status} {reply.text}"
