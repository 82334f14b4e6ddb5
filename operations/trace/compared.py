"""A chat as it is stored beside the same chat at Giosg: what happened there, and what is not the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from giosg_client.client import GiosgClient
from giosg_client.errors import GiosgError, GiosgNotFound
from giosg_client.models import Chat as GiosgChat
from giosg_client.models import Message
from operations.trace.moments import Moment
from visitor_chat.domain.merging import is_public
from visitor_chat.domain.records import Chat, MessageContent, StoredMessage
from visitor_chat.store.chats import Marker
from visitor_chat.store.store import Store

SENDERS = {"user": "an agent", "visitor": "the visitor", "rule": "a rule"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the tables have of a chat; None, or a marker, where there is no chat."""

    chat: Chat | Marker | None
    messages: Mapping[str, StoredMessage] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AtGiosg:
    """What Giosg has of a chat; None where there is none, and the error where it could not be asked."""

    chat: GiosgChat | None = None
    messages: Mapping[str, Message] = field(default_factory=dict)
    error: GiosgError | None = None


def read_stored(store: Store, chat_id: str) -> Stored:
    chat = store.chats.find(chat_id)
    messages = {each.id: each for each in store.messages.all_of(chat_id)} if isinstance(chat, Chat) else {}
    return Stored(chat=chat, messages=messages)


def read_giosg(client: GiosgClient, chat_id: str) -> AtGiosg:
    try:
        chat = client.get_owned_chat(chat_id)
        return AtGiosg(chat=chat, messages={each.id: each for each in client.list_owned_messages(chat_id)})
    except GiosgNotFound:
        return AtGiosg()
    except GiosgError as error:
        return AtGiosg(error=error)


def moments(stored: Stored, giosg: AtGiosg) -> Iterator[Moment]:
    """Return what happened at Giosg, with what has become of it here."""
    for at, says in _turns(giosg.chat):
        yield Moment(at=at, source="giosg", says=says)
    for message in giosg.messages.values():
        if message.created_at is None:
            continue
        sender = SENDERS.get(message.sender_type or "", "somebody")
        says = f"{message.type} {message.id} of {sender}: {place_of(stored.messages.get(message.id), message)}"
        yield Moment(at=message.created_at, source="giosg", says=says, ids={"message_id": message.id})


def _turns(chat: GiosgChat | None) -> Iterator[tuple[datetime, str]]:
    if chat and chat.created_at:
        yield chat.created_at, "the chat was made"
    if chat and chat.ended_at:
        yield chat.ended_at, "the chat ended"


def place_of(message: StoredMessage | None, at_giosg: Message) -> str:
    """Say where a message of Giosg's is here."""
    if not is_for_visitors(at_giosg):
        return "not for visitors"
    if message is None:
        return "NOT STORED"
    if message.is_removed:
        return f"removed here, seq {message.seq}"
    return f"stored as seq {message.seq}" if message.seq is not None else "known, but not whole yet"


def is_for_visitors(message: Message) -> bool:
    content: MessageContent = {
        "type": message.type,
        "message": message.message,
        "attachments": message.attachments,
        "sensitive_data_purged_at": message.sensitive_data_purged_at,
    }
    return is_public(content)


def differences(stored: Stored, giosg: AtGiosg) -> Iterator[str]:
    """Say what is not the same here and there; what is under way right now may be among it."""
    if giosg.error:
        yield f"Giosg could not be asked: {giosg.error}"
        return
    if not isinstance(stored.chat, Chat):
        state = stored.chat.name.lower() if stored.chat else "unknown"
        yield f"The chat is {state} here, and {'known' if giosg.chat else 'unknown'} at Giosg"
        return
    if giosg.chat is None:
        yield "Giosg has no such chat any more, and it is still stored"
        return
    if giosg.chat.is_ended != stored.chat.is_ended:
        here, there = ("ended" if each else "open" for each in (stored.chat.is_ended, giosg.chat.is_ended))
        yield f"The chat is {here} here, and {there} at Giosg"
    yield from _differing_messages(stored.messages, giosg.messages)


def _differing_messages(stored: Mapping[str, StoredMessage], giosg: Mapping[str, Message]) -> Iterator[str]:
    for message in giosg.values():
        here = stored.get(message.id)
        if is_for_visitors(message) and (here is None or here.seq is None):
            yield f"Giosg has message {message.id}, which visitors cannot see here"
        elif here and here.is_removed:
            yield f"Message {message.id} is removed here, and Giosg still has it"
    for known in stored.values():
        if known.seq is not None and not known.is_removed and known.id not in giosg:
            yield f"Message {known.id} is stored, and Giosg has it no more"
