"""The webhooks that are under way from Giosg: what happened, in the order in which it did, until it is delivered."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from local.giosg import SimulatedGiosg
from local.giosg.state.changes import endpoint_kind
from local.giosg.state.world import Change
from local.giosg.webhooks.notifications import body_of
from tests.toolkit.scheduling import Scheduler, Task

LATE = timedelta(seconds=60)


@dataclass(eq=False)
class Letter:
    """A notification. One that tells of an ended chat may come late and often, but comes: nobody looks for it."""

    number: int
    kind: str
    body: dict[str, Any]
    chat_id: str
    room_id: str
    sent_at: datetime
    must_come: bool
    deliveries: int = 0


class Post:
    """Collects what Giosg has to tell, and counts what becomes of it."""

    def __init__(self, giosg: SimulatedGiosg, scheduler: Scheduler, counts: Counter[str]) -> None:
        self.letters: list[Letter] = []
        self.created: list[dict[str, Any]] = []
        """Every message that was ever made at Giosg."""
        self.chats_made: dict[str, Task] = {}
        """Every chat that was ever made by a call, not by somebody on the website, and the invocation that called."""
        self._giosg = giosg
        self._scheduler = scheduler
        self._counts = counts
        self.rooms: dict[str, str] = {}
        """The rooms' ids of all chats that there ever were."""
        self._ended: set[str] = set()
        self._latest_delivered = 0
        self._number = 0

    def receive(self, change: Change) -> None:
        """Take in what has just happened; called by the simulated Giosg."""
        if change.channel.endswith("/memberships"):
            return
        body = body_of(change)
        chat_id = change.channel.split("/")[-2] if change.channel.endswith("/messages") else change.resource_id
        if (chat := self._giosg.world.chats.get(chat_id)) is not None:
            self.rooms[chat_id] = chat.room_id
        self._number += 1
        self.letters.append(
            Letter(
                number=self._number,
                kind=endpoint_kind(change),
                body=body,
                chat_id=chat_id,
                room_id=self.rooms[chat_id],
                sent_at=self._scheduler.now,
                must_come=chat_id in self._ended,
            ),
        )
        if chat is not None and chat.is_ended:
            self._ended.add(chat_id)
        if change.action == "added" and change.channel.endswith("/messages"):
            self.created.append(body["resource"])
        if change.action == "added" and change.resource_id == chat_id and self._scheduler.current is not None:
            self.chats_made[chat_id] = self._scheduler.current.root

    def has_chat(self, chat_id: str | None) -> bool:
        return chat_id in self._giosg.world.chats

    def take(self, which: int, *, is_kept: bool) -> Letter | None:
        """Take a letter out to deliver it; one that is kept comes again."""
        if not self.letters:
            return None
        letter = self.letters[which % len(self.letters)]
        if not is_kept:
            self.letters.remove(letter)
        self._count(letter, is_kept=is_kept)
        return letter

    def take_last(self, action: str, kind: str = "messages") -> Letter:
        """Take the newest letter out that tells of this kind of thing that this was done to it."""
        letter = [each for each in self.letters if (each.kind, each.body["action"]) == (kind, action)][-1]
        self.letters.remove(letter)
        self._count(letter, is_kept=False)
        return letter

    def take_pair(self, which: int) -> tuple[Letter, Letter] | None:
        """Take two letters out that tell of the same thing, to deliver them at once; where there is one, twice."""
        letter = self.take(which, is_kept=False)
        if letter is None:
            return None
        about = letter.body["resource_id"]
        same = [number for number, each in enumerate(self.letters) if each.body["resource_id"] == about]
        other = self.take(same[which % len(same)], is_kept=False) if same else letter
        return letter, other or letter

    def _count(self, letter: Letter, *, is_kept: bool) -> None:
        letter.deliveries += 1
        if is_kept or letter.deliveries > 1:
            self._counts["webhook: repeated"] += 1
        if letter.number < self._latest_delivered:
            self._counts["webhook: overtaken"] += 1
        if self._scheduler.now - letter.sent_at > LATE:
            self._counts["webhook: late"] += 1
        if self._scheduler.tasks:
            self._counts["webhook: beside others"] += 1
        self._latest_delivered = max(self._latest_delivered, letter.number)

    def put_back(self, letter: Letter) -> None:
        """Let a letter come again that was not taken."""
        if letter not in self.letters:
            self.letters.append(letter)

    def lose(self, which: int) -> None:
        """Let a letter never come, if it is one that may be lost."""
        lost = [letter for letter in self.letters if not letter.must_come]
        if lost:
            self.letters.remove(lost[which % len(lost)])
            self._counts["webhook: lost"] += 1

    def lose_all(self) -> None:
        while any(not letter.must_come for letter in self.letters):
            self.lose(0)
