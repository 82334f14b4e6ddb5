"""What a command is: a name, its arguments, and what it does."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from operations.stacks.deployed import DeployedStack, find_stack
from operations.terminal import Refused, Terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a command."""

    arguments: argparse.Namespace
    terminal: Terminal
    environment: Mapping[str, str]

    @property
    def stack_name(self) -> str:
        """The stack that is meant; raise Refused when none is named."""
        if not self.arguments.stack:
            raise Refused("Which stack? Say STACK=…")
        name: str = self.arguments.stack
        return name

    @property
    def region(self) -> str | None:
        return self.arguments.region or None

    def stack(self) -> DeployedStack:
        """Find the deployed stack that is meant; raise Refused when there is none."""
        return find_stack(self.stack_name, region=self.region, environment=self.environment)

    def done(self, text: str, **facts: Any) -> int:
        """Say what was done, in words or as a document, and return the exit status of success."""
        if self.terminal.is_json:
            self.terminal.show(facts)
        else:
            self.terminal.say(text)
        return 0


def no_arguments(_parser: argparse.ArgumentParser) -> None:
    """Add nothing to what every command takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command; `act` does it, and returns the exit status."""

    name: str
    help: str
    act: Callable[[Call], int]
    add_arguments: Callable[[argparse.ArgumentParser], None] = no_arguments
