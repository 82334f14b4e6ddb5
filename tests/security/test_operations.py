"""What operators do: another webhook secret, and a visitor's data for the visitor."""

import json
import uuid

import boto3
import pytest
from local.giosg import SimulatedGiosg
from operations.stacks.deployed import DeployedStack
from operations.visitors import export_visitor
from operations.webhook_secret import RotationUnderWay, finish, rotate
from tests.aws import REGION, WEBHOOK_SECRET, Functions
from tests.functions.conftest import stored_secrets
from tests.toolkit.notifications import about_an_unknown_chat
from tests.toolkit.visitors import start

from visitor_chat import wiring
from visitor_chat.domain.push_subscriptions import PushSubscription

TABLES = ("Visitors", "Credentials", "Chats", "Messages", "Connections")


@pytest.fixture
def deployed_stack(functions: Functions) -> DeployedStack:  # noqa: ARG001 - it is what was deployed
    outputs = {f"{name}TableName": f"{name}Table" for name in TABLES}
    outputs |= {"WebhookSecretArn": wiring.settings().webhook_secret_arn, "ApiUrl": "https://chat.example.com"}
    return DeployedStack(outputs=outputs, client=lambda service: boto3.client(service, REGION))  # type: ignore[call-overload] # any service


def test_no_webhook_is_lost_while_the_secret_is_rotated(
    deployed_stack: DeployedStack, giosg: SimulatedGiosg, functions: Functions
) -> None:
    def deliver(secret: str) -> int:
        return functions.webhook("chats", about_an_unknown_chat(giosg, "chats"), secret=secret).status

    assert deliver(WEBHOOK_SECRET) == 204

    new_secret = rotate(deployed_stack)
    wiring.reset()
    assert [deliver(WEBHOOK_SECRET), deliver(new_secret)] == [204, 204]

    finish(deployed_stack)
    wiring.reset()
    assert [deliver(WEBHOOK_SECRET), deliver(new_secret)] == [403, 204]


def test_a_second_rotation_waits_for_the_first(deployed_stack: DeployedStack) -> None:
    rotate(deployed_stack)

    with pytest.raises(RotationUnderWay):
        rotate(deployed_stack)

    finish(deployed_stack)
    rotate(deployed_stack)


def test_an_export_holds_what_was_said_and_no_secret(deployed_stack: DeployedStack, functions: Functions) -> None:
    chatting = start(functions, visitor_name="Aino", message="Where is my parcel?")
    start(functions, visitor_name="Somebody Else", message="Not mine")

    exported = json.dumps(export_visitor(deployed_stack, chatting.visitor_id), default=str)

    assert "Aino" in exported
    assert "Where is my parcel?" in exported
    assert "Not mine" not in exported
    assert [secret for secret in stored_secrets() if secret in exported] == []
    assert chatting.token.rpartition(".")[2] not in exported


def test_an_export_says_which_browsers_are_told_and_not_how(
    deployed_stack: DeployedStack, functions: Functions
) -> None:
    visitor_id = start(functions).visitor_id
    browser = PushSubscription(
        endpoint="https://push.example.com/secret-address",
        browser_key="secret-browser-key",
        auth_secret="secret-of-the-browser",
        language="fi",
    )
    wiring.store().push_subscriptions.add(visitor_id, browser, guards=[])

    exported = export_visitor(deployed_stack, visitor_id)

    (told,) = [each["subscriptions"] for each in exported["visitors"] if "subscriptions" in each]
    assert [each.keys() for each in told] == [{"language", "heard_at"}]
    assert "secret-" not in json.dumps(exported, default=str)


def test_an_export_holds_what_was_left_while_nobody_was_there(
    deployed_stack: DeployedStack, giosg: SimulatedGiosg, functions: Functions
) -> None:
    for agent in giosg.agents:
        agent.go_offline()
    body = {"message": "Call me back", "client_message_id": str(uuid.uuid4())}
    held = functions.call("hold_message", "POST", "/held_messages", body=body)

    exported = json.dumps(export_visitor(deployed_stack, held.json["visitor"]["id"]), default=str)

    assert "Call me back" in exported
