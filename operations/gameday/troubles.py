"""The ten ways in which a stack is broken, each with what mends it again."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from local.giosg import Fault, SimulatedGiosg
from local.stack import LocalStack

COME_BACK_AFTER = {"Retry-After": "30"}


@dataclass(frozen=True, slots=True)
class Scene:
    """A stack that works, and the Giosg that it talks to."""

    local: LocalStack
    giosg: SimulatedGiosg


Breaking = Callable[[Scene], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that breaks.

    Attributes:
        words: what it is, as a runbook calls it.
        broken: lets it be broken for a while.
    """

    words: str
    broken: Breaking


def at_giosg(name: str) -> Breaking:
    """Let one of the simulated Giosg's own troubles be on."""

    @contextmanager
    def broken(scene: Scene) -> Iterator[None]:
        scene.giosg.troubles.begin(name)
        yield
        scene.giosg.troubles.end(name)

    return broken


def failing(**fault: object) -> Breaking:
    """Let every call to Giosg meet a fault."""

    @contextmanager
    def broken(scene: Scene) -> Iterator[None]:
        rule = scene.giosg.faults.add(Fault(times=None, **fault))  # type: ignore[arg-type] # its own fields
        yield
        scene.giosg.faults.remove(rule)

    return broken


@contextmanager
def busy_table(scene: Scene) -> Iterator[None]:
    with scene.local.throttled("MessagesTable"):
        yield


@contextmanager
def queue_not_read(scene: Scene) -> Iterator[None]:
    """Switch off what hands the repair queue to its function."""
    with scene.local.switched_off("SyncQueueToSyncChats"):
        yield


TROUBLES: Mapping[str, Trouble] = {
    "giosg_down": Trouble(words="Giosg is down", broken=failing(kind="drop")),
    "giosg_slow": Trouble(words="Giosg is slow", broken=at_giosg("slow")),
    "giosg_429": Trouble(words="Giosg answers 429", broken=failing(kind="answer", status=429, headers=COME_BACK_AFTER)),
    "webhooks_lost": Trouble(words="Webhooks are lost", broken=at_giosg("app_not_installed")),
    "secret_wrong": Trouble(words="Webhooks have a wrong secret", broken=at_giosg("wrong_webhook_secret")),
    "table_throttled": Trouble(words="A table is throttled", broken=busy_table),
    "queue_stuck": Trouble(words="The repair queue is stuck", broken=queue_not_read),
    "token_revoked": Trouble(words="The API token is revoked", broken=at_giosg("bad_token")),
    "clock_off": Trouble(words="Giosg's clock is off", broken=at_giosg("clock_off")),
    "room_offline": Trouble(words="The room is offline", broken=at_giosg("offline")),
}
