"""What a visitor asks for who starts a chat, or leaves a message that is to start one."""

from collections.abc import Mapping
from typing import Any

from visitor_chat.auth.callers import Caller
from visitor_chat.auth.challenge import LONGEST_TOKEN
from visitor_chat.domain.records import StartRequest
from visitor_chat.domain.rooms import Rooms
from visitor_chat.domain.validation import LONGEST_MESSAGE, Fields

IDEMPOTENCY_KEY = "Idempotency-Key"


def read_start(
    body: Mapping[str, Any],
    caller: Caller | None,
    rooms: Rooms,
    *,
    idempotency_key: str | None = None,
    is_to_be_held: bool = False,
) -> StartRequest:
    """Read the fields of a start; one that is to be held has a message, and an id for it. Raise InvalidRequest."""
    fields = Fields({**body, IDEMPOTENCY_KEY: idempotency_key})
    wanted = StartRequest(
        visitor=caller.visitor if caller else None,
        credentials=caller.credentials if caller else None,
        room=fields.room("room", rooms),
        visitor_name=fields.name("visitor_name"),
        message=fields.text("message", longest=LONGEST_MESSAGE, is_required=is_to_be_held),
        client_message_id=fields.uuid("client_message_id", is_required=is_to_be_held),
        variables=fields.texts("variables"),
        challenge_token=fields.text("challenge_token", longest=LONGEST_TOKEN),
        idempotency_key=fields.idempotency_key(IDEMPOTENCY_KEY),
    )
    fields.check()
    return wanted
