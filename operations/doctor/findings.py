"""What the doctor finds: one line each, with what is right or wrong and what to do."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import requests
from botocore.exceptions import BotoCoreError, ClientError

from operations.stacks.refusals import meaning
from operations.terminal import Colour, Terminal


class Level(Enum):
    """How well it is: a note is worth reading, and nothing is wrong."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


COLOURS = {Level.OK: Colour.GREEN, Level.NOTE: Colour.YELLOW, Level.WRONG: Colour.RED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: its name for machines, as `giosg.token`.
        says: what is right or wrong, in plain words; no secret and no name.
        advice: what to do, empty when there is nothing to do.
        facts: numbers, times and ids for machines.
    """

    check: str
    level: Level
    says: str
    advice: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def line(self) -> str:
        return f"{self.says}: {self.advice}" if self.advice else self.says

    def document(self) -> dict[str, Any]:
        return {
            "check": self.check,
            "level": self.level.value,
            "says": self.says,
            "advice": self.advice,
            "facts": dict(self.facts),
        }


def ok(check: str, says: str, **facts: Any) -> Finding:
    return Finding(check=check, level=Level.OK, says=says, facts=facts)


def note(check: str, says: str, advice: str = "", **facts: Any) -> Finding:
    return Finding(check=check, level=Level.NOTE, says=says, advice=advice, facts=facts)


def wrong(check: str, says: str, advice: str, **facts: Any) -> Finding:
    return Finding(check=check, level=Level.WRONG, says=says, advice=advice, facts=facts)


Look = Callable[[], Iterable[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Looks at one subject, under a heading; each look is by its name, and one that fails leaves the others alone."""

    heading: str
    looks: Mapping[str, Look]

    def findings(self) -> Iterator[Finding]:
        for name, look in self.looks.items():
            try:
                yield from look()
            except (BotoCoreError, ClientError) as error:
                yield wrong(name, *meaning(error))
            except requests.RequestException as error:
                yield wrong(
                    name, f"There was no usable answer ({type(error).__name__})", "try again; then look at the logs"
                )


def report(groups: Iterable[Group], terminal: Terminal) -> list[Finding]:
    """Look at everything, say each finding as it is made, and return all."""
    found = []
    for group in groups:
        terminal.say(terminal.paint(group.heading, Colour.BOLD))
        for finding in group.findings():
            mark = terminal.paint(f"{finding.level.value:<5}", COLOURS[finding.level])
            terminal.say(f"  {mark}  {finding.line}")
            found.append(finding)
    return found
