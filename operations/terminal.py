"""How every command speaks: lines for people, one JSON document for machines, questions where somebody can answer."""

import getpass
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TextIO


class Colour(Enum):
    """SGR codes (ECMA-48) of what a word may be painted with."""

    GREEN = "32"
    YELLOW = "33"
    RED = "31"
    BOLD = "1"


class Refused(Exception):
    """A command that cannot be done as it was given; the text says why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """Where a command reads and writes.

    Attributes:
        is_json: lines for people go to `errors`, so that `output` holds the document alone.
        is_interactive: whether there is somebody to answer questions.
        assumes_yes: whether every confirmation was given beforehand.
        ask_line, ask_hidden: read a line, the second without showing it.
    """

    output: TextIO = field(default_factory=lambda: sys.stdout)
    errors: TextIO = field(default_factory=lambda: sys.stderr)
    is_json: bool = False
    is_coloured: bool = False
    is_interactive: bool = False
    assumes_yes: bool = False
    ask_line: Callable[[str], str] = input
    ask_hidden: Callable[[str], str] = getpass.getpass

    @classmethod
    def of_process(
        cls, environment: Mapping[str, str], *, is_json: bool = False, assumes_yes: bool = False
    ) -> "Terminal":
        """Return this process's terminal: colours only where they can be seen (https://no-color.org)."""
        is_terminal = sys.stdout.isatty() and environment.get("TERM") != "dumb"
        return cls(
            is_json=is_json,
            is_coloured=is_terminal and not is_json and not environment.get("NO_COLOR"),
            is_interactive=sys.stdin.isatty() and not is_json,
            assumes_yes=assumes_yes,
        )

    def say(self, text: str = "") -> None:
        """Write a line for people, at once."""
        print(text, file=self.errors if self.is_json else self.output, flush=True)

    def show(self, document: Any) -> None:
        """Write a document for machines."""
        print(json.dumps(document, ensure_ascii=False, indent=2, default=str), file=self.output, flush=True)

    def paint(self, text: str, colour: Colour) -> str:
        return f"\033[{colour.value}m{text}\033[0m" if self.is_coloured else text

    def ask(self, question: str, *, otherwise: str, default: str = "") -> str:
        """Ask until there is an answer; an empty one takes the default.

        Args:
            question: what is asked.
            otherwise: how to say it where nobody can be asked.
            default: None is offered when it is empty.

        Raises:
            Refused: there is nobody to ask.
        """
        self._require_somebody(question, otherwise)
        prompt = f"{question} [{default}]: " if default else f"{question}: "
        while not (answer := self.ask_line(prompt).strip() or default):
            pass
        return answer

    def ask_secret(self, question: str, *, otherwise: str) -> str:
        """Ask for what must not be seen."""
        self._require_somebody(question, otherwise)
        while not (answer := self.ask_hidden(f"{question} (it is not shown): ").strip()):
            pass
        return answer

    def confirm_by_name(self, question: str, name: str) -> None:
        """Let a name be typed before something is lost.

        Raises:
            Refused: another was typed, or there is nobody to ask.
        """
        if self.assumes_yes:
            return
        self._require_somebody(question, "with YES=1")
        if self.ask_line(f"{question} Type {name} to go on: ".lstrip()).strip() != name:
            raise Refused("Nothing was changed")

    def _require_somebody(self, question: str, otherwise: str) -> None:
        if not self.is_interactive:
            raise Refused(f"{question}: nobody can be asked here, so say it {otherwise}")
