"""What can be wrong between a stack and Giosg for good, to be switched on and off by name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

from local.giosg.console.parts import Parts, Undo
from local.giosg.faults.faults import Fault
from local.giosg.state.records import JSON

OTHER_ORGANIZATION_ID = "00000000-0000-4000-8000-00000000beef"
CLOCK_OFFSET = timedelta(minutes=7)
SLOW_SECONDS = 2.0
WAITING_SECONDS = 600
RIGHT_PATH, WRONG_PATH = "/giosg_webhooks/", "/giosg_webhook/"
WRONG_END = "-old"


class Trouble(NamedTuple):
    """What is wrong, in words, and what brings it about; that returns what ends it."""

    words: str
    begin: Callable[[Parts], Undo]


@dataclass(frozen=True, slots=True)
class Troubles:
    """The troubles of a simulation, each on or off; an unknown name is a KeyError."""

    parts: Parts

    def begin(self, name: str) -> None:
        """Let something be wrong from now on."""
        trouble = TROUBLES[name]
        with self.parts.world.lock:
            if name not in self.parts.undo:
                self.parts.undo[name] = trouble.begin(self.parts)
            self.parts.world.touch()

    def end(self, name: str) -> None:
        """Make it right again."""
        if name not in TROUBLES:
            raise KeyError(name)
        with self.parts.world.lock:
            if undo := self.parts.undo.pop(name, None):
                undo()
            self.parts.world.touch()

    def clear(self) -> None:
        for name in list(self.parts.undo):
            self.end(name)

    def show(self) -> list[JSON]:
        active = list(self.parts.undo)
        return [{"name": name, "words": each.words, "is_on": name in active} for name, each in TROUBLES.items()]


def refuse(status: int, path: str) -> Callable[[Parts], Undo]:
    """Let all calls of a path be refused; `{room}` in it stands for the default room's id."""

    def begin(parts: Parts) -> Undo:
        where = path.replace("{room}", parts.room_id)
        fault = parts.faults.add(Fault(kind="answer", status=status, path=where, times=None, name="trouble"))
        return lambda: parts.faults.remove(fault)

    return begin


def set_on(find: Callable[[Parts], object], name: str, value: object) -> Callable[[Parts], Undo]:
    """Let an attribute have another value."""

    def begin(parts: Parts) -> Undo:
        thing = find(parts)
        before = getattr(thing, name)
        setattr(thing, name, value)
        return lambda: setattr(thing, name, before)

    return begin


def go_offline(parts: Parts) -> Undo:
    rooms = [parts.room_id, *parts.rooms.values()]
    gone = {each.id: each for room in rooms for each in parts.team.of_room(room) if each.record.is_online}

    def come_back() -> None:
        for agent in gone.values():
            agent.go_online()

    for agent in gone.values():
        agent.go_offline()
    return come_back


def shift_clock(parts: Parts) -> Undo:
    clock = parts.world.clock

    def set_right() -> None:
        parts.world.clock = clock
        parts.faults.clock_offset_seconds = 0.0

    parts.world.clock = lambda: clock() + CLOCK_OFFSET
    parts.faults.clock_offset_seconds = CLOCK_OFFSET.total_seconds()
    return set_right


def misdirect(change: Callable[[str], str], restore: Callable[[str], str]) -> Callable[[Parts], Undo]:
    """Let webhooks go to URLs in which something is wrong."""

    def begin(parts: Parts) -> Undo:
        redirect(parts, change)
        return lambda: redirect(parts, restore)

    return begin


def redirect(parts: Parts, change: Callable[[str], str]) -> None:
    """Change where webhooks go, if they go anywhere."""
    if target := parts.webhooks.target:
        chats_url, messages_url = (url and change(url) for url in (target.chats_url, target.messages_url))
        parts.webhooks.deliver_to(replace(target, chats_url=chats_url, messages_url=messages_url))


def default_room(parts: Parts) -> object:
    return parts.world.rooms[parts.room_id]


TROUBLES: Mapping[str, Trouble] = {
    "bad_token": Trouble("the API token is refused", refuse(401, "^/api/v5/(orgs|users)/")),
    "other_organization": Trouble(
        "the API token is another organisation's",
        set_on(lambda parts: parts.platform, "token_organization_id", OTHER_ORGANIZATION_ID),
    ),
    "no_rights": Trouble("the token's user may not see chats or rooms", refuse(403, "^/api/v5/orgs/")),
    "no_subscription": Trouble("the subscription has ended", refuse(403, "^/api/v5/")),
    "wrong_room": Trouble("there is no such room", refuse(404, "/rooms/{room}(/|$)")),
    "offline": Trouble("all agents are offline", go_offline),
    "closed": Trouble("the room is outside of its service hours", set_on(default_room, "is_open", False)),
    "no_router": Trouble("no router leads from the room to agents", set_on(default_room, "has_router", False)),
    "long_wait": Trouble(
        "agents are online, but answer in ten minutes", set_on(default_room, "estimated_waiting_time", WAITING_SECONDS)
    ),
    "app_not_installed": Trouble(
        "the app is not installed: no webhooks", set_on(lambda parts: parts.webhooks, "is_installed", False)
    ),
    "wrong_webhook_url": Trouble(
        "webhooks go to a wrong path",
        misdirect(
            lambda url: url.replace(RIGHT_PATH, WRONG_PATH),
            lambda url: url.replace(WRONG_PATH, RIGHT_PATH),
        ),
    ),
    "wrong_webhook_secret": Trouble(
        "webhooks carry a wrong secret",
        misdirect(lambda url: url + WRONG_END, lambda url: url.removesuffix(WRONG_END)),
    ),
    "clock_off": Trouble("its clock is seven minutes ahead", shift_clock),
    "slow": Trouble(
        "each call takes two seconds", set_on(lambda parts: parts.faults, "call_latency_seconds", SLOW_SECONDS)
    ),
}
