"""What may happen in a run, as plain values: hypothesis makes them up, shrinks them, and prints the ones that fail."""

from dataclasses import dataclass
from typing import Literal, get_args

from hypothesis import strategies as st
from tests.proof.faults import GIOSG_FAULTS, TABLE_FAULTS, Faulty, GiosgFault, TableFault

Deed = Literal[
    "join", "say", "attach", "edit", "remove", "end", "purge", "tag", "rule says", "suggest", "leave", "remove chat",
    "go offline", "go online",
]  # fmt: skip
DEEDS: tuple[Deed, ...] = get_args(Deed)


@dataclass(frozen=True)
class Invocation:
    """How an invocation goes: what is wrong with its calls, and how many steps it makes before others go on."""

    aws: tuple[Faulty, ...] = ()
    giosg: tuple[Faulty, ...] = ()
    steps: int = 0


@dataclass(frozen=True)
class Start:
    """Visitor number `who` (a new one if there are fewer) starts a chat."""

    who: int
    has_key: bool
    text: int | None
    has_message_id: bool
    how: Invocation


@dataclass(frozen=True)
class Send:
    """Somebody sends a text in one of the chats."""

    chat: int
    text: int
    has_message_id: bool
    how: Invocation


@dataclass(frozen=True)
class Again:
    """A call that somebody made is made again, as after a lost answer, or beside the first."""

    which: int
    how: Invocation


@dataclass(frozen=True)
class Twice:
    """A start or a message is asked for twice at once, and both take turns."""

    what: "Start | Send"
    again: Invocation
    picks: tuple[int, ...]


@dataclass(frozen=True)
class Read:
    """The reader of a chat, who reads all the time, follows the cursor by a page."""

    chat: int
    limit: int
    how: Invocation


@dataclass(frozen=True)
class End:
    """The visitor ends a chat."""

    chat: int
    how: Invocation


@dataclass(frozen=True)
class Agent:
    """An agent does something in a chat, to one of its messages where that makes sense."""

    deed: Deed
    chat: int
    message: int


@dataclass(frozen=True)
class Foreign:
    """Somebody chats elsewhere: in another room, or in ours on Giosg's own website."""

    is_our_room: bool


@dataclass(frozen=True)
class Deliver:
    """Giosg delivers one of the webhooks that are under way, some of them so often."""

    which: int
    how: Invocation
    is_kept: bool = False
    """Whether it comes again later."""


@dataclass(frozen=True)
class DeliverTwo:
    """Giosg delivers two webhooks about one thing at once, or one of them twice, and they take turns."""

    which: int
    how: Invocation
    other: Invocation
    picks: tuple[int, ...]


@dataclass(frozen=True)
class Lose:
    """One of the webhooks that are under way never comes."""

    which: int


@dataclass(frozen=True)
class Sync:
    """The repair queue, or the schedule, calls."""

    is_sweep: bool
    how: Invocation


@dataclass(frozen=True)
class Wait:
    """Time goes by."""

    seconds: int


@dataclass(frozen=True)
class Turns:
    """Invocations that are under way take turns."""

    picks: tuple[int, ...]


Event = Start | Send | Again | Twice | Read | End | Agent | Foreign | Deliver | DeliverTwo | Lose | Sync | Wait | Turns


@dataclass(frozen=True)
class Plan:
    """A run: what happens, and what becomes of the webhooks that are under way at its end."""

    events: tuple[Event, ...]
    skew_seconds: int = 0
    loses_rest: bool = False


def _faulty(
    faults: tuple[TableFault, ...] | tuple[GiosgFault, ...], *, among: int, most: int
) -> st.SearchStrategy[tuple[Faulty, ...]]:
    """Make up what is wrong with some of the first calls."""
    one = st.builds(Faulty, st.integers(0, among - 1), st.sampled_from(faults))
    return st.lists(one, max_size=most, unique_by=lambda faulty: faulty.call).map(tuple)


_undisturbed = st.just(())
_aws = _faulty(TABLE_FAULTS, among=8, most=2)
_giosg = _faulty(GIOSG_FAULTS, among=5, most=3)
_hows = st.builds(Invocation, aws=_aws, giosg=_giosg, steps=st.sampled_from([30, 0, 1, 2, 3, 4, 6, 9, 30]))
_just_begun = st.builds(
    Invocation, aws=_undisturbed | _aws, giosg=_undisturbed | _giosg, steps=st.sampled_from([0, 1, 2, 2, 3])
)
_begun_or_done = st.builds(
    Invocation, aws=_undisturbed | _aws, giosg=_undisturbed | _giosg, steps=st.sampled_from([0, 1, 2, 3, 30, 30])
)
_numbers = st.integers(0, 7)
_chats = st.sampled_from([0, 0, 0, 0, 1, 1, 2, 5])
_recent = st.sampled_from([0, 0, 0, 1, 1, 2, 3, 5])
_texts = st.sampled_from([0, 0, 0, 1, 2])
"""Few chats and fewer texts, so that much happens to the same ones."""
_deeds = st.sampled_from([*DEEDS, "say", "say", "say", "edit", "edit", "remove", "end", "attach"])
_deliver = st.builds(Deliver, which=st.integers(0, 15), how=_hows, is_kept=st.sampled_from([False, False, True]))
_picks = st.lists(st.integers(0, 3), min_size=4, max_size=20).map(tuple)
_deliver_two = st.builds(DeliverTwo, which=st.integers(0, 15), how=_just_begun, other=_begun_or_done, picks=_picks)
_agent = st.builds(Agent, deed=_deeds, chat=_chats, message=_numbers)
_send = st.builds(Send, chat=_chats, text=_texts, has_message_id=st.sampled_from([True, True, False]), how=_hows)
_again = st.builds(Again, which=_recent, how=_hows)
_turns = st.builds(Turns, picks=st.lists(st.integers(0, 4), min_size=1, max_size=8).map(tuple))
_start = st.builds(
    Start,
    who=st.integers(0, 2),
    has_key=st.sampled_from([True, True, False]),
    text=st.none() | _texts,
    has_message_id=st.booleans(),
    how=_hows,
)
_twice = st.builds(
    Twice,
    what=st.builds(Send, chat=_chats, text=_texts, has_message_id=st.just(True), how=_just_begun)
    | st.builds(
        Start,
        who=st.integers(0, 2),
        has_key=st.just(True),
        text=st.none() | _texts,
        has_message_id=st.booleans(),
        how=_just_begun,
    ),
    again=_begun_or_done,
    picks=_picks,
)
_events: st.SearchStrategy[Event] = st.one_of(
    _start, _send, _send, _again, _again, _twice, _twice, _turns, _turns, _turns, _agent, _agent, _agent,
    _deliver, _deliver, _deliver, _deliver, _deliver_two, _deliver_two,
    st.builds(Lose, which=st.integers(0, 15)),
    st.builds(Lose, which=st.integers(0, 15)),
    st.builds(Read, chat=_chats, limit=st.sampled_from([1, 2, 50]), how=_hows),
    st.builds(Sync, is_sweep=st.booleans(), how=_hows),
    st.builds(End, chat=_chats, how=_hows),
    st.builds(Foreign, is_our_room=st.sampled_from([False, False, True])),
    st.builds(Wait, seconds=st.sampled_from([1, 8, 30, 130, 400])),
)  # fmt: skip
_first = st.builds(
    Start, who=st.just(0), has_key=st.booleans(), text=st.none() | _texts, has_message_id=st.booleans(), how=_hows
)

_some = st.lists(_events, max_size=16).map(tuple)
"""A few; a plan is made of many such lists, each of which can be shrunk to nothing."""

plans = st.builds(
    Plan,
    events=st.tuples(_first.map(lambda first: (first,)), *[_some] * 10).map(lambda parts: sum(parts, ())),
    skew_seconds=st.sampled_from([0, 0, -70, 70]),
    loses_rest=st.booleans(),
)
