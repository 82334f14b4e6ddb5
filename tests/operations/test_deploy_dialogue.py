"""What a deployment asks for, what it takes from elsewhere, and what it refuses before anything is deployed."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from local.giosg import SimulatedGiosg
from operations.deploy import parameters, states
from operations.deploy.dialogue import Answers, Dialogue, Known
from operations.deploy.questions import WrongForm, origins, uuid
from operations.giosg_token import given_token
from operations.terminal import Refused, Terminal

OTHER_ID = "00000000-0000-4000-8000-000000000009"
TEMPLATE = {
    "Parameters": {
        "RetentionDays": {"Type": "Number"},
        "GiosgApiToken": {"Type": "String", "NoEcho": True},
    }
}


class Person:
    """Somebody who has an answer to each question, in their order; and what they were shown."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.shown = io.StringIO()
        self.terminal = Terminal(output=self.shown, is_interactive=True, ask_line=self._answer, ask_hidden=self._answer)

    def _answer(self, question: str) -> str:
        self.asked.append(question)
        return self.answers.pop(0)


@pytest.fixture
def nobody() -> Terminal:
    return Terminal(output=io.StringIO())


@pytest.fixture
def environment(giosg: SimulatedGiosg) -> dict[str, str]:
    """What names the simulated Giosg, and answers nothing else."""
    return {"GIOSG_BASE_URL": giosg.base_url}


def deployed(giosg: SimulatedGiosg, **changes: Any) -> Known:
    """Return what is known of a stack that was deployed for the simulated Giosg."""
    known = {
        "GiosgOrganizationId": giosg.organization_id,
        "GiosgRoomId": giosg.room_id,
        "AllowedOrigins": "https://shop.example.com",
        "GiosgBaseUrl": giosg.base_url,
    }
    return Known(**{"parameters": known, "token": giosg.api_token, **changes})


NEW = Known(parameters={})


def test_a_new_stack_is_asked_four_things(giosg: SimulatedGiosg, environment: dict[str, str]) -> None:
    person = Person(giosg.organization_id, giosg.room_id, "https://shop.example.com/", giosg.api_token)

    answers = Dialogue(person.terminal, environment).answers(NEW)

    assert len(person.asked) == 4
    assert answers.token == giosg.api_token
    assert answers.parameters == deployed(giosg).parameters


def test_the_token_is_in_no_text(giosg: SimulatedGiosg, environment: dict[str, str]) -> None:
    person = Person(giosg.organization_id, giosg.room_id, "https://shop.example.com", giosg.api_token)

    answers = Dialogue(person.terminal, environment).answers(NEW)

    assert giosg.api_token not in person.shown.getvalue() + repr(answers)


def test_an_answer_without_its_form_is_asked_for_again(giosg: SimulatedGiosg, environment: dict[str, str]) -> None:
    person = Person(
        "acme", giosg.organization_id.upper(), "", giosg.room_id, "shop", "https://shop.example.com", giosg.api_token
    )

    answers = Dialogue(person.terminal, environment).answers(NEW)

    assert answers.parameters["GiosgOrganizationId"] == giosg.organization_id
    assert "'acme' is no UUID: it looks like" in person.shown.getvalue()
    assert "'shop' is no origin" in person.shown.getvalue()


@pytest.mark.parametrize(
    ("wrong", "again", "line"),
    [
        ({0: OTHER_ID}, lambda giosg: giosg.organization_id, "is of organisation"),
        ({1: OTHER_ID}, lambda giosg: giosg.room_id, "has no room"),
        ({3: "wrong-token"}, lambda giosg: giosg.api_token, "Giosg refuses the API token"),
    ],
    ids=["organisation", "room", "token"],
)
def test_what_giosg_does_not_agree_with_is_asked_for_again(
    giosg: SimulatedGiosg,
    environment: dict[str, str],
    wrong: dict[int, str],
    again: Callable[[SimulatedGiosg], str],
    line: str,
) -> None:
    right = [giosg.organization_id, giosg.room_id, "https://shop.example.com", giosg.api_token]
    person = Person(*[wrong.get(place, answer) for place, answer in enumerate(right)], again(giosg))

    answers = Dialogue(person.terminal, environment).answers(NEW)

    assert (answers.parameters, answers.token) == (deployed(giosg).parameters, giosg.api_token)
    assert line in person.shown.getvalue()
    assert person.answers == []


def test_an_offline_room_is_no_obstacle(giosg: SimulatedGiosg, environment: dict[str, str]) -> None:
    for agent in giosg.agents:
        agent.go_offline()
    person = Person(giosg.organization_id, giosg.room_id, "https://shop.example.com", giosg.api_token)

    Dialogue(person.terminal, environment).answers(NEW)

    assert "No visitor can start a chat now" in person.shown.getvalue()


def test_a_known_stack_is_asked_nothing(giosg: SimulatedGiosg) -> None:
    person = Person()

    assert Dialogue(person.terminal, {}).answers(deployed(giosg)) == Answers(parameters=deployed(giosg).parameters)
    assert person.asked == []


def test_a_known_stack_can_be_deployed_while_giosg_is_down(giosg: SimulatedGiosg, nobody: Terminal) -> None:
    giosg.faults.answer(503)

    answers = Dialogue(nobody, {}).answers(deployed(giosg))

    assert answers.token is None


def test_what_the_environment_says_for_other_stacks_does_not_change_a_known_one(
    giosg: SimulatedGiosg, nobody: Terminal
) -> None:
    environment = {"GIOSG_ORGANIZATION_ID": OTHER_ID, "GIOSG_ROOM_ID": OTHER_ID, "ALLOWED_ORIGINS": "https://x.example"}

    answers = Dialogue(nobody, environment).answers(deployed(giosg))

    assert answers.parameters == deployed(giosg).parameters


def test_everything_can_be_asked_again_with_what_is_known_as_the_default(giosg: SimulatedGiosg) -> None:
    person = Person("", "", "https://other.example.com")

    answers = Dialogue(person.terminal, {}).answers(deployed(giosg, asks_again=True))

    assert f"[{giosg.room_id}]" in person.asked[1]
    assert answers.parameters["AllowedOrigins"] == "https://other.example.com"
    assert answers.token is None


def test_another_token_is_taken_from_the_environment_and_said(giosg: SimulatedGiosg) -> None:
    giosg.credentials.add_api_token("another-token", user_id=giosg.agents[0].id)
    person = Person()

    answers = Dialogue(person.terminal, {"GIOSG_API_TOKEN": "another-token"}).answers(deployed(giosg))

    assert answers.token == "another-token"
    assert "takes the place of the stored one" in person.shown.getvalue()


def test_another_token_is_asked_for_on_demand(giosg: SimulatedGiosg) -> None:
    giosg.credentials.add_api_token("another-token", user_id=giosg.agents[0].id)

    answers = Dialogue(Person("another-token").terminal, {}).answers(deployed(giosg, asks_for_token=True))

    assert answers.token == "another-token"


def test_a_machine_answers_by_its_environment(
    giosg: SimulatedGiosg, environment: dict[str, str], nobody: Terminal, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text(f"{giosg.api_token}\n")
    environment |= {
        "GIOSG_ORGANIZATION_ID": giosg.organization_id,
        "GIOSG_ROOM_ID": giosg.room_id,
        "ALLOWED_ORIGINS": "https://shop.example.com",
        "GIOSG_API_TOKEN_FILE": str(file),
    }

    answers = Dialogue(nobody, environment).answers(NEW)

    assert answers == Answers(parameters=deployed(giosg).parameters, token=giosg.api_token)


@pytest.mark.parametrize("missing", ["GIOSG_ORGANIZATION_ID", "GIOSG_ROOM_ID", "ALLOWED_ORIGINS", "GIOSG_API_TOKEN"])
def test_a_machine_is_told_what_it_has_to_say(
    giosg: SimulatedGiosg, environment: dict[str, str], nobody: Terminal, missing: str
) -> None:
    environment |= {
        "GIOSG_ORGANIZATION_ID": giosg.organization_id,
        "GIOSG_ROOM_ID": giosg.room_id,
        "ALLOWED_ORIGINS": "https://shop.example.com",
        "GIOSG_API_TOKEN": giosg.api_token,
    }
    del environment[missing]

    with pytest.raises(Refused, match=missing):
        Dialogue(nobody, environment).answers(NEW)


def test_a_machine_is_told_what_giosg_does_not_agree_with(
    giosg: SimulatedGiosg, environment: dict[str, str], nobody: Terminal
) -> None:
    environment |= {
        "GIOSG_ORGANIZATION_ID": giosg.organization_id,
        "GIOSG_ROOM_ID": OTHER_ID,
        "ALLOWED_ORIGINS": "https://shop.example.com",
        "GIOSG_API_TOKEN": giosg.api_token,
    }

    with pytest.raises(Refused, match=f"no room {OTHER_ID}"):
        Dialogue(nobody, environment).answers(NEW)


def test_a_token_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="GIOSG_API_TOKEN_FILE"):
        given_token({"GIOSG_API_TOKEN_FILE": str(tmp_path / "none")})


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("https://www.example.com", "https://www.example.com"),
        ("https://WWW.Example.com/", "https://www.example.com"),
        (" https://a.example , https://b.example:8443 ", "https://a.example,https://b.example:8443"),
        ("https://a.example,https://a.example/", "https://a.example"),
        ("http://localhost:3000", "http://localhost:3000"),
    ],
)
def test_origins_get_their_proper_form(text: str, answer: str) -> None:
    assert origins(text) == answer


@pytest.mark.parametrize(
    "text", ["", ",", "www.example.com", "https://", "ftp://a.example", "https://a.example/shop", "*"]
)
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(WrongForm):
        origins(text)


@pytest.mark.parametrize("text", ["", "acme", OTHER_ID[:-1], f"{OTHER_ID}0", f"{{{OTHER_ID}}}"])
def test_what_is_no_uuid_is_refused(text: str) -> None:
    with pytest.raises(WrongForm):
        uuid(text)


def test_other_parameters_are_given_by_their_names() -> None:
    assert parameters.chosen("RetentionDays=90", TEMPLATE) == {"RetentionDays": "90"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("RetentionDay=90", "there is no RetentionDay"),
        ("GiosgApiToken=abc", "has no place on a command line"),
        ('RetentionDays="90', "quotation mark"),
    ],
)
def test_parameters_that_cannot_be_given_are_refused(text: str, line: str) -> None:
    with pytest.raises(Refused, match=line):
        parameters.chosen(text, TEMPLATE)


@pytest.mark.parametrize(
    ("rooms", "line"),
    [
        (f"sales={OTHER_ID},sales={OTHER_ID[:-1]}8", "Rooms has sales twice"),
        (f"default={OTHER_ID}", "Rooms gives a further room the name default"),
        (f"Sales={OTHER_ID}", "Rooms has the name 'Sales'"),
    ],
)
def test_rooms_that_no_stack_can_have_are_refused_before_giosg_is_asked(
    giosg: SimulatedGiosg, nobody: Terminal, environment: dict[str, str], rooms: str, line: str
) -> None:
    known = deployed(giosg)

    with pytest.raises(Refused, match=line):
        Dialogue(nobody, environment).answers(replace(known, parameters={**known.parameters, "Rooms": rooms}))

    assert giosg.requests.all() == []


def test_a_further_room_that_is_offline_now_keeps_nothing_from_being_deployed(
    giosg: SimulatedGiosg, nobody: Terminal, environment: dict[str, str]
) -> None:
    sales = giosg.other_room_ids[0]
    giosg.world.rooms[sales].is_open = False
    known = deployed(giosg)
    environment["GIOSG_API_TOKEN"] = giosg.api_token

    parameters = {**known.parameters, "Rooms": f"sales={sales}"}
    answers = Dialogue(nobody, environment).answers(replace(known, parameters=parameters, token=None))

    assert answers.parameters["Rooms"] == f"sales={sales}"


def test_a_further_room_that_is_not_giosgs_is_refused_by_its_name(
    giosg: SimulatedGiosg, nobody: Terminal, environment: dict[str, str]
) -> None:
    known = deployed(giosg, token=None)
    environment["GIOSG_API_TOKEN"] = giosg.api_token
    wrong = replace(known, parameters={**known.parameters, "Rooms": f"sales={OTHER_ID}"})

    with pytest.raises(Refused, match="Room sales: This organisation has no room"):
        Dialogue(nobody, environment).answers(wrong)


@pytest.mark.parametrize(
    ("status", "line"),
    [
        ("UPDATE_IN_PROGRESS", "is being changed"),
        ("DELETE_IN_PROGRESS", "is being changed"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
    ],
)
def test_a_stack_that_cannot_be_changed_is_refused_with_a_reason(status: str, line: str) -> None:
    with pytest.raises(Refused, match=line):
        states.require_changeable({"StackName": "shop", "StackStatus": status})


def test_another_applications_stack_is_refused() -> None:
    description = {
        "StackName": "shop",
        "StackStatus": "CREATE_COMPLETE",
        "Parameters": [{"ParameterKey": "Size", "ParameterValue": "1"}],
    }

    with pytest.raises(Refused, match="another application's stack"):
        states.require_changeable(description)


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED"])
def test_a_first_deployment_that_failed_is_no_obstacle(status: str) -> None:
    description = {"StackName": "shop", "StackStatus": status}

    states.require_changeable(description)

    assert states.is_left_over(description)
