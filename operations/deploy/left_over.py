"""What a deleted stack leaves: its tables, and the key that they are encrypted with."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from operations.stacks.deployed import DeployedStack
from operations.stacks.places import Place

TABLE, KEY = "AWS::DynamoDB::Table", "AWS::KMS::Key"
DELETION_POLICY = "DeletionPolicy"
KEY_DESCRIPTION = "Tables and secrets of {stack}"
"""As the template describes the key."""
KEY_DAYS = 7
"""The shortest time that KMS keeps a key before it is gone for good.

https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOver:
    """What stays when a stack is deleted, or has stayed when one was."""

    tables: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.tables or self.keys)

    def __add__(self, other: "LeftOver") -> "LeftOver":
        return LeftOver(tables=self.tables + other.tables, keys=self.keys + other.keys)

    def without(self, owned: Collection[str]) -> "LeftOver":
        """Return it without what somebody still owns."""
        tables, keys = ([each for each in ids if each not in owned] for ids in (self.tables, self.keys))
        return LeftOver(tables=tuple(tables), keys=tuple(keys))

    @property
    def lines(self) -> list[str]:
        return [*(f"table {name}" for name in self.tables), *(f"key {key}" for key in self.keys)]


def to_be_left(stack: DeployedStack) -> LeftOver:
    """Return what CloudFormation will leave of a stack that is there."""
    if stack.parameters.get("DataDeletion") == "Delete":
        return LeftOver()
    declared = stack.template()["Resources"]
    kept = [
        (kind, physical)
        for logical, (kind, physical) in stack.resources().items()
        if DELETION_POLICY in declared.get(logical, {})
    ]
    return LeftOver(
        tables=tuple(sorted(physical for kind, physical in kept if kind == TABLE)),
        keys=tuple(physical for kind, physical in kept if kind == KEY),
    )


def left_over(place: Place, stack: str) -> LeftOver:
    """Return what earlier stacks of a name have left."""
    return LeftOver(tables=tuple(left_over_tables(place, stack)), keys=tuple(left_over_keys(place, stack)))


def left_over_tables(place: Place, stack: str) -> list[str]:
    """Return the tables that CloudFormation has named after a stack.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html
    """
    named = re.compile(rf"{re.escape(stack)}-[A-Za-z0-9]+Table-[A-Za-z0-9]+")
    pages = place.client("dynamodb").get_paginator("list_tables").paginate()
    return sorted(name for page in pages for name in page["TableNames"] if named.fullmatch(name))


def left_over_keys(place: Place, stack: str) -> Iterator[str]:
    """Return the keys that were described as a stack's, and are not on their way out."""
    kms = place.client("kms")
    for page in kms.get_paginator("list_keys").paginate():
        for key in page["Keys"]:
            found = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
            is_theirs = found.get("Description") == KEY_DESCRIPTION.format(stack=stack)
            if is_theirs and found["KeyState"] in {"Enabled", "Disabled"}:
                yield key["KeyId"]


def erase(place: Place, data: LeftOver) -> None:
    """Delete the tables at once, and the keys after the time that KMS asks for."""
    dynamodb, kms = place.client("dynamodb"), place.client("kms")
    for table in data.tables:
        dynamodb.delete_table(TableName=table)
    for key in data.keys:
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=KEY_DAYS)
