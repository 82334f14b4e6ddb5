"""Which answers of DynamoDB's are counted as throttled, also where the next attempt succeeds."""

import io
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ClientError

from visitor_chat.runtime import telemetry
from visitor_chat.store import throttling


def cancelled(*codes: str) -> dict[str, Any]:
    reasons = [{"Code": code} for code in codes]
    return {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}


@pytest.mark.parametrize(
    "answer",
    [
        {"Error": {"Code": "ProvisionedThroughputExceededException"}},
        {"Error": {"Code": "ThrottlingException"}},
        {"Error": {"Code": "RequestLimitExceeded"}},
        {"Responses": {}, "UnprocessedKeys": {"Chats": {}}},
        cancelled("None", "ThrottlingError"),
        cancelled("ProvisionedThroughputExceeded"),
    ],
    ids=["a table", "an operation", "an account", "a part of a batch", "a transaction", "a part of a transaction"],
)
def test_a_table_that_is_too_busy_is_told_from_others(answer: dict[str, Any]) -> None:
    assert throttling.is_throttled(answer)


@pytest.mark.parametrize(
    "answer",
    [{}, {"Items": []}, {"Error": {"Code": "ConditionalCheckFailedException"}},
     cancelled("None", "TransactionConflict"), {"Responses": {}, "UnprocessedKeys": {}}],
    ids=["nothing", "items", "a condition", "a conflict", "a whole batch"],
)  # fmt: skip
def test_another_answer_is_none(answer: dict[str, Any]) -> None:
    assert not throttling.is_throttled(answer)


class Busy(io.BytesIO):
    """The body of an answer that tells of a busy table."""

    def __init__(self) -> None:
        super().__init__(b'{"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException"}')

    def stream(self, **_options: Any) -> Iterator[bytes]:
        yield self.read()


def answer_busy(**_request: Any) -> AWSResponse:
    return AWSResponse("", 400, HTTPHeaders(), Busy())


def test_each_answer_of_a_table_is_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    once = Config(retries={"mode": "standard", "total_max_attempts": 1})
    client: Any = botocore.session.get_session().create_client(
        "dynamodb", "eu-north-1", config=once, aws_access_key_id="testing", aws_secret_access_key="testing"
    )
    client.meta.events.register("before-send.dynamodb", answer_busy)
    throttling.watch(client)

    with telemetry.invocation(), pytest.raises(ClientError):
        client.put_item(TableName="ChatsTable", Item={})

    assert '"TablesThrottled":[1.0]' in capsys.readouterr().out
