"""Webhooks from elsewhere, with the right secret."""

from collections.abc import Callable, Iterator

import pytest
from local.giosg import SimulatedGiosg
from tests.aws import Functions, Reply, deployed, webhook_event
from tests.toolkit.clock import Clock
from tests.toolkit.notifications import about_an_unknown_chat

from visitor_chat import wiring

GIOSG = "178.63.128.65"
ELSEWHERE = "203.0.113.9"
NETWORKS = "178.63.128.64/29,2001:db8::/32"

Deliver = Callable[[str], Reply]


@pytest.fixture(scope="module")
def stack(clock: Clock) -> Iterator[tuple[SimulatedGiosg, Functions]]:
    with SimulatedGiosg(clock=clock) as giosg, deployed(giosg) as functions:
        yield giosg, functions


@pytest.fixture(params=["chats", "messages"])
def deliver(request: pytest.FixtureRequest, stack: tuple[SimulatedGiosg, Functions]) -> Deliver:
    """Return a delivery to either webhook from an address."""
    giosg, functions = stack

    def send(address: str) -> Reply:
        event = webhook_event(request.param, about_an_unknown_chat(giosg, request.param))
        event["requestContext"]["http"]["sourceIp"] = address
        return functions.invoke(f"webhook_{request.param}", event)

    return send


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    def choose(how: str) -> None:
        monkeypatch.setenv("WEBHOOK_ADDRESS_CHECK", how)
        monkeypatch.setenv("WEBHOOK_NETWORKS", NETWORKS)
        wiring.reset()

    yield choose
    wiring.reset()


@pytest.mark.parametrize("address", [GIOSG, f"::ffff:{GIOSG}", "2001:db8::7"])
def test_giosgs_addresses_are_let_in(deliver: Deliver, check: Callable[[str], None], address: str) -> None:
    check("enforce")

    assert deliver(address).status == 204


@pytest.mark.parametrize("address", [ELSEWHERE, "178.63.128.72", "2001:db9::7", "", "not an address"])
def test_other_addresses_are_refused_when_that_is_wanted(
    deliver: Deliver, check: Callable[[str], None], address: str
) -> None:
    check("enforce")

    assert (deliver(address).status, deliver(address).json["code"]) == (403, "webhook_forbidden")


def test_other_addresses_are_only_counted_in_a_report(
    deliver: Deliver, check: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    check("report")

    assert deliver(ELSEWHERE).status == 204

    printed = capsys.readouterr().out
    assert '"WebhookFromElsewhere"' in printed
    assert ELSEWHERE not in printed


def test_the_address_does_not_matter_by_default(deliver: Deliver) -> None:
    assert deliver(ELSEWHERE).status == 204
