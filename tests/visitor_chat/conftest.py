"""One stack for the tests of each module, under a clock that stands still unless a test moves it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from local.giosg import SimulatedGiosg
from tests.aws import deployed
from tests.toolkit.clock import Clock, run_by
from tests.toolkit.visitors import Chatting
from tests.visitor_chat.scene import Scene


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """Return a stack and a Giosg with one idea of the time; every test begins with chats of its own."""
    with run_by(Clock()) as clock, SimulatedGiosg(clock=clock) as giosg, deployed(giosg) as functions:
        yield Scene(giosg, functions, clock)


@pytest.fixture
def waiting(scene: Scene) -> Chatting:
    """Return a visitor who waits for an answer, and whose start is known to all."""
    waiting = scene.start()
    scene.deliver()
    return waiting


@pytest.fixture(autouse=True)
def well(request: pytest.FixtureRequest) -> Iterator[None]:
    """Begin with a Giosg that behaves, and with nothing due from the test before."""
    if "scene" not in request.fixturenames:
        yield
        return
    scene: Scene = request.getfixturevalue("scene")
    scene.clock.instant += timedelta(hours=1)
    scene.giosg.webhooks.take()
    scene.giosg.requests.clear()
    scene.giosg.agent.go_online()
    yield
    scene.giosg.faults.clear()
