"""What is stored about one visitor, for the visitor who asks for it."""

import argparse
from collections.abc import Iterator
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from giosg_client.identifiers import is_visitor_id
from operations.command import Call, Command
from operations.stacks.deployed import DeployedStack
from operations.terminal import Refused

SECRET = {"secret_hash", "visitor_secret_id", "access_token", "claims"}
"""What protects the visitor, and says nothing about them."""
SECRET_OF_BROWSERS = {"endpoint", "browser_key", "auth_secret"}
"""The same of each browser that is told of answers."""

Item = dict[str, Any]


def export_visitor(stack: DeployedStack, visitor_id: str) -> dict[str, list[Item]]:
    """Return every item about a visitor, by table; without the keys to their account."""
    chats = list(_partition(stack, "ChatsTableName", "pk", f"visitor#{visitor_id}"))
    chat_ids = [listing["chat_id"] for listing in chats]
    return {
        "visitors": list(_partition(stack, "VisitorsTableName", "visitor_id", visitor_id)),
        "credentials": list(_partition(stack, "CredentialsTableName", "visitor_id", visitor_id)),
        "chats": [item for each in chat_ids for item in _partition(stack, "ChatsTableName", "pk", f"chat#{each}")],
        "messages": [item for each in chat_ids for item in _partition(stack, "MessagesTableName", "chat_id", each)],
        "held_messages": list(_partition(stack, "ChatsTableName", "pk", f"held#{visitor_id}")),
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
    read = {name: TypeDeserializer().deserialize(value) for name, value in item.items() if name not in SECRET}
    if "subscriptions" in read:
        read["subscriptions"] = [_without_keys(browser) for browser in read["subscriptions"].values()]
    return read


def _without_keys(browser: Item) -> Item:
    return {name: value for name, value in browser.items() if name not in SECRET_OF_BROWSERS}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--visitor", required=True, help="a visitor's id")


def act(call: Call) -> int:
    visitor_id = checked_visitor_id(call.arguments.visitor)
    call.terminal.show(export_visitor(call.stack(), visitor_id))
    return 0


def checked_visitor_id(given: str) -> str:
    visitor_id = given.lower()
    if not is_visitor_id(visitor_id):
        raise Refused(f"VISITOR={given}: a visitor's id has 32 hexadecimal digits")
    return visitor_id


COMMAND = Command(
    name="export-visitor", help="print what is stored about a visitor, as JSON", act=act, add_arguments=add_arguments
)
