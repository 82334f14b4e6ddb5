"""What a visitor says and reads: https://docs.giosg.com/api_reference/giosg_live/giosg_public_http_api/chats."""

from local.giosg.api.platform import Call, find_chat, for_visitor
from local.giosg.http import validation
from local.giosg.http.exchange import Answer, Refusal, json_answer, refusal
from local.giosg.http.validation import field, json_object
from local.giosg.state import lifecycle
from local.giosg.state.lifecycle import ChatIsEnded, Draft
from local.giosg.state.records import JSON, Chat, Message
from local.giosg.state.representations import public_message

SENDABLE_TYPES = ("msg", "action", "interaction_submit")
PRESSED_FIELDS = ("response_to_message_id", "response_to_attachment_id")


def send_message(call: Call) -> Answer:
    visitor_id = for_visitor(call)
    chat = find_chat(call)
    draft = _read_draft(call, chat, visitor_id)
    try:
        message = lifecycle.post(call.world, chat, draft)
    except ChatIsEnded as error:
        raise refusal(403, "The chat has ended.") from error
    return json_answer(public_message(message), status=201)


def _read_draft(call: Call, chat: Chat, visitor_id: str) -> Draft:
    body = json_object(call.request)
    message_type = field(body, "type", validation.one_of(*SENDABLE_TYPES), is_required=True)
    is_said = message_type == "msg"
    check = validation.is_message if is_said else validation.or_null(validation.is_message)
    text = field(body, "message", check, is_required=is_said)
    field(body, "sender_type", validation.or_null(validation.one_of("visitor")))
    answer = _read_answer(call, chat, body, is_required=message_type == "action")
    return Draft(type=message_type, sender_id=visitor_id, message=text, answer=answer)


def _read_answer(call: Call, chat: Chat, body: JSON, *, is_required: bool) -> JSON:
    """Read the answer to an interactive message: what it answers has to exist in this chat.

    A link of an attachment that is followed is told as a press without an action (npm package @giosg/types).
    """
    ids = {
        name: field(body, name, validation.or_null(validation.is_uuid), is_required=is_required)
        for name in PRESSED_FIELDS
    }
    ids["response_to_action_id"] = field(body, "response_to_action_id", validation.or_null(validation.is_uuid))
    texts = {
        name: field(body, name, validation.or_null(validation.is_text)) for name in ("response_text", "response_value")
    }
    if ids["response_to_message_id"] is None:
        return {name: value for name, value in texts.items() if value is not None}
    message = _answered_message(call, chat, ids["response_to_message_id"])
    attachment = _part(message.attachments, ids["response_to_attachment_id"], "response_to_attachment_id")
    action = _part(attachment["actions"] if attachment else None, ids["response_to_action_id"], "response_to_action_id")
    pressed = {"response_text": action["text"], "response_value": action["value"]} if action else {}
    said = {name: value for name, value in texts.items() if value is not None}
    return ids | {"response_to_attachment": attachment, "response_to_action": action} | pressed | said


def _answered_message(call: Call, chat: Chat, message_id: str) -> Message:
    if message_id not in chat.message_ids:
        raise _missing("response_to_message_id", message_id)
    return call.world.messages[message_id]


def _part(parts: list[JSON] | None, part_id: str | None, name: str) -> JSON | None:
    """Find an attachment or an action by its id; no id is no part."""
    if part_id is None:
        return None
    found = next((part for part in parts or [] if part["id"] == part_id), None)
    if found is None:
        raise _missing(name, part_id)
    return found


def _missing(name: str, value: str) -> Refusal:
    return Refusal(400, {name: [f'Invalid pk "{value}" - object does not exist.']})


def list_messages(call: Call) -> Answer:
    for_visitor(call)
    messages = call.world.messages_of(find_chat(call))
    return call.page(messages, public_message, newest_first=call.platform.lists_newest_messages_first)
