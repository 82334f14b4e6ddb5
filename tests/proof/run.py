"""One run of a plan: everything that it says happens to the stack, in its order."""

from datetime import timedelta
from typing import Any

from tests.aws import Reply, http_event, webhook_event
from tests.proof.agents import Agents
from tests.proof.invocations import Invocations, reply_of
from tests.proof.people import Person, Reader
from tests.proof.plan import (
    Again,
    Agent,
    Deliver,
    DeliverHeld,
    DeliverTwo,
    Doors,
    End,
    Event,
    Foreign,
    Hold,
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
    Withdraw,
)  # fmt: skip
from tests.proof.post import Letter, Post
from tests.proof.visitors import UNDISTURBED, Visitors
from tests.toolkit.scheduling import Task
from tests.toolkit.simulation import Stack, last_reason

from visitor_chat import wiring

SYNC_LIFETIME = timedelta(seconds=60)
ANSWER_LASTS = timedelta(seconds=10)
"""How long it is believed whether a room is online."""
MOST_AT_ONCE = 6
WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "SendMessage"})


class Run:
    """The state of a run: the people, the post, the invocations under way."""

    def __init__(self, stack: Stack, plan: Plan) -> None:
        stack.clear(clock_skew=timedelta(seconds=plan.skew_seconds))
        self.stack = stack
        self.plan = plan
        self.rooms = {"default": stack.giosg.room_id, **stack.giosg.rooms}
        """Giosg's ids of the stack's rooms, by their names."""
        self.ever_closed: set[str] = set()
        """The names of those rooms in which there was nobody at some time."""
        self.readers: dict[str, Reader] = {}
        self._watched: dict[Reader, int | None] = {}
        self.post = Post(stack.giosg, stack.scheduler, stack.faults.counts)
        self.agents = Agents(stack, set(self.rooms.values()))
        self.invocations = Invocations(stack.scheduler)
        self.visitors = Visitors(self.invocations, self.rooms)
        self.held_deliveries: list[Task] = []
        self.most_held_in_a_room = wiring.settings().held_messages_per_minute
        stack.faults.queued.clear()
        stack.faults.handed_over.clear()
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
        """Let every invocation that is under way come to its end, and those that follow from what they answer."""
        while self.invocations.under_way:
            self.stack.scheduler.run()
            self.invocations.settle()

    def _happen(self, event: Event) -> None:  # noqa: C901, PLR0912 - one case for each kind of event
        visitors = self.visitors
        match event:
            case Start():
                visitors.start(event)
            case Hold():
                self._hold(event)
            case Send() if visitors.chats:
                visitors.send(event)
            case Again() if repeatable := [wish for wish in reversed(visitors.wishes) if wish.is_repeatable]:
                visitors.ask(repeatable[event.which % len(repeatable)], event.how)
            case Twice() if visitors.chats or not isinstance(event.what, Send):
                self._happen(event.what)
                visitors.ask(visitors.wishes[-1], event.again)
                self.take_turns(event.picks)
            case Withdraw() if held := [wish for wish in reversed(visitors.held) if wish.success]:
                visitors.withdraw(held[event.which % len(held)], event.how)
            case Read() if visitors.chats:
                self.read(self.reader(visitors.chat(event.chat)), event.limit, event.how)
            case End() if visitors.chats:
                visitors.end(event)
            case Agent():
                self.agents.do(event.deed, event.chat, event.message)
            case Foreign():
                room_id = None if event.room is None else [*self.rooms.values()][event.room]
                self.stack.giosg.website_visitor.start_chat("said elsewhere", room_id=room_id)
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
            case DeliverHeld():
                self._deliver_held_later(event)
            case Doors():
                self.set_doors(event.room, are_open=event.are_open)
            case Wait():
                self.stack.scheduler.now += timedelta(seconds=event.seconds)
            case Turns():
                self.take_turns(event.picks)

    def set_doors(self, room: int, *, are_open: bool) -> None:
        """Let all agents of a room come, or go."""
        name, room_id = [*self.rooms.items()][room]
        self.ever_closed |= set() if are_open else {name}
        for agent in self.stack.giosg.agents_of(room_id):
            (agent.go_online if are_open else agent.go_offline)()

    def _hold(self, event: Hold) -> None:
        if event.has_closed:
            self.set_doors(event.room, are_open=False)
            self.stack.scheduler.now += ANSWER_LASTS
        self.visitors.hold(event)

    def _deliver_held_later(self, event: DeliverHeld) -> None:
        for room in event.opened:
            self.set_doors(room, are_open=True)
        self.stack.scheduler.now += timedelta(seconds=event.seconds)
        self.deliver_held(event.how)

    def deliver_held(self, how: Invocation) -> None:
        """Let the schedule call for held messages, whose visitors look then what has become of them."""
        task = self.invocations.begin("deliver_held_messages", {}, how, lambda _answer: self.visitors.look_at_held())
        self.held_deliveries.append(task)

    def take_turns(self, picks: tuple[int, ...]) -> None:
        """Let what is under way make steps, and the readers read whatever these change."""
        for pick in picks:
            self.invocations.take_turn(pick)
            self.watch()

    def watch(self) -> None:
        """Let a reader read each chat whenever it has changed, in the middle of whatever is under way."""
        seqs = self.stack.seqs()
        for chat in self.visitors.chats.items():
            reader = self.reader(chat)
            if seqs.get(chat[0]) != self._watched.get(reader) and not reader.is_reading:
                self._watched[reader] = seqs.get(chat[0])
                self.read(reader, 50, UNDISTURBED)
                self.invocations.settle()

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
        task = self.invocations.begin(
            f"webhook_{letter.kind}",
            webhook_event(letter.kind, letter.body),
            how,
            lambda answer: self._delivered(letter, task, reply_of(answer)),
        )

    def _delivered(self, letter: Letter, task: Task, reply: Reply | None) -> None:
        if reply is None or reply.status == 503:
            self.post.put_back(letter)
        else:
            assert reply.status == 204, f"a webhook was answered {reply.text}: {last_reason()}"
        if letter.room_id not in self.rooms.values():
            did = [point for point in task.passed if point.kind in {"giosg", "queue"} or point.name in WRITES]
            assert not did, f"a foreign chat cost {did}"

    def sweep(self, how: Invocation) -> None:
        self.invocations.begin("sync_chats", {}, how, lifetime=SYNC_LIFETIME)

    def repair(self, how: Invocation) -> None:
        """Hand the queues' messages to the function; those of the repair queue that it does not manage come again."""
        queued, handed_over = self.stack.faults.queued, self.stack.faults.handed_over
        bodies, staying = dict(enumerate(queued + handed_over)), len(queued)
        queued.clear()
        handed_over.clear()
        if not bodies:
            return
        records = [{"messageId": str(number), "body": body} for number, body in bodies.items()]

        def settle(answer: Any) -> None:
            failed = [int(each["itemIdentifier"]) for each in answer["batchItemFailures"]] if answer else list(bodies)
            queued.extend(bodies[number] for number in failed if number < staying)

        self.invocations.begin("sync_chats", {"Records": records}, how, settle, lifetime=SYNC_LIFETIME)
