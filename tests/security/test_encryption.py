"""Tables and secrets are encrypted with a key of the stack's own, or the customer's."""

from typing import Any

import pytest
from tests.template import resources

CHOSEN = {"Fn::If": ["HasOwnKey", {"Fn::GetAtt": ["DataKey", "Arn"]}, {"Ref": "KmsKeyArn"}]}


@pytest.mark.parametrize("name", resources("AWS::DynamoDB::Table"))
def test_every_table_is_encrypted_with_the_key(name: str) -> None:
    properties = resources("AWS::DynamoDB::Table")[name]["Properties"]

    assert properties["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": CHOSEN}


@pytest.mark.parametrize("name", resources("AWS::SecretsManager::Secret"))
def test_every_secret_is_encrypted_with_the_key(name: str) -> None:
    assert resources("AWS::SecretsManager::Secret")[name]["Properties"]["KmsKeyId"] == CHOSEN


def test_the_key_is_rotated() -> None:
    assert resources("AWS::KMS::Key")["DataKey"]["Properties"]["EnableKeyRotation"] is True


def test_the_key_is_of_use_only_through_tables_and_secrets() -> None:
    account, used = resources("AWS::KMS::Key")["DataKey"]["Properties"]["KeyPolicy"]["Statement"]

    assert list(account["Principal"]["AWS"].values()) == ["arn:${AWS::Partition}:iam::${AWS::AccountId}:root"]
    equal: dict[str, Any] = used["Condition"]["StringEquals"]
    assert equal["kms:CallerAccount"] == {"Ref": "AWS::AccountId"}
    assert [service["Fn::Sub"].partition(".")[0] for service in equal["kms:ViaService"]] == [
        "dynamodb",
        "secretsmanager",
    ]
