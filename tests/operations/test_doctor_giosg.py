"""What the doctor says of Giosg, with each thing that can be wrong switched on in the simulated one."""

from dataclasses import replace

import pytest
from local.giosg import Fault, SimulatedGiosg
from operations.doctor.findings import Finding, Group, Level
from operations.doctor.giosg import GiosgLooks, Remedies
from operations.doctor.giosg_account import Account, clock_offset_seconds
from operations.doctor.subjects import deployed_groups, giosg_of_environment
from operations.stacks.deployed import DeployedStack
from tests.toolkit.refusal import refusing_url

REMEDIES = Remedies(token="put it into GIOSG_API_TOKEN", ids="set GIOSG_ROOM_ID")
OTHER_ID = "00000000-0000-4000-8000-000000000009"


@pytest.fixture
def account(giosg: SimulatedGiosg) -> Account:
    return Account(
        base_url=giosg.base_url,
        organization_id=giosg.organization_id,
        room_id=giosg.room_id,
        api_token=giosg.api_token,
    )


def examined(account: Account) -> list[Finding]:
    return list(Group(heading="Giosg", looks=GiosgLooks(account, REMEDIES).all()).findings())


def only_trouble(account: Account) -> str:
    """Return the line of the one thing that is wrong."""
    (line,) = [finding.line for finding in examined(account) if finding.level is Level.WRONG]
    return line


def test_nothing_is_wrong_with_a_giosg_that_works(account: Account) -> None:
    found = examined(account)

    assert {finding.check for finding in found} == {
        "giosg.token",
        "giosg.rights",
        "giosg.room",
        "giosg.online",
        "giosg.visitor",
        "giosg.clock",
        "giosg.latency",
    }
    assert {finding.level for finding in found} == {Level.OK}


def test_no_finding_holds_the_token_or_an_agents_name(account: Account, giosg: SimulatedGiosg) -> None:
    for given in (account, replace(account, api_token="wrong-token"), replace(account, room_id=OTHER_ID)):
        said = " ".join(str(finding.document()) for finding in examined(given))
        assert given.api_token not in said
        assert [agent.record.name for agent in giosg.agents if agent.record.name in said] == []


def test_a_bad_token_is_named(account: Account) -> None:
    assert only_trouble(replace(account, api_token="wrong-token")) == (
        "Giosg refuses the API token (401): make another in Giosg under Settings, Company, Access tokens,"
        " and put it into GIOSG_API_TOKEN"
    )


@pytest.mark.parametrize("token", ["", "two words", "ä"])
def test_a_token_that_was_copied_badly_is_named(account: Account, token: str) -> None:
    assert "copy it again, whole" in only_trouble(replace(account, api_token=token))


def test_a_token_of_another_organisation_is_named_with_both_ids(account: Account) -> None:
    found = examined(replace(account, organization_id=OTHER_ID))

    line = next(finding.line for finding in found if finding.check == "giosg.organization")
    assert f"is of organisation {account.organization_id}, not of {OTHER_ID}" in line


def test_a_wrong_room_is_named(account: Account) -> None:
    assert f"no room {OTHER_ID}: copy the id from" in only_trouble(replace(account, room_id=OTHER_ID))


def test_a_further_room_is_named_by_its_name(account: Account, giosg: SimulatedGiosg) -> None:
    rooms = {"sales": giosg.other_room_ids[0], "support": OTHER_ID}

    found = examined(replace(account, rooms=rooms))

    assert [each.line[:60] for each in found if each.level is Level.WRONG] == [
        f"Room support: This organisation has no room {OTHER_ID}"[:60]
    ]
    assert "giosg.online.sales" in {each.check for each in found}


TWICE = f"sales={OTHER_ID},sales={OTHER_ID[:-1]}8"


def test_rooms_of_the_environment_that_cannot_be_read_are_named(account: Account) -> None:
    named = {"GIOSG_ORGANIZATION_ID": account.organization_id, "GIOSG_ROOM_ID": account.room_id}
    group = giosg_of_environment({**named, "GIOSG_API_TOKEN": account.api_token, "GIOSG_ROOMS": TWICE})

    assert [each.line for each in group.findings()] == [
        "GIOSG_ROOMS has sales twice: set it as sales=UUID,support=UUID"
    ]


def test_rooms_of_a_stack_that_cannot_be_read_are_named(account: Account) -> None:
    parameters = {"GiosgBaseUrl": account.base_url, "GiosgRoomId": account.room_id, "Rooms": TWICE}
    stack = DeployedStack(
        name="shop", outputs={"ApiUrl": "https://x"}, client=lambda _service: None, parameters=parameters
    )

    (found,) = [each for group in deployed_groups(stack) for each in group.findings()]

    assert found.says == "The parameter Rooms has sales twice: every function fails"
    assert found.advice == 'make deploy STACK=shop PARAMETERS="Rooms=sales=UUID,support=UUID"'


@pytest.mark.parametrize("room_id", ["", "room", "C2A7F9E4-0B56-4D18-8F6A-91D3E5B7A042"])
def test_an_id_that_is_none_is_named_before_giosg_is_asked(
    account: Account, giosg: SimulatedGiosg, room_id: str
) -> None:
    assert "The id of the room is not a UUID" in only_trouble(replace(account, room_id=room_id))
    assert giosg.requests.all() == []


@pytest.mark.parametrize(
    ("path", "status", "line"),
    [
        ("owned_chats", 403, "may not read the organisation's chats (403): give that user rights"),
        ("owned_chats", 404, "may not read the organisation's chats (404): give that user rights"),
        ("/v5/orgs/[^/]*/rooms", 403, "may not see the room (403): give that user rights"),
        ("/auth", 404, "lets no visitor of this organisation in (404)"),
        ("/auth", 403, "lets no visitor of this organisation in (403)"),
    ],
)
def test_missing_rights_are_named(account: Account, giosg: SimulatedGiosg, path: str, status: int, line: str) -> None:
    giosg.faults.answer(status, path=path)

    assert line in only_trouble(account)


@pytest.mark.parametrize("status", [500, 503])
def test_a_giosg_in_trouble_is_named_once(account: Account, giosg: SimulatedGiosg, status: int) -> None:
    giosg.faults.answer(status)

    assert f"Giosg is in trouble itself ({status})" in only_trouble(account)


def test_too_many_calls_are_told_from_a_giosg_in_trouble(account: Account, giosg: SimulatedGiosg) -> None:
    giosg.faults.answer(429)

    assert "Giosg takes no more calls for now (429)" in only_trouble(account)


def test_no_subscription_is_named(account: Account, giosg: SimulatedGiosg) -> None:
    giosg.faults.answer(403, path="/users/me")

    assert "has the organisation's subscription ended" in only_trouble(account)


def test_an_offline_room_is_named(account: Account, giosg: SimulatedGiosg) -> None:
    for agent in giosg.agents:
        agent.go_offline()

    assert only_trouble(account) == (
        "No visitor can start a chat now: no agent is online:"
        " let an agent of this room's router log in to Giosg and press Start"
    )


def test_closed_hours_are_named(account: Account, giosg: SimulatedGiosg) -> None:
    giosg.world.rooms[giosg.room_id].is_open = False

    assert "outside of its service hours" in only_trouble(account)


def test_bots_alone_are_worth_a_note(account: Account, giosg: SimulatedGiosg) -> None:
    for agent in giosg.agents:
        agent.go_offline()
    giosg.add_agent("Botti", is_bot=True).go_online()

    (said,) = [finding.says for finding in examined(account) if finding.level is Level.NOTE]
    assert said == "The room is online, but only bots are there"


def test_a_slow_giosg_is_named_with_its_time(account: Account, giosg: SimulatedGiosg) -> None:
    giosg.faults.call_latency_seconds = 0.05
    looks = GiosgLooks(account, REMEDIES, slow_seconds=0.04).all()

    (line,) = [each.line for each in Group(heading="", looks=looks).findings() if each.level is Level.WRONG]
    assert "ms from here (p50 of 5 calls): visitors will wait" in line


def test_a_giosg_that_does_not_answer_is_named_once(account: Account, giosg: SimulatedGiosg) -> None:
    giosg.faults.add(Fault(kind="hang", seconds=5.0))

    assert "Giosg gave no answer within 0.2 s" in only_trouble(replace(account, timeout_seconds=0.2))


def test_a_giosg_that_nobody_reaches_is_named_once(account: Account) -> None:
    with refusing_url() as base_url:
        assert f"Giosg cannot be reached at {base_url}" in only_trouble(replace(account, base_url=base_url))


def test_an_address_where_something_else_answers_is_named(account: Account, giosg: SimulatedGiosg) -> None:
    giosg.faults.answer(404, path="/users/me")

    assert "is not Giosg's API" in only_trouble(account)


@pytest.mark.parametrize(
    ("date", "offset"),
    [
        ("Thu, 01 Jan 1970 00:16:40 GMT", 0.5),
        ("Thu, 01 Jan 1970 00:18:40 GMT", 120.5),
        (None, None),
        ("now", None),
        ("Thu, 99 Jan 1970 00:18:40 GMT", None),
    ],
)
def test_another_clock_is_read_from_its_header(date: str | None, offset: float | None) -> None:
    assert clock_offset_seconds(date, received_at=1001.0, seconds=2.0) == offset
