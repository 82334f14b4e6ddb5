"""What may happen in a run, as plain values: hypothesis makes them up, shrinks them, and prints the ones that fail."""

from dataclasses import dataclass
from typing import Literal, get_args

from tests.toolkit.faults import Faulty

Deed = Literal[
    "join", "say", "attach", "edit", "remove", "end", "purge", "tag", "rule says", "suggest", "leave", "remove chat"
]
DEEDS: tuple[Deed, ...] = get_args(Deed)


@dataclass(frozen=True)
class Invocation:
    """How an invocation goes: what is wrong with its calls, and how many steps it makes before others go on."""

    aws: tuple[Faulty, ...] = ()
    giosg: tuple[Faulty, ...] = ()
    steps: int = 0


@dataclass(frozen=True)
class Start:
    """Visitor number `who` (a new one if there are fewer) starts a chat in one of the rooms."""

    who: int
    has_key: bool
    text: int | None
    has_message_id: bool
    how: Invocation
    room: int = 0


@dataclass(frozen=True)
class Send:
    """Somebody sends a text in one of the chats."""

    chat: int
    text: int
    has_message_id: bool
    how: Invocation


@dataclass(frozen=True)
class Hold:
    """Visitor number `who` (a new one if there are fewer) leaves a message in a room, which may just have closed."""

    who: int
    room: int
    how: Invocation
    has_closed: bool = True


@dataclass(frozen=True)
class Withdraw:
    """A visitor takes a held message back."""

    which: int
    how: Invocation


@dataclass(frozen=True)
class DeliverHeld:
    """The schedule calls, some seconds later, for held messages; agents of some rooms have just come."""

    how: Invocation
    seconds: int = 60
    opened: tuple[int, ...] = (0, 1)


@dataclass(frozen=True)
class Doors:
    """All agents of a room come, or go."""

    room: int
    are_open: bool


@dataclass(frozen=True)
class Again:
    """A call that somebody made is made again, as after a lost answer, or beside the first."""

    which: int
    how: Invocation


@dataclass(frozen=True)
class Twice:
    """A start, a message or a message to be held is asked for twice at once, and both take turns."""

    what: "Start | Send | Hold"
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
    """Somebody chats on Giosg's own website: in one of our rooms, or in another one (None)."""

    room: int | None


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


Event = (
    Start | Send | Again | Twice | Read | End | Agent | Foreign | Deliver | DeliverTwo | Lose | Sync | Wait | Turns
    | Hold | Withdraw | DeliverHeld | Doors
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """A run: what happens, and what becomes of the webhooks that are under way at its end."""

    events: tuple[Event, ...]
    skew_seconds: int = 0
    loses_rest: bool = False
    deliveries: tuple[Invocation, ...] = ()
    """How the first of those runs go that deliver what is held at the end."""
