"""An API token that no header can carry is Giosg's refusal, not a failure of ours."""

import boto3
from tests.aws import REGION, Functions
from tests.toolkit.visitors import ask_to_start


def test_a_broken_api_token_is_a_giosg_error(functions: Functions) -> None:
    secrets = boto3.client("secretsmanager", REGION)
    secrets.put_secret_value(SecretId="token", SecretString="two words")

    answer = ask_to_start(functions, visitor_name="Aino")

    assert (answer.status, answer.json["code"]) == (502, "giosg_error")
    assert "two words" not in answer.text
