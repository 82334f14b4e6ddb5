"""What says that something is wrong: `make status`, `make doctor`, the alarms' metrics, and the visitor's page."""

import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from operations.__main__ import main
from operations.gameday.alarms import Alarm
from operations.gameday.measured import Measured
from operations.gameday.visitors import Page
from operations.status.command import PRESENT, ROWS, TROUBLE

LONG_MILLISECONDS = 2000
COUNTED = re.compile(r"\d+([.:]\d+)*")


class Observer(Protocol):
    """Somebody who looks, and says what is not as usual."""

    def look(self) -> Iterator[str]: ...


def of_command(port: int, *given: str) -> Mapping[str, Any]:
    """Return what a command answers machines about the local stack."""
    with redirect_stdout(io.StringIO()) as output, redirect_stderr(io.StringIO()):
        main([*given, "--stack", "local", "--json"], {"PORT": str(port)})
    found: Mapping[str, Any] = json.loads(output.getvalue())
    return found


def shape(line: str) -> str:
    """Return a line without its numbers: the same thing is said with others each time."""
    return COUNTED.sub("#", line)


@dataclass(slots=True)
class Status:
    """What is red in `make status`, what took long, and what waits."""

    port: int
    usual: set[str] = field(default_factory=set)

    def look(self) -> Iterator[str]:
        said = of_command(self.port, "status")
        day, present = said.get("last_day", {}), said.get("now", {})
        for name in TROUBLE:
            value = day.get(name) or present.get(name)
            if value:
                codes = ", ".join(day["failed_by_code"]) if name == "failed" else ""
                yield f"{(ROWS | PRESENT)[name]} {value}{codes and f' ({codes})'}"
        if (took := day.get("send_ms")) and took[1] >= LONG_MILLISECONDS:
            yield f"{ROWS['send_ms']} {took[0]} / {took[1]}"
        if present.get("repair_queue"):
            yield f"{PRESENT['repair_queue']} {present['repair_queue']}"
        if "error" in said:
            yield str(said["error"])


@dataclass(slots=True)
class Doctor:
    """What the doctor finds wrong or notes."""

    port: int

    def look(self) -> Iterator[str]:
        for finding in of_command(self.port, "doctor").get("findings", []):
            if finding["level"] != "ok":
                yield str(finding["says"])


@dataclass(slots=True)
class Alarms:
    """The alarms whose metrics are beyond their thresholds, and when they will ring."""

    alarms: list[Alarm]
    measured: Measured

    def look(self) -> Iterator[str]:
        for alarm in self.alarms:
            wait = alarm.rings_in(self.measured.values)
            if wait is not None:
                yield f"{alarm.name} in {minutes(wait)}"


@dataclass(slots=True)
class Pages:
    """What a visitor in a chat, and one who comes now, read on the page."""

    in_chat: Page
    newcomer: Page

    def look(self) -> Iterator[str]:
        yield from self.in_chat.lines()
        yield from self.newcomer.lines()


def minutes(wait: timedelta) -> str:
    return f"{wait / timedelta(minutes=1):.0f} min"


@dataclass(slots=True)
class Notices:
    """What an observer has said that is not usual: each thing once, as it was said last, with the time of the first."""

    observer: Observer
    usual: set[str] = field(default_factory=set)
    said: dict[str, str] = field(default_factory=dict)
    first_after: float | None = None

    def learn(self) -> None:
        """Take what is said now for usual."""
        self.usual |= {shape(line) for line in self.observer.look()}

    def look(self, seconds: Callable[[], float]) -> None:
        """Note what is said; `seconds` gives the time since it broke, which a look takes itself some of."""
        for line in list(self.observer.look()):
            if shape(line) not in self.usual:
                self.said[shape(line)] = line
                self.first_after = seconds() if self.first_after is None else self.first_after

    @property
    def words(self) -> list[str]:
        return list(self.said.values())
