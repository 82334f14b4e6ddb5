"""One trouble at a time, each with a stack of its own: broken, looked at, thrown away."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from local.giosg import SimulatedGiosg, Target
from local.stack import LocalStack
from local.stack.emulator import HOST, free_port
from local.stack.http_api import load_template
from local.stack.paths import ROOT

from operations.gameday.alarms import alarms_of
from operations.gameday.measured import Measured
from operations.gameday.observers import Alarms, Doctor, Notices, Pages, Status
from operations.gameday.troubles import Scene, Trouble
from operations.gameday.visitors import ApiVisitor, Page, page_of
from operations.stacks.deployed import DeployedStack, find_stack
from operations.stacks.stored import now

LONGEST_LOOK_SECONDS = 60.0
FEWEST_ROUNDS = USUAL_ROUNDS = 2
DELIVERY_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What each observer has said of a trouble, and after how many seconds."""

    words: str
    notices: dict[str, Notices]

    @property
    def is_noticed(self) -> bool:
        """Whether those on duty would know: a visitor's page calls nobody."""
        return any(self.notices[name].said for name in ("status", "doctor", "alarms"))


@contextmanager
def scene() -> Iterator[tuple[Scene, DeployedStack]]:
    """Deploy a stack whose pages may open sockets, with a Giosg that delivers its webhooks."""
    port = free_port()
    parameters = {"AllowedOrigins": f"http://{HOST}:{port}"}
    with SimulatedGiosg() as giosg, LocalStack(giosg=giosg, port=port, parameters=parameters) as local:
        urls = local.webhook_urls
        giosg.webhooks.deliver_to(Target(chats_url=urls.chats, messages_url=urls.messages))
        yield Scene(local, giosg), find_stack("local", region=None, environment={"PORT": str(port)})


def live_through(trouble: Trouble) -> Report:
    """Break a stack and let everybody look, until all have said something or there was time enough."""
    with scene() as (parts, stack), page_of(stack) as in_chat, page_of(stack) as newcomer:
        people = People(parts.giosg, ApiVisitor.in_chat(parts, stack), in_chat, newcomer)
        notices = _observers(stack, people, port=parts.local.emulator.port)
        for _round in range(USUAL_ROUNDS):
            people.act()
            for each in notices.values():
                each.learn()
        notices["alarms"].observer = _alarms(stack)
        with trouble.broken(parts):
            _look(notices, people)
    return Report(words=trouble.words, notices=notices)


@dataclass(frozen=True, slots=True)
class People:
    """Who chats, whatever works."""

    giosg: SimulatedGiosg
    visitor: ApiVisitor
    in_chat: Page
    newcomer: Page

    def act(self) -> None:
        self.visitor.act()
        self.in_chat.act()
        self.newcomer.visit()
        self.giosg.webhooks.wait_until_delivered(timeout_seconds=DELIVERY_SECONDS)


def _observers(stack: DeployedStack, people: People, *, port: int) -> dict[str, Notices]:
    """Return who looks, the quickest first: a doctor whom Giosg lets wait takes half a minute."""
    return {
        "page": Notices(Pages(people.in_chat, people.newcomer)),
        "alarms": Notices(_alarms(stack)),
        "status": Notices(Status(port)),
        "doctor": Notices(Doctor(port)),
    }


def _alarms(stack: DeployedStack) -> Alarms:
    """Return the alarms of the template, held against what is measured from now on."""
    return Alarms(list(alarms_of(load_template(ROOT / "template.yaml"))), Measured(stack, now()))


def _look(notices: dict[str, Notices], people: People) -> None:
    since, rounds = _stopwatch(), 0
    while rounds < FEWEST_ROUNDS or not _all_said(notices, since()):
        rounds += 1
        people.act()
        for each in notices.values():
            each.look(since)


def _stopwatch() -> Callable[[], float]:
    began_at = time.monotonic()
    return lambda: time.monotonic() - began_at


def _all_said(notices: dict[str, Notices], seconds: float) -> bool:
    return seconds > LONGEST_LOOK_SECONDS or all(each.said for each in notices.values())
