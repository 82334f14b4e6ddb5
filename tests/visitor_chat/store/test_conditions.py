"""Of two changes that were made of the same reading of a chat, only one is committed."""

from dataclasses import replace

import pytest
from tests.aws import Functions
from tests.toolkit.visitors import start

from visitor_chat import wiring
from visitor_chat.domain import merging
from visitor_chat.domain.records import Chat, StoredMessage
from visitor_chat.store.tables import ConditionFailed

CONTENT = {"type": "msg", "sender_type": "user", "created_at": "2030-01-01T10:00:00.000Z", "message": "Hello"}


def commit(chat: Chat, message_id: str) -> None:
    message = StoredMessage(chat_id=chat.id, id=message_id, content=CONTENT, version=1)
    after = merging.with_message(chat, message)
    wiring.store().commit(chat, after, None, replace(message, seq=after.seq))


def test_a_chat_that_has_changed_since_it_was_read_must_be_read_again(functions: Functions) -> None:
    chat = wiring.store().chats.find(start(functions, message="Hello?").chat_id)
    assert isinstance(chat, Chat)
    commit(chat, "b85d13fa-92c7-4e60-a1f4-7d09c3be2865")

    with pytest.raises(ConditionFailed):
        commit(chat, "b85d13fa-92c7-4e60-a1f4-7d09c3be2866")
