"""What a month uses of AWS: the budget of each act, times how often it is done."""

import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.template import resources, routes, template

HERE = Path(__file__).parent
USAGE: dict[str, Any] = tomllib.loads((HERE / "usage.toml").read_text())
BUDGET: dict[str, Any] = tomllib.loads((HERE.parent / "tests/budget/budget.toml").read_text())

MINUTES_A_MONTH = 30 * 24 * 60
PINGS_A_MINUTE = 2
SYNC_MINUTES = 5
SECRET_MINUTES = 5
"""Containers read secrets again, and tables ask for their key, in so many minutes."""
GIGABYTE = 1024**3
FULL_CPU_MEGABYTES = 1769
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""
SYNC = "sync a chat"
"""Done by the sweep's consumers, many chats in an invocation."""

Quantities = Mapping[str, float]
"""How much of what has a price, by its name in `prices.toml`."""


def total(*parts: tuple[Quantities, float]) -> dict[str, float]:
    """Add quantities up, each so many times."""
    found: dict[str, float] = defaultdict(float)
    for quantities, times in parts:
        for name, amount in quantities.items():
            found[name] += amount * times
    return dict(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """A month."""

    messages: float
    messages_per_chat: float
    socket_minutes: float
    open_minutes: float
    visitors_per_chat: float
    sockets_per_chat: float
    foreign_per_message: float

    @property
    def chats(self) -> float:
        return self.messages / self.messages_per_chat

    def acts(self) -> dict[str, float]:
        """Say how often each act of the budget is done."""
        chats, own, sockets = self.chats, self.messages / 2, self.chats * self.sockets_per_chat
        syncs = chats * (self.open_minutes / SYNC_MINUTES + 1)
        acts = {
            "start new visitor with a message": chats,
            "send": own - chats,
            "message webhook": own,
            "repeated message webhook": own,  # the visitor's own message comes back
            "message webhook of another room": self.messages * self.foreign_per_message,
            "chat webhook": 2 * chats,  # an agent has come, and the chat has ended
            "repeated chat webhook": chats,  # the visitor's own chat comes back
            "availability": chats,
            "read new messages": sockets,
            "open realtime": sockets,
            "open a socket": sockets,
            "close a socket": sockets,
            "first ping": sockets,
            "ping": chats * self.socket_minutes * PINGS_A_MINUTE - sockets,
            SYNC: syncs,
        }
        # Each change of a chat's item and of a message's is a record of its stream, at worst in a batch of its own.
        changes = chats + own + 2 * self.messages + 2 * chats + syncs
        return acts | {"publish a message": changes}


def of_visits(visits: Visits) -> Quantities:
    """Return what a month's visits use, beyond what stands idle."""
    sizes, chats = USAGE["sizes"], visits.chats
    launchers = chats * visits.visitors_per_chat
    files = 2 * launchers + 2 * chats
    acts = total(*((of_act(act), times) for act, times in visits.acts().items()))
    pages = total((_invocation("web_page", waits_ms=0) | {"http_requests": 1}, files))
    page_bytes = launchers * sizes["launcher"] + chats * sizes["panel"]
    stored = visits.messages * sizes["stored_message"] + chats * sizes["stored_chat"]
    used = total((acts, 1), (pages, 1))
    others = {
        "socket_messages": visits.messages + 3 * chats,
        "socket_minutes": chats * visits.socket_minutes,
        "events": visits.messages + 3 * chats,
        "table_gigabytes": stored / GIGABYTE,
        "recovery_gigabytes": stored / GIGABYTE,
        "gigabytes_out": (page_bytes + acts["http_requests"] * sizes["answer"]) / GIGABYTE,
        "metrics": USAGE["standing"]["busy_metrics"] if visits.messages else 0,
    }
    return total((used, 1), (others, 1), (_secrets(used), 1))


def _secrets(used: Quantities) -> Quantities:
    """Guess high how often secrets are read, by every container, and keys asked for, by every function and table."""
    standing, turns = USAGE["standing"], MINUTES_A_MONTH / SECRET_MINUTES
    seconds = used["lambda_gb_seconds"] / _memory_gigabytes()
    containers = 1 + standing["peak"] * seconds / (MINUTES_A_MONTH * 60)
    reads = min(used["lambda_requests"], turns * containers * standing["functions_with_secrets"])
    asked = min(used["lambda_requests"], turns * standing["functions_by_tables"])
    return {"secret_reads": reads, "key_requests": reads + asked}


def of_act(act: str) -> dict[str, float]:
    """Return what an act uses, by its budget."""
    budget, waits = BUDGET[act], USAGE["waits"]
    table_ms = budget.get("in_sequence", 0) * waits["table_ms"]
    giosg_ms = budget.get("giosg_in_sequence", 0) * waits["giosg_ms"]
    used = _invocation(budget["function"], waits_ms=table_ms + giosg_ms)
    if act == SYNC:
        used = {"lambda_gb_seconds": used["lambda_gb_seconds"]}
    return used | {
        "read_units": budget.get("read_units", 0),
        "write_units": budget.get("write_units", 0),
        "http_requests": int(budget["function"] in routes().values()),
        "socket_messages": 2 * int(budget["function"] == "socket_message"),
    }


def _invocation(function: str, *, waits_ms: float) -> dict[str, float]:
    measured, sizes = USAGE["functions"][function], USAGE["sizes"]
    share_of_cpu = min(1, _memory_gigabytes() * 1024 / FULL_CPU_MEGABYTES)
    seconds = (measured["cpu_ms"] / share_of_cpu + waits_ms) / 1000
    logged = (measured["log_bytes"] + sizes["log_overhead"]) / GIGABYTE
    return {
        "lambda_requests": 1,
        "lambda_gb_seconds": seconds * _memory_gigabytes(),
        "log_gigabytes": logged,
        "kept_log_gigabytes": logged,
    }


def _memory_gigabytes() -> float:
    memory: float = template()["Globals"]["Function"]["MemorySize"] / 1024
    return memory


def _metrics_watched(alarm: Mapping[str, Any]) -> int:
    """Return how many metrics an alarm looks at: each is paid for."""
    return sum("MetricStat" in each for each in alarm["Properties"].get("Metrics", [])) or 1


def idle() -> Quantities:
    """Return what a month uses in which nobody comes: what is kept, and sweeps that find nothing."""
    assumed, secrets = USAGE["standing"], resources("AWS::SecretsManager::Secret").values()
    sweep = of_act("sweep with one chat due")
    kept = {
        "secrets": sum("Condition" not in secret for secret in secrets),
        "keys": len(resources("AWS::KMS::Key")),
        "key_requests": assumed["key_requests"],
        "alarms": sum(map(_metrics_watched, resources("AWS::CloudWatch::Alarm").values())),
        "metrics": assumed["idle_metrics"],
        "queue_requests": assumed["queue_polls_a_minute"] * MINUTES_A_MONTH,
    }
    return total((sweep, MINUTES_A_MONTH), (kept, 1))
