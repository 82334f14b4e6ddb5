"""What a visitor API knows, kept in memory: visitors, chats, messages and the order of their changes."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import RLock
from typing import Any

Json = dict[str, Any]


_last = datetime.now(UTC)


def now() -> str:
    """Return the time, never the same one twice: what comes later sorts later."""
    global _last  # noqa: PLW0603 - one clock for all
    _last = max(datetime.now(UTC), _last + timedelta(milliseconds=1))
    return _last.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Chat:
    """`changes` names a message at each change to it; a cursor is a position in it."""

    visitor_id: str
    view: Json
    messages: dict[str, Json] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return str(self.view["id"])

    @property
    def cursor(self) -> str:
        return f"c{len(self.changes)}"


@dataclass
class Chats:
    """`tell` gets each frame with the visitor whom it is for."""

    tell: Callable[[str, Json], None] = lambda _visitor_id, _frame: None
    lock: RLock = field(default_factory=RLock)
    names: dict[str, str | None] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    chats: dict[str, Chat] = field(default_factory=dict)
    started: dict[str, str] = field(default_factory=dict)
    is_online: bool = True
    waiting_seconds: int | None = None
    rooms: dict[str, bool] = field(default_factory=dict)
    holds_messages: bool = False
    held: dict[str, list[Json]] = field(default_factory=dict)
    push_key: str | None = None
    subscriptions: dict[str, dict[str, Json]] = field(default_factory=dict)

    # --- What visitors do

    def start(self, visitor_id: str | None, name: str | None, *, room: str = "default") -> tuple[Chat, str]:
        visitor_id = visitor_id or uuid.uuid4().hex
        token = f"token-{uuid.uuid4().hex}"
        self.tokens[token] = visitor_id
        self.names[visitor_id] = name or self.names.get(visitor_id)
        at = now()
        view = {"id": str(uuid.uuid4()), "room": room, "status": "new", "visitor_name": name}
        view |= {"created_at": at, "updated_at": at}
        chat = Chat(visitor_id, view | {"ended_at": None, "last_message_at": None, "waiting_since": None})
        self.chats[chat.id] = chat
        return chat, token

    def say(self, chat: Chat, text: str | None, client_message_id: str | None, **details: Any) -> tuple[Json, bool]:
        """Return the message, and whether it is new."""
        for known in chat.messages.values():
            if client_message_id and known["client_message_id"] == client_message_id:
                return known, False
        if chat.view["status"] == "new":
            self.change_chat(chat, status="waiting", waiting_since=now())
        name = self.names[chat.visitor_id]
        said = {"sender_type": "visitor", "sender_name": name, "message": text, "client_message_id": client_message_id}
        return self.add(chat, **(said | details)), True

    def pressed(self, chat: Chat, press: Json) -> Json | None:
        """Return the press with the label and value of the button, or None if there is no such button."""
        message = chat.messages.get(press["message_id"], {})
        for attachment in message.get("attachments") or []:
            for button in attachment.get("actions", []) if attachment.get("id") == press["attachment_id"] else []:
                if button["id"] == press["action_id"] and button["type"] == "button":
                    return press | {"text": button["text"], "value": button["value"]}
        return None

    # --- What waits until somebody is there

    def hold(self, visitor_id: str | None, body: Json) -> tuple[Json, str, bool]:
        """Return the held message, a token of its visitor, and whether it is new."""
        for owner, messages in self.held.items():
            for known in messages:
                if known["id"] == body["client_message_id"]:
                    return known, next(token for token, each in self.tokens.items() if each == owner), False
        visitor_id = visitor_id or uuid.uuid4().hex
        token = f"token-{uuid.uuid4().hex}"
        self.tokens[token] = visitor_id
        self.names[visitor_id] = body.get("visitor_name") or self.names.get(visitor_id)
        held: Json = {"id": body["client_message_id"], "room": body.get("room", "default"), "message": body["message"]}
        held |= {"status": "held", "created_at": now(), "chat_id": None}
        held["expires_at"] = (datetime.now(UTC) + timedelta(days=3)).isoformat(timespec="milliseconds")
        self.held.setdefault(visitor_id, []).insert(0, held)
        return held, token, True

    def change_held(self, held: Json, **changes: Any) -> None:
        held |= changes
        owner = next(visitor_id for visitor_id, messages in self.held.items() if held in messages)
        self.tell(owner, {"event": "held_message", "held_message": held})

    def deliver(self, held: Json) -> Chat:
        """Have a held message become a chat."""
        owner = next(visitor_id for visitor_id, messages in self.held.items() if held in messages)
        chat, _ = self.start(owner, self.names[owner], room=held["room"])
        self.say(chat, held["message"], held["id"])
        self.change_held(held, status="delivered", chat_id=chat.id)
        return chat

    def erase(self, visitor_id: str) -> None:
        self.tokens = {token: owner for token, owner in self.tokens.items() if owner != visitor_id}
        self.chats = {chat_id: chat for chat_id, chat in self.chats.items() if chat.visitor_id != visitor_id}
        self.held.pop(visitor_id, None)

    # --- What happens to a chat

    def add(self, chat: Chat, **details: Any) -> Json:
        message: Json = {
            "id": str(uuid.uuid4()),
            "chat_id": chat.id,
            "type": "message",
            "sender_type": "agent",
            "sender_name": None,
            "sender_avatar_url": None,
            "message": None,
            "attachments": [],
            "action": None,
            "created_at": now(),
            "sequence": len(chat.changes) + 1,
            "client_message_id": None,
            "is_removed": False,
        }
        return self.put(chat, message | details)

    def put(self, chat: Chat, message: Json) -> Json:
        with self.lock:
            after = chat.cursor
            chat.messages[message["id"]] = message
            chat.changes.append(message["id"])
            frame = {"event": "message", "chat_id": chat.id, "message": message, "after": after, "next": chat.cursor}
        self.tell(chat.visitor_id, frame)
        return message

    def change_chat(self, chat: Chat, **changes: Any) -> None:
        if chat.view["status"] == "ended":
            return
        chat.view = chat.view | {"updated_at": now()} | changes
        self.tell(chat.visitor_id, {"event": "chat", "chat": chat.view, "next": chat.cursor})

    def end(self, chat: Chat) -> None:
        self.change_chat(chat, status="ended", ended_at=now())

    def read(self, chat: Chat, *, after: str | None, limit: int) -> Json:
        with self.lock:
            start = int(after.removeprefix("c")) if after else 0
            page = chat.changes[start : start + limit]
            messages = [chat.messages[message_id] for message_id in dict.fromkeys(page)]
            end = start + len(page)
            more = end < len(chat.changes)
            return {"chat": chat.view, "messages": messages, "next": f"c{end}", "has_more": more}


@dataclass
class Agent:
    """What an agent does in the newest chat, as a console would have them do it."""

    chats: Chats
    name: str = "Oona"
    avatar_url: str | None = None

    @property
    def chat(self) -> Chat:
        return list(self.chats.chats.values())[-1]

    def join(self) -> None:
        self.chats.change_chat(self.chat, status="active", waiting_since=None)
        self._add(type="join")

    def leave(self) -> None:
        self._add(type="leave")

    def say(self, text: str | None, **details: Any) -> Json:
        return self._add(message=text, **details)

    def edit(self, message: Json, text: str) -> None:
        self.chats.put(self.chat, message | {"message": text})

    def remove(self, message: Json) -> None:
        self.chats.put(self.chat, message | {"is_removed": True, "message": None, "attachments": []})

    def end(self) -> None:
        self.chats.end(self.chat)

    def delete_chat(self) -> None:
        chat = self.chats.chats.pop(self.chat.id)
        self.chats.tell(chat.visitor_id, {"event": "chat_removed", "chat_id": chat.id})

    def go_offline(self) -> None:
        self.chats.is_online = False

    def go_online(self) -> None:
        self.chats.is_online = True

    def _add(self, **details: Any) -> Json:
        sender = {"sender_name": self.name, "sender_avatar_url": self.avatar_url}
        return self.chats.add(self.chat, **(sender | details))
