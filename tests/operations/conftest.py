"""A deployed stack with a Giosg that delivers its webhooks, and the commands for it as an operator types them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from operations.__main__ import main
from operations.doctor import visitor
from tests.toolkit.deployment import PATIENCE_SECONDS, Stack


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command has said."""

    status: int
    output: str
    errors: str

    @property
    def json(self) -> Any:
        return json.loads(self.output)


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who types commands."""

    stack: Stack
    capture: pytest.CaptureFixture[str]

    def run(self, *given: str, **environment: str) -> Outcome:
        self.capture.readouterr()
        status = main(given, {**self.stack.environment, **environment})
        said = self.capture.readouterr()
        return Outcome(status, said.out, said.err)


@pytest.fixture
def stack(deployed_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """Return the stack, with which the doctor's visitors are as patient as all others."""
    monkeypatch.setattr(visitor, "FRAME_SECONDS", PATIENCE_SECONDS)
    yield deployed_stack
    deployed_stack.calm()


@pytest.fixture
def heard(stack: Stack) -> None:
    """Let the newest webhooks in the log, one of each kind, be such as were taken: refused ones may be older."""
    stack.settle()
    stack.giosg.website_visitor.start_chat("Hello")
    stack.settle()


@pytest.fixture
def operator(stack: Stack, capsys: pytest.CaptureFixture[str]) -> Operator:
    return Operator(stack, capsys)
