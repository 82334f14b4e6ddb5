"""One run of a plan: everything that it says happens to the stack, in its order."""

import json
from datetime import timedelta
from typing import Any

from tests.aws import WEBHOOK_SECRET, Reply, http_event
from tests.proof.agents import Agents
from tests.proof.invocations import Invocations, reply_of
from tests.proof.people import Person, Reader, Wish, check_end, new_message_id
from tests.proof.plan import (
    Again,
    Agent,
    Deliver,
    DeliverTwo,
    End,
    Event,
    Foreign,
    Invocation,
    Lose,
    Plan,
    Read,
    Send,
    Start,
    Sync,
    Turns,
    Twice,
    Wait,
)  # fmt: skip
from tests.proof.post import Letter, Post
from tests.proof.scheduling import Task
from tests.proof.stack import Stack

from visitor_chat import telemetry

SYNC_LIFETIME = timedelta(seconds=60)
MOST_AT_ONCE = 6
UNDISTURBED = Invocation(steps=1000)
WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "SendMessage"})


class Run:
    """The state of a run: the people, the post, the invocations under way."""

    def __init__(self, stack: Stack, plan: Plan) -> None:
        stack.clear(clock_skew=timedelta(seconds=plan.skew_seconds))
        self.stack = stack
        self.plan = plan
        self.people: list[Person] = []
        self.wishes: list[Wish] = []
        self.readers: dict[str, Reader] = {}
        self._watched: dict[Reader, int | None] = {}
        self.post = Post(stack.giosg, stack.scheduler, stack.faults.counts)
        self.agents = Agents(stack)
        self.invocations = Invocations(stack.scheduler)
        stack.faults.queued.clear()
        stack.giosg.world.listeners[1:] = [self.post.receive]

    def play(self) -> None:
        """Let everything happen; some invocations may still be under way afterwards."""
        for event in self.plan.events:
            self.happen(event)
            if len(self.invocations.under_way) > MOST_AT_ONCE:
                self.finish()

    def happen(self, event: Event) -> None:
        """Let one event of a plan happen, and the readers read what it has changed."""
        self._happen(event)
        self.watch()
        self.invocations.settle()

    def finish(self) -> None:
        """Let every invocation that is under way come to its end."""
        self.stack.scheduler.run()
        self.invocations.settle()

    def _happen(self, event: Event) -> None:  # noqa: C901, PLR0912 - one case for each kind of event
        match event:
            case Start():
                self._start(event)
            case Send() if self.chats:
                self._send(event)
            case Again() if repeatable := [wish for wish in reversed(self.wishes) if wish.is_repeatable]:
                self.ask(repeatable[event.which % len(repeatable)], event.how)
            case Twice() if self.chats or isinstance(event.what, Start):
                self._happen(event.what)
                self.ask(self.wishes[-1], event.again)
                self.take_turns(event.picks)
            case Read() if self.chats:
                self.read(self.reader(self._chat(event.chat)), event.limit, event.how)
            case End() if self.chats:
                self._end(*self._chat(event.chat), event.how)
            case Agent():
                self.agents.do(event.deed, event.chat, event.message)
            case Foreign():
                giosg = self.stack.giosg
                giosg.website_visitor.start_chat("said elsewhere", room_id=giosg.room_id if event.is_our_room else None)
            case Deliver():
                if letter := self.post.take(event.which, is_kept=event.is_kept):
                    self.deliver(letter, event.how)
            case DeliverTwo():
                if letters := self.post.take_pair(event.which):
                    self.deliver(letters[0], event.how)
                    self.deliver(letters[1], event.other)
                    self.take_turns(event.picks)
            case Lose():
                self.post.lose(event.which)
            case Sync():
                (self.sweep if event.is_sweep else self.repair)(event.how)
            case Wait():
                self.stack.scheduler.now += timedelta(seconds=event.seconds)
            case Turns():
                self.take_turns(event.picks)

    def take_turns(self, picks: tuple[int, ...]) -> None:
        """Let what is under way make steps, and the readers read whatever these change."""
        for pick in picks:
            self.invocations.take_turn(pick)
            self.watch()

    @property
    def chats(self) -> dict[str, Person]:
        """The chats that people know that they have."""
        return {wish.where: wish.person for wish in self.wishes if wish.is_start and wish.where}

    def _chat(self, number: int) -> tuple[str, Person]:
        chats = list(self.chats.items())
        return chats[number % len(chats)]

    def _start(self, event: Start) -> None:
        known = [person for person in self.people if person.token]
        person = known[event.who - 1] if 0 < event.who <= len(known) else Person()
        if person not in self.people:
            self.people.append(person)
        body: dict[str, Any] = {"visitor_name": "Aino"}
        if event.text is not None:
            body |= {"message": f"text {event.text}"}
            body |= {"client_message_id": new_message_id()} if event.has_message_id else {}
        key = f"key-after-{len(self.wishes)}-wishes" if event.has_key else None
        wish = Wish(person=person, body=body, key=key, token=person.token)
        self.wishes.append(wish)
        self.ask(wish, event.how)

    def _send(self, event: Send) -> None:
        chat_id, person = self._chat(event.chat)
        body = {"message": f"text {event.text}"}
        body |= {"client_message_id": new_message_id()} if event.has_message_id else {}
        wish = Wish(person=person, body=body, chat_id=chat_id)
        self.wishes.append(wish)
        self.ask(wish, event.how)

    def ask(self, wish: Wish, how: Invocation) -> None:
        """Make somebody's call, for the first time or again."""
        if wish.is_start:
            headers = {"idempotency-key": wish.key} if wish.key else {}
            event = http_event("POST", "/chats", body=wish.body, token=wish.token, headers=headers)
            self.invocations.begin("start_chat", event, how, lambda answer: wish.answered(reply_of(answer)))
        else:
            path = f"/chats/{wish.chat_id}/messages"
            event = http_event("POST", path, body=wish.body, token=wish.person.token)
            self.invocations.begin("send_message", event, how, lambda answer: wish.answered(reply_of(answer)))

    def watch(self) -> None:
        """Let a reader read each chat whenever it has changed, in the middle of whatever is under way."""
        seqs = self.stack.seqs()
        for chat in self.chats.items():
            reader = self.reader(chat)
            if seqs.get(chat[0]) != self._watched.get(reader) and not reader.is_reading:
                self._watched[reader] = seqs.get(chat[0])
                self.read(reader, 50, UNDISTURBED)
                self.invocations.settle()

    def _end(self, chat_id: str, person: Person, how: Invocation) -> None:
        event = http_event("POST", f"/chats/{chat_id}/end", token=person.token)
        self.invocations.begin("end_chat", event, how, lambda answer: check_end(reply_of(answer)))

    def reader(self, chat: tuple[str, Person]) -> Reader:
        return self.readers.setdefault(chat[0], Reader(chat[1], chat[0]))

    def read(self, reader: Reader, limit: int, how: Invocation) -> None:
        """Let a reader read the next page, unless it is reading already."""
        if reader.is_reading:
            return
        reader.is_reading = True
        path = f"/chats/{reader.chat_id}/messages"
        event = http_event("GET", path, token=reader.person.token, query=reader.query(limit))
        self.invocations.begin("list_messages", event, how, lambda answer: reader.answered(reply_of(answer)))

    def deliver(self, letter: Letter, how: Invocation) -> None:
        """Deliver a notification; Giosg tries again when it is not taken."""
        path, query = f"/giosg_webhooks/{letter.kind}", {"secret": WEBHOOK_SECRET}
        task = self.invocations.begin(
            f"webhook_{letter.kind}",
            http_event("POST", path, body=json.dumps(letter.body), query=query),
            how,
            lambda answer: self._delivered(letter, task, reply_of(answer)),
        )

    def _delivered(self, letter: Letter, task: Task, reply: Reply | None) -> None:
        if reply is None or reply.status == 503:
            self.post.put_back(letter)
        else:
            assert reply.status == 204, f"a webhook was answered {reply.text}: {telemetry._facts.get('reason')}"
        if letter.room_id != self.stack.giosg.room_id:
            did = [point for point in task.passed if point.kind in {"giosg", "queue"} or point.name in WRITES]
            assert not did, f"a foreign chat cost {did}"

    def sweep(self, how: Invocation) -> None:
        self.invocations.begin("sync_chats", {}, how, lifetime=SYNC_LIFETIME)

    def repair(self, how: Invocation) -> None:
        """Hand the repair queue's chats to the function; those that it does not manage come again."""
        queued = self.stack.faults.queued
        chats, queued[:] = dict(enumerate(queued)), []
        if not chats:
            return
        records = [{"messageId": str(n), "body": json.dumps({"chat_id": chat})} for n, chat in chats.items()]

        def settle(answer: Any) -> None:
            failed = [int(each["itemIdentifier"]) for each in answer["batchItemFailures"]] if answer else list(chats)
            queued.extend(chats[number] for number in failed)

        self.invocations.begin("sync_chats", {"Records": records}, how, settle, lifetime=SYNC_LIFETIME)
