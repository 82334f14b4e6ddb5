"""What can be wrong between a stack and Giosg for good: each trouble shows as the real one would, and ends."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
import requests
from local.giosg import SimulatedGiosg, Target
from local.giosg.console.troubles import OTHER_ORGANIZATION_ID, TROUBLES
from tests.local.giosg_caller import Caller

TARGET = Target(
    chats_url="http://127.0.0.1:9/giosg_webhooks/chats?secret=s",
    messages_url="http://127.0.0.1:9/giosg_webhooks/messages?secret=s",
    retry_seconds=(),
)


def look(giosg: SimulatedGiosg, caller: Caller) -> dict[str, Any]:
    """Return how Giosg looks from outside."""
    me = caller.call_as_organization("GET", "users/me")
    room = caller.call_as_organization("GET", f"{caller.organization}/rooms/{giosg.room_id}")
    shown = room.json() if room.ok else {}
    return {
        "me": me.status_code,
        "organization": me.json().get("organization_id"),
        "chats": caller.call_as_organization("GET", f"{caller.organization}/owned_chats").status_code,
        "room": room.status_code,
        **{name: shown.get(name) for name in ("is_online", "is_open", "is_humans_online", "estimated_waiting_time")},
        "visitor": caller.authenticate().status_code,
    }


@pytest.mark.parametrize(
    ("name", "signs"),
    [
        ("bad_token", {"me": 401, "chats": 401, "room": 401, "visitor": 200}),
        ("other_organization", {"me": 200, "organization": OTHER_ORGANIZATION_ID, "chats": 403, "visitor": 200}),
        ("no_rights", {"me": 200, "chats": 403, "room": 403, "visitor": 200}),
        ("no_subscription", {"me": 403, "chats": 403, "visitor": 403}),
        ("wrong_room", {"me": 200, "chats": 200, "room": 404, "visitor": 200}),
        ("offline", {"room": 200, "is_online": False, "is_open": True, "is_humans_online": False}),
        ("closed", {"room": 200, "is_online": False, "is_open": False, "is_humans_online": True}),
        ("no_router", {"room": 200, "is_online": False, "is_open": True, "is_humans_online": True}),
        ("long_wait", {"room": 200, "is_online": True, "estimated_waiting_time": 600}),
    ],
)
def test_a_trouble_shows_until_it_ends(giosg: SimulatedGiosg, caller: Caller, name: str, signs: dict[str, Any]) -> None:
    well = look(giosg, caller)
    giosg.troubles.begin(name)
    giosg.troubles.begin(name)

    ill = look(giosg, caller)
    giosg.troubles.end(name)

    assert ill == ill | signs
    assert look(giosg, caller) == well


def test_an_app_that_is_not_installed_sends_nothing(giosg: SimulatedGiosg, caller: Caller) -> None:
    giosg.troubles.begin("app_not_installed")
    caller.start_chat("Hi")

    giosg.troubles.end("app_not_installed")
    last = caller.start_chat()

    assert [notification.body["resource_id"] for notification in giosg.webhooks.take()] == [last]


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("wrong_webhook_url", "http://127.0.0.1:9/giosg_webhook/chats?secret=s"),
        ("wrong_webhook_secret", "http://127.0.0.1:9/giosg_webhooks/chats?secret=s-old"),
    ],
)
def test_webhooks_go_astray_until_that_ends(giosg: SimulatedGiosg, name: str, url: str) -> None:
    giosg.webhooks.deliver_to(TARGET)
    giosg.troubles.begin(name)

    assert giosg.webhooks.target
    assert giosg.webhooks.target.chats_url == url
    giosg.troubles.end(name)
    assert giosg.webhooks.target == TARGET


def test_a_clock_that_is_ahead_shows_in_answers_and_in_what_is_said(giosg: SimulatedGiosg, caller: Caller) -> None:
    giosg.troubles.begin("clock_off")

    answer = caller.create_chat()

    told = (parsedate_to_datetime(answer.headers["Date"]), datetime.fromisoformat(answer.json()["created_at"]))
    for instant in told:
        assert timedelta(minutes=6) < instant - datetime.now(UTC) < timedelta(minutes=8)


def test_a_slow_giosg_is_slow_with_every_call(giosg: SimulatedGiosg) -> None:
    giosg.troubles.begin("slow")

    assert giosg.faults.call_latency_seconds >= 2
    giosg.troubles.clear()
    assert giosg.faults.call_latency_seconds == 0


def test_troubles_are_switched_over_http(giosg: SimulatedGiosg) -> None:
    url = f"{giosg.base_url}/_sim/troubles"

    def active() -> list[str]:
        return [each["name"] for each in requests.get(url, timeout=5).json()["troubles"] if each["is_on"]]

    statuses = [requests.put(f"{url}/{name}", timeout=5).status_code for name in ("offline", "slow", "no_such")]
    assert statuses == [204, 204, 404]
    assert active() == ["offline", "slow"]
    requests.delete(f"{url}/slow", timeout=5)
    assert active() == ["offline"]
    requests.delete(url, timeout=5)
    assert active() == []
    assert all(agent.record.is_online for agent in giosg.agents)


def test_all_troubles_together_end_together(giosg: SimulatedGiosg, caller: Caller) -> None:
    giosg.webhooks.deliver_to(TARGET)
    well = look(giosg, caller)
    for name in TROUBLES:
        giosg.troubles.begin(name)

    giosg.troubles.clear()

    assert look(giosg, caller) == well
    assert giosg.webhooks.target == TARGET
