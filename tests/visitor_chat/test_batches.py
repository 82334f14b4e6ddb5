"""Reads of more items than DynamoDB gives in one answer."""

import pytest
from tests.visitor_chat.scene import Scene

from visitor_chat import wiring


@pytest.mark.parametrize("others", [99, 100, 250])
def test_any_number_of_items_is_read(scene: Scene, others: int) -> None:
    visit = scene.visit()
    visitor_id, _, session = visit.token.partition(".")
    nobodys = [f"00000000-0000-4000-8000-{number:012}" for number in range(others)]

    context = wiring.store().context(visitor_id, session.partition(".")[0], chat_ids=[*nobodys, visit.chat_id])

    assert context.visitor is not None
    assert [chat.id for chat in context.chats] == [visit.chat_id]
