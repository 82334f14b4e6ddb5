"""What tests share: AWS on moto with the template's own tables, and a simulated Giosg over real HTTP.

hypothesis makes up the same examples in every run, and none fails for taking long: the machine may be busy.
"""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from local.giosg import SimulatedGiosg
from tests.aws import Functions, deployed
from tests.toolkit import aws_models
from tests.toolkit.clock import Clock, run_by

settings.register_profile(
    "repeatable", derandomize=True, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")
aws_models.share()
pytest_plugins = ["tests.toolkit.deployment", "tests.toolkit.distribution", "tests.toolkit.summary"]


@pytest.fixture
def clock() -> Iterator[Clock]:
    """Return the clock of a stack and of its Giosg."""
    with run_by(Clock()) as clock:
        yield clock


@pytest.fixture
def giosg(clock: Clock) -> Iterator[SimulatedGiosg]:
    """Return a simulated Giosg with one agent online."""
    with SimulatedGiosg(clock=clock) as simulated:
        yield simulated


@pytest.fixture
def functions(giosg: SimulatedGiosg) -> Iterator[Functions]:
    """Return the stack's functions, in a fresh container, with empty tables and that Giosg."""
    with deployed(giosg) as functions:
        yield functions
