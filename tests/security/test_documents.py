"""What the documents say of quotas and permissions is so."""

import re

from tests.template import ROOT, folder, listed, references, resources, statements

from visitor_chat.auth.quotas import MOST_OPEN_CHATS, PER_ADDRESS, PER_VISITOR, Act

LETTERS = {
    "BatchGetItem": "r",
    "Query": "r",
    "ConditionCheckItem": "r",
    "GetSecretValue": "r",
    "PutItem": "w",
    "UpdateItem": "w",
    "SendMessage": "w",
    "Publish": "w",
    "PutEvents": "w",
    "DeleteItem": "d",
    "BatchWriteItem": "d",
    "DeleteMessage": "d",
    **dict.fromkeys(("ReceiveMessage", "GetQueueAttributes", "GetRecords", "GetShardIterator"), "r"),
    **dict.fromkeys(("DescribeStream", "ListStreams"), "r"),
}
PUSHING = {"ConnectionsTable", "Socket"}
SECURITY = (ROOT / "docs/security.md").read_text()


def test_the_table_of_permissions_is_the_templates() -> None:
    assert permissions() in SECURITY


def permissions() -> str:
    """Return the table that the document must hold."""
    names = resources("AWS::Serverless::Function")
    rows = [f"| `{folder(function)}` | {', '.join(allowed(name)) or 'nothing'} |" for name, function in names.items()]
    return "\n".join(["| Function | May |", "| --- | --- |", *rows])


def allowed(name: str) -> list[str]:
    found: dict[str, set[str]] = {}
    for statement in statements(name):
        letters = {LETTERS.get(action.partition(":")[2], "") for action in listed(statement["Action"])}
        for resource in listed(statement["Resource"]):
            (target,) = references(resource)
            found.setdefault(f"{target}'s stream" if "/stream/" in str(resource) else target, set()).update(letters)
    is_pushing = set(found) >= PUSHING
    shown = {target: letters for target, letters in found.items() if not (is_pushing and target in PUSHING)}
    texts = [
        f"{target} {''.join(each for each in 'rwd' if each in letters)}" for target, letters in sorted(shown.items())
    ]
    return [*texts, *(["push"] if is_pushing else [])]


def test_the_quotas_are_the_ones_that_hold() -> None:
    rows = re.findall(r"^\| (Start|Send|Open|Exchange)[^|]*\| (\d+)[^|]*\| (\d+)", SECURITY, re.MULTILINE)

    acts = (Act.START_CHAT, Act.SEND_MESSAGE, Act.OPEN_SOCKET, Act.OPEN_SESSION)
    assert [(int(visitor), int(address)) for _act, visitor, address in rows] == [
        (PER_VISITOR[act].most, PER_ADDRESS[act].most) for act in acts
    ]
    assert f"{MOST_OPEN_CHATS} open at a time" in SECURITY


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`((?:\w+/)*test_\w+\.py)`", SECURITY)

    assert [name for name in named if not (ROOT / "tests" / name).exists()] == []
