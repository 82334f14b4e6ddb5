"""A deployed stack with a Giosg that delivers its webhooks, and the commands for it as an operator types them."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from operations.__main__ import main
from operations.doctor import visitor
from operations.doctor.findings import Finding, Level
from operations.stacks.deployed import DeployedStack, find_stack
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
def deployed(stack: Stack) -> DeployedStack:
    return find_stack("local", region=None, environment=stack.environment)


@pytest.fixture
def heard(stack: Stack) -> None:
    """Let the newest webhooks in the log, one of each kind, be such as were taken: refused ones may be older."""
    stack.settle()
    stack.giosg.website_visitor.start_chat("Hello")
    stack.settle()


@pytest.fixture
def operator(stack: Stack, capsys: pytest.CaptureFixture[str]) -> Operator:
    return Operator(stack, capsys)


def changed(stack: DeployedStack, **parameters: str) -> DeployedStack:
    """Return the stack as if it had other parameters."""
    return replace(stack, parameters={**stack.parameters, **parameters})


@contextmanager
def ringing(stack: DeployedStack, alarm: str) -> Iterator[None]:
    cloudwatch, name = stack.client("cloudwatch"), stack.resources()[alarm][1]
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")
    try:
        yield
    finally:
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="test")


def lines(findings: Iterable[Finding], level: Level = Level.WRONG) -> list[str]:
    return [finding.line for finding in findings if finding.level is level]
