"""Each trouble that the simulated Giosg can have is named by the doctor, in a line that tells what to do."""

from datetime import UTC, datetime, timedelta

import pytest
from local.giosg import SimulatedGiosg
from local.giosg.console.troubles import TROUBLES
from operations.doctor.edge import StackApi
from operations.doctor.findings import Group, Level
from operations.doctor.giosg import GiosgLooks, Remedies
from operations.doctor.giosg_account import Account
from operations.doctor.round_trip import RoundTrip
from operations.doctor.webhooks import WebhookLooks
from operations.stacks.deployed import DeployedStack
from operations.stacks.log_lines import LogLines
from tests.operations.conftest import lines
from tests.toolkit.deployment import Stack, wait_for

REMEDIES = Remedies(token="put it into GIOSG_API_TOKEN", ids="set GIOSG_ROOM_ID")
OF_GIOSG = {
    "bad_token": "Giosg refuses the API token (401): make another in Giosg under Settings, Company, Access tokens",
    "other_organization": "take that id (set GIOSG_ROOM_ID), or a token of the right organisation",
    "no_rights": "may not read the organisation's chats (403): give that user rights to the room in Giosg",
    "no_subscription": "(403): has the organisation's subscription ended",
    "wrong_room": "This organisation has no room c2a7f9e4-0b56-4d18-8f6a-91d3e5b7a042: copy the id from the address",
    "offline": "no agent is online: let an agent of this room's router log in to Giosg and press Start",
    "closed": "the room is outside of its service hours: wait, or change the hours",
    "no_router": "no router leads to them from this room: add the room to a router",
    "long_wait": "visitors wait for about 10 min, Giosg says: more agents in its router help",
    "clock_off": "s ahead of this machine's: if AWS's agrees with this machine's",
    "slow": "ms from here (p50 of 5 calls): visitors will wait for several of these",
}
OF_WEBHOOKS = {"app_not_installed", "wrong_webhook_url", "wrong_webhook_secret"}
"""They are told from each other by the tests below."""


def test_every_trouble_has_its_line() -> None:
    assert OF_GIOSG.keys() | OF_WEBHOOKS == TROUBLES.keys()


@pytest.mark.parametrize("name", OF_GIOSG)
def test_a_trouble_with_giosg_is_named(giosg: SimulatedGiosg, name: str) -> None:
    account = Account(
        base_url=giosg.base_url,
        organization_id=giosg.organization_id,
        room_id=giosg.room_id,
        api_token=giosg.api_token,
    )
    giosg.troubles.begin(name)
    if name == "slow":
        giosg.faults.call_latency_seconds = 0.05

    found = list(Group(heading="", looks=GiosgLooks(account, REMEDIES, slow_seconds=0.04).all()).findings())

    said = [finding.line for finding in found if finding.level is not Level.OK and finding.check != "giosg.latency"]
    if name == "slow":
        said = [finding.line for finding in found if finding.check == "giosg.latency"]
    assert OF_GIOSG[name] in said[0]


@pytest.mark.parametrize("name", ["app_not_installed", "wrong_webhook_url"])
def test_webhooks_that_do_not_arrive_are_named(deployed: DeployedStack, stack: Stack, name: str) -> None:
    stack.giosg.troubles.begin(name)
    api, log = StackApi(deployed), LogLines(deployed)
    later = datetime.now(UTC) + timedelta(days=15)

    said = [
        *lines(RoundTrip(deployed, api, log, echo_seconds=0.3).look()),
        *lines(WebhookLooks(deployed, api, log, clock=lambda: later).channel("messages")),
    ]

    assert "the message did not come within" in said[0]
    assert "the app is not installed, or its URL differs; in Giosg look at the app's Owner tools" in said[1]


def test_webhooks_with_another_secret_are_named(deployed: DeployedStack, stack: Stack) -> None:
    stack.settle()
    stack.giosg.troubles.begin("wrong_webhook_secret")
    looks = WebhookLooks(deployed, StackApi(deployed), LogLines(deployed))
    stack.giosg.website_visitor.start_chat("Hello")

    def refused() -> list[str]:
        return [line for line in lines(looks.channel("messages")) if "come with a wrong secret" in line]

    assert "enter the URLs of make webhook-urls STACK=local" in wait_for(refused)[0]
