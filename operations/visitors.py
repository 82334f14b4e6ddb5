"""What is stored about one visitor, for the visitor who asks for it."""

from collections.abc import Iterator
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from operations.stacks import DeployedStack

SECRET = {"secret_hash", "visitor_secret_id", "access_token", "claims"}
"""What protects the visitor, and says nothing about them."""

Item = dict[str, Any]


def export_visitor(stack: DeployedStack, visitor_id: str) -> dict[str, list[Item]]:
    """Give every item about a visitor, by table; without the keys to their account."""
    chats = list(_partition(stack, "ChatsTableName", "pk", f"visitor#{visitor_id}"))
    chat_ids = [listing["chat_id"] for listing in chats]
    return {
        "visitors": list(_partition(stack, "VisitorsTableName", "visitor_id", visitor_id)),
        "credentials": list(_partition(stack, "CredentialsTableName", "visitor_id", visitor_id)),
        "chats": [item for each in chat_ids for item in _partition(stack, "ChatsTableName", "pk", f"chat#{each}")],
        "messages": [item for each in chat_ids for item in _partition(stack, "MessagesTableName", "chat_id", each)],
        "connections": list(_partition(stack, "ConnectionsTableName", "pk", f"visitor#{visitor_id}")),
    }


def _partition(stack: DeployedStack, table: str, key: str, value: str) -> Iterator[Item]:
    pages = (
        stack.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=stack.outputs[table],
            KeyConditionExpression="#key = :value",
            ExpressionAttributeNames={"#key": key},
            ExpressionAttributeValues={":value": {"S": value}},
            ConsistentRead=True,
        )
    )
    for page in pages:
        yield from (_readable(item) for item in page["Items"])


def _readable(item: dict[str, Any]) -> Item:
    return {name: TypeDeserializer().deserialize(value) for name, value in item.items() if name not in SECRET}
