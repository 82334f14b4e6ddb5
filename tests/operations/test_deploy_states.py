"""What a deployment finds where it wants to deploy."""

import io
import json
import secrets
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from operations.deploy import states
from operations.deploy.command import prepared
from operations.deploy.left_over import LeftOver, left_over_tables
from operations.doctor.findings import Level
from operations.doctor.machine import AccountLooks
from operations.stacks import refusals
from operations.stacks.deployed import describe
from operations.stacks.places import Place, place_of
from operations.terminal import Terminal
from tests.toolkit.deployment import Stack, wait_for

FAILING = {
    "Resources": {
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Url": {
            "Type": "AWS::Lambda::Url",
            "DependsOn": "Queue",
            "Properties": {"TargetFunctionArn": "no-such-function", "AuthType": "NONE"},
        },
    }
}


@pytest.fixture
def place(stack: Stack) -> Place:
    return place_of("trial", region=None, environment={"AWS_ENDPOINT_URL": stack.local.emulator.url})


def failed_stack(place: Place) -> str:
    """Leave what a first deployment leaves that fails."""
    name = f"failed-{secrets.token_hex(4)}"
    place.client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(FAILING))
    wait_for(lambda: (found := describe(place, name)) is None or not found["StackStatus"].endswith("IN_PROGRESS"))
    return name


def test_what_a_failed_first_deployment_left_is_removed(place: Place) -> None:
    name, shown = failed_stack(place), io.StringIO()

    assert prepared(place, name, Terminal(output=shown)) is None

    assert f"An earlier first deployment of {name} failed; what it left is removed" in shown.getvalue()
    assert describe(place, name) is None


def test_why_a_deployment_failed_is_told_by_the_resource(place: Place) -> None:
    name = failed_stack(place)

    assert states.failures(place.client("cloudformation"), name).startswith("Url: ")

    states.delete(place, name)


def test_tables_of_an_earlier_stack_are_left_alone_and_named(place: Place) -> None:
    name = f"earlier-{secrets.token_hex(4)}"
    table, other = f"{name}-ChatsTable-1ABC", f"{name}-prod-ChatsTable-1ABC"
    for each in (table, other):
        create_table(place, each)
    shown = io.StringIO()

    assert prepared(place, name, Terminal(output=shown)) is None

    assert left_over_tables(place, name) == [table]
    assert f"Tables of an earlier stack {name} are still there: {table}." in shown.getvalue()
    for each in (table, other):
        place.client("dynamodb").delete_table(TableName=each)


def create_table(place: Place, name: str) -> None:
    place.client("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )


def test_what_somebody_owns_is_not_left_over() -> None:
    assert LeftOver(tables=("a", "b"), keys=("c",)).without({"a", "c"}) == LeftOver(tables=("b",))


class Account:
    """An AWS account that answers as it is told; a region leads to it."""

    region = "eu-north-1"
    emulator = None

    def __init__(self, *, concurrency: int = 1000, refusal: Exception | None = None) -> None:
        self._concurrency = concurrency
        self._refusal = refusal

    def client(self, _service: str) -> "Account":
        return self

    def get_caller_identity(self) -> dict[str, Any]:
        if self._refusal:
            raise self._refusal
        return {"Account": "123456789012"}

    def get_account_settings(self) -> dict[str, Any]:
        return {"AccountLimit": {"ConcurrentExecutions": self._concurrency}}


def said(account: Account) -> list[str]:
    looks = AccountLooks(account).all()  # type: ignore[arg-type] # as much of a place as is looked at
    found = [finding for look in looks.values() for finding in look()]
    return [finding.line for finding in found if finding.level is Level.WRONG]


def test_an_account_that_is_ready_is_no_trouble() -> None:
    assert said(Account()) == []


def test_a_new_account_is_told_what_to_ask_for() -> None:
    (line,) = said(Account(concurrency=10))

    assert line.startswith("AWS lets this account run 10 functions at a time: ask for 1000 in the console")


def test_no_region_is_named() -> None:
    (finding,) = [each for look in AccountLooks(Place(region=None)).all().values() for each in look()]

    assert "REGION=eu-north-1" in finding.line


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "in AWS's words"}}, "GetCallerIdentity")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (NoCredentialsError(), "AWS does not know who you are: aws configure, or aws sso login"),
        (refused("ExpiredToken"), "Your AWS credentials have ended: aws configure, or aws sso login"),
        (refused("AccessDenied"), "Your AWS user may not do GetCallerIdentity: ask whoever manages the account"),
        (refused("RequestExpired"), "AWS finds the request too old: set this machine's clock"),
        (refused("Strange"), "AWS refuses GetCallerIdentity (Strange): An error occurred (Strange)"),
    ],
    ids=["none", "ended", "denied", "clock", "strange"],
)
def test_what_aws_refuses_is_said_in_words(error: Exception, line: str) -> None:
    assert refusals.explanation(error).startswith(line)  # type: ignore[arg-type] # both of botocore's
