"""What visitors do in a run: they start chats, send, leave messages and take them back, and ask again."""

import random
from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from tests.aws import http_event
from tests.proof import plan
from tests.proof.held import Hold
from tests.proof.invocations import Invocations, reply_of
from tests.proof.people import Person, Wish, check_end
from tests.proof.plan import Invocation

from visitor_chat.store.held_messages import MOST_HELD

UNDISTURBED = Invocation(steps=1000)


class Visitors:
    """All people of a run, and all that they have asked for."""

    def __init__(self, invocations: Invocations, rooms: Mapping[str, str]) -> None:
        self.people: list[Person] = []
        self.wishes: list[Wish] = []
        self._invocations = invocations
        self._rooms = list(rooms)
        self._browsers = random.Random("browsers")  # noqa: S311 - it must be the same again

    @property
    def chats(self) -> dict[str, Person]:
        """The chats that people know that they have."""
        return {wish.where: wish.person for wish in self.wishes if wish.begins_chat and wish.where}

    @property
    def held(self) -> list[Hold]:
        return [wish for wish in self.wishes if isinstance(wish, Hold)]

    def chat(self, number: int) -> tuple[str, Person]:
        chats = list(self.chats.items())
        return chats[number % len(chats)]

    def _person(self, who: int) -> Person:
        known = [person for person in self.people if person.token]
        person = known[who - 1] if 0 < who <= len(known) else Person()
        if person not in self.people:
            self.people.append(person)
        return person

    def _in_room(self, number: int) -> dict[str, str]:
        return {"room": self._rooms[number]} if number else {}

    def _new_message_id(self) -> str:
        return str(UUID(int=self._browsers.getrandbits(128), version=4))

    def start(self, event: plan.Start) -> None:
        person = self._person(event.who)
        body: dict[str, Any] = {"visitor_name": "Aino"} | self._in_room(event.room)
        if event.text is not None:
            body |= {"message": f"text {event.text}"}
            body |= {"client_message_id": self._new_message_id()} if event.has_message_id else {}
        key = f"key-after-{len(self.wishes)}-wishes" if event.has_key else None
        self._wish(Wish(person=person, body=body, key=key, token=person.token), event.how)

    def send(self, event: plan.Send) -> None:
        chat_id, person = self.chat(event.chat)
        body = {"message": f"text {event.text}"}
        body |= {"client_message_id": self._new_message_id()} if event.has_message_id else {}
        self._wish(Wish(person=person, body=body, chat_id=chat_id), event.how)

    def hold(self, event: plan.Hold) -> None:
        person = self._person(event.who)
        body = {
            "message": f"left {len(self.wishes)}",
            "client_message_id": self._new_message_id(),
            "visitor_name": "Aino",
        }
        self._wish(Hold(person=person, body=body | self._in_room(event.room), token=person.token), event.how)

    def _wish(self, wish: Wish, how: Invocation) -> None:
        self.wishes.append(wish)
        self.ask(wish, how)

    def ask(self, wish: Wish, how: Invocation) -> None:
        """Make somebody's call, for the first time or again."""
        function, path, token, headers = "start_chat", "/chats", wish.token, {}
        if isinstance(wish, Hold):
            function, path = "hold_message", "/held_messages"
        elif wish.chat_id is not None:
            function, path, token = "send_message", f"/chats/{wish.chat_id}/messages", wish.person.token
        elif wish.key:
            headers = {"idempotency-key": wish.key}
        event = http_event("POST", path, body=wish.body, token=token, headers=headers)
        self._invocations.begin(function, event, how, lambda answer: self._answered(wish, answer))

    def _answered(self, wish: Wish, answer: Any) -> None:
        wish.answered(reply_of(answer))
        others = [each for each in self.held if each.person is wish.person and each is not wish]
        if wish.was_told("too_many_held"):
            assert sum(not each.is_refused for each in others) >= MOST_HELD, "fewer wait than may"

    def withdraw(self, wish: Hold, how: Invocation) -> None:
        event = http_event("DELETE", f"/held_messages/{wish.id}", token=wish.person.token)
        self._invocations.begin("held_messages", event, how, lambda answer: wish.answered_withdrawal(reply_of(answer)))

    def look_at_held(self) -> None:
        """Let those look who wait for what becomes of their messages."""
        for person in dict.fromkeys(wish.person for wish in self.held if wish.is_held):
            known = [wish for wish in self.held if wish.person is person and wish.success]
            event = http_event("GET", "/held_messages", token=person.token)
            self._invocations.begin("held_messages", event, UNDISTURBED, partial(_saw, known))

    def end(self, event: plan.End) -> None:
        chat_id, person = self.chat(event.chat)
        path = f"/chats/{chat_id}/end"
        self._invocations.begin(
            "end_chat",
            http_event("POST", path, token=person.token),
            event.how,
            lambda answer: check_end(reply_of(answer)),
        )


def _saw(known: list[Hold], answer: Any) -> None:
    """Take in what is shown of messages of which it was known, when it was asked for, that they are held."""
    reply = reply_of(answer)
    assert reply is not None
    assert reply.status == 200, f"a look at held messages was answered {reply.text}"
    shown = {each["id"]: each for each in reply.json["held_messages"]}
    for wish in known:
        assert wish.id in shown, "a held message is lost"
        wish.saw(shown[wish.id])
