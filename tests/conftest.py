"""What tests share: AWS on moto with the template's own tables, and a simulated Giosg over real HTTP."""

from collections.abc import Iterator

import pytest
from local.giosg import SimulatedGiosg
from moto import mock_aws
from tests.aws import REGION, Functions, environment

from visitor_chat import wiring


@pytest.fixture
def giosg() -> Iterator[SimulatedGiosg]:
    """Give a simulated Giosg with one agent online."""
    with SimulatedGiosg() as simulated:
        yield simulated


@pytest.fixture
def functions(giosg: SimulatedGiosg, monkeypatch: pytest.MonkeyPatch) -> Iterator[Functions]:
    """Give the stack's functions, in a fresh container, with empty tables and that Giosg."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    wiring.reset()
    with mock_aws():
        variables = environment(
            base_url=giosg.base_url,
            organization_id=giosg.organization_id,
            room_id=giosg.room_id,
            api_token=giosg.api_token,
        )
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield Functions()
    wiring.reset()
