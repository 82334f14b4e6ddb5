"""asyncapi.yaml names just what is said on the socket; each frame that tests receive is checked against it too."""

import pytest
from tests import schemas, socket_api


def names(operation: str, place: str = "messages") -> set[str]:
    described = socket_api.document()["operations"][operation]
    messages = (described["reply"] if place == "reply" else described)["messages"]
    return {each["$ref"].rpartition("/")[2] for each in messages}


def test_every_message_is_sent_or_received_by_an_operation() -> None:
    said = names("tellVisitor") | names("answerPing") | names("answerPing", "reply")

    assert said == set(socket_api.messages()) == set(socket_api.document()["channels"]["socket"]["messages"])


@pytest.mark.parametrize("name", list(socket_api.messages()))
def test_an_example_is_of_its_schema(name: str) -> None:
    for example in socket_api.messages()[name]["examples"]:
        schemas.check(socket_api.DOCUMENT, socket_api.messages()[name]["payload"], example["payload"])


def test_an_example_is_named_by_its_event() -> None:
    sent = set(socket_api.messages()) - names("answerPing")

    assert {socket_api.example(name)["event"] for name in sent} == sent
