"""One stack for the tests of each module, under a clock that stands still unless a test moves it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from local.giosg import SimulatedGiosg
from tests.aws import Functions, deployed
from tests.visitor_chat.scene import Clock, Scene

from visitor_chat import clock as clock_module


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    """Give a stack and a Giosg with one idea of the time; every test begins with chats of its own."""
    clock = Clock(datetime.now(UTC).replace(microsecond=0))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(clock_module, "now", clock)
        patched.setattr(clock_module, "sleep", clock.sleep)
        with SimulatedGiosg(clock=clock) as giosg, deployed(giosg):
            yield Scene(giosg, Functions(), clock)


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
