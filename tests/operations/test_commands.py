"""How the commands behave towards those who type them."""

from pathlib import Path

import pytest
from operations import replay
from operations.__main__ import main
from operations.stacks import kept
from operations.stacks.kept import Kept
from operations.terminal import Refused
from tests.operations.conftest import Operator
from tests.toolkit.deployment import Stack, call


def test_the_urls_come_with_what_to_type_beside_them(operator: Operator, stack: Stack) -> None:
    said = operator.run("webhook-urls", "--stack", "local")

    assert said.status == 0
    for expected in (stack.local.webhook_urls.chats, "owned_chats/*/messages", "additions, changes, removals"):
        assert expected in said.output


def test_machines_get_one_document(operator: Operator, stack: Stack) -> None:
    said = operator.run("webhook-urls", "--stack", "local", "--json")

    assert said.json == {"chats": stack.local.webhook_urls.chats, "messages": stack.local.webhook_urls.messages}


def test_a_stack_that_there_is_not_is_said_in_words(operator: Operator, stack: Stack) -> None:
    said = operator.run("webhook-urls", "--stack", "other", AWS_ENDPOINT_URL=stack.local.emulator.url)

    assert said.status == 1
    assert "no stack other in eu-north-1" in said.errors


def test_a_machine_learns_of_a_failure_from_its_document(operator: Operator) -> None:
    said = operator.run("export-visitor", "--stack", "local", "--visitor", "Aino", "--json")

    assert said.status == 1
    assert "32 hexadecimal digits" in said.json["error"]


def test_a_local_stack_that_does_not_run_is_said_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["webhook-urls", "--stack", "local"], {"PORT": "9"}) == 1
    assert "make run" in capsys.readouterr().err


@pytest.mark.parametrize("given", [["--chat", "no-chat"], []], ids=["not an id", "nothing"])
def test_a_replay_of_no_chat_is_refused(given: list[str], stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status = main(["replay", "--stack", "local", *given], stack.environment)
    except SystemExit as usage:
        status = int(usage.code or 0)

    assert status != 0
    assert "chat" in capsys.readouterr().err.lower()


def test_a_second_rotation_says_what_is_to_be_done_first(operator: Operator, stack: Stack) -> None:
    assert operator.run("rotate-webhook-secret", "--stack", "local").status == 0

    said = operator.run("rotate-webhook-secret", "--stack", "local")

    assert (said.status, "FINISH=1" in said.errors) == (1, True)
    assert operator.run("rotate-webhook-secret", "--stack", "local", "--finish", "--yes").status == 0
    stack.subscribe()


def test_the_old_secret_ends_only_when_that_is_confirmed(operator: Operator, stack: Stack) -> None:
    finish = ("rotate-webhook-secret", "--stack", "local", "--finish")
    assert "there is nothing to finish" in operator.run(*finish, "--yes").errors
    assert operator.run("rotate-webhook-secret", "--stack", "local").status == 0

    assert operator.run(*finish).status == 1
    assert "Nothing was changed" in operator.run(*finish, "--dry-run").output
    assert operator.run(*finish, "--yes").status == 0
    stack.subscribe()


def test_dead_letters_are_counted_when_they_are_replayed(
    operator: Operator, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay, "WAIT_SECONDS", 0)  # the emulator's queue is one server, which knows at once
    sqs = stack.local.boto3_client("sqs")
    for number in range(12):
        body = f'{{"chat_id": "00000000-0000-4000-8000-{number:012}"}}'
        sqs.send_message(QueueUrl=stack.local.outputs["SyncDeadLettersUrl"], MessageBody=body)

    assert operator.run("replay", "--stack", "local", "--dead-letters", "--json").json == {"dead_letters": 12}


def test_what_is_kept_of_a_stack_is_its_owners_alone(tmp_path: Path) -> None:

    kept.write("shop", Kept(region="eu-west-1", answers={"GiosgRoomId": "room"}), folder=tmp_path)

    assert kept.read("shop", folder=tmp_path) == Kept(region="eu-west-1", answers={"GiosgRoomId": "room"})
    assert (tmp_path / "shop.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("name", ["../shop", "1shop", "shop.", "", "a" * 129])
def test_a_name_that_no_stack_has_leads_to_no_file(name: str) -> None:
    with pytest.raises(Refused, match="STACK="):
        kept.read(name)


def test_a_visitor_is_erased_when_their_id_is_typed(operator: Operator, stack: Stack) -> None:
    made = call("POST", f"{stack.local.api_url}/chats", json={"visitor_name": "Aino", "message": "Hello"}).json()
    visitor_id, token = made["visitor"]["id"], made["visitor_token"]
    command = ("erase-visitor", "--stack", "local", "--visitor", visitor_id)

    dry = operator.run(*command, "--dry-run")
    refused = operator.run(*command)
    done = operator.run(*command, "--yes")

    assert ("Nothing was changed" in dry.output, "in messages" in dry.output) == (True, True)
    assert "nobody can be asked here" in refused.errors
    assert done.status == 0
    left = operator.run("export-visitor", "--stack", "local", "--visitor", visitor_id).json
    assert (left["chats"], left["messages"], "Aino" in str(left)) == ([], [], False)
    headers = {"Authorization": f"Bearer {token}"}
    assert call("GET", f"{stack.local.api_url}/chats", headers=headers).status_code == 401


def test_nothing_is_erased_of_a_visitor_who_is_not_known(operator: Operator) -> None:
    said = operator.run("erase-visitor", "--stack", "local", "--visitor", "0" * 32, "--yes")

    assert (said.status, "Nothing is stored about visitor" in said.errors) == (1, True)
