"""What agents do in a run, as far as Giosg lets them."""

from collections.abc import Callable, Container

from local.giosg import SimulatedGiosg
from local.giosg.state.lifecycle import ChatIsEnded
from local.giosg.state.records import Chat, Message
from tests.proof.plan import Deed
from tests.toolkit.simulation import Stack


class Agents:
    """Agents see a chat once its visitor has said something; rules and opening lines come at any time."""

    def __init__(self, stack: Stack, room_ids: Container[str]) -> None:
        self._stack = stack
        self._room_ids = room_ids
        self._said = 0
        self.removed_unsettled: list[tuple[str, str | None]] = []
        """Chats and texts of removed messages whose senders did not know yet that they were sent."""
        self.gone_texts: set[str] = set()

    @property
    def _giosg(self) -> SimulatedGiosg:
        return self._stack.giosg

    def do(self, deed: Deed, chat_number: int, message_number: int) -> None:
        """Do something to one of the chats that people have with us."""
        chats = [chat for chat in self._giosg.world.chats.values() if chat.room_id in self._room_ids]
        if not chats:
            return
        chat = chats[chat_number % len(chats)]
        if not chat.visitor_message_count and deed not in {"rule says", "suggest"}:
            return
        try:
            self._do(deed, chat, message_number)
        except ChatIsEnded:
            return

    def _do(self, deed: Deed, chat: Chat, number: int) -> None:
        agent = self._giosg.agents_of(chat.room_id)[number % 2 and -1]
        deeds: dict[Deed, Callable[[], object]] = {
            "join": lambda: agent.join(chat.id),
            "leave": lambda: agent.leave(chat.id),
            "say": lambda: agent.say(chat.id, self._text("said"), joins=number != 1),
            "attach": lambda: agent.say(chat.id, None, attachments=[{"title": self._text("attached")}]),
            "tag": lambda: agent.tag(chat.id, self._text("tag")),
            "rule says": lambda: agent.rule_says(chat.id, self._text("rule")),
            "suggest": lambda: agent.autosuggest(chat.id, self._text("suggested")),
            "end": lambda: agent.end(chat.id),
            "edit": lambda: self._edit(chat, number),
            "remove": lambda: self._remove(chat, number),
            "purge": lambda: self._purge(chat),
            "remove chat": lambda: self._remove_chat(chat) if number == 0 else None,
        }
        deeds[deed]()

    def _text(self, kind: str) -> str:
        self._said += 1
        return f"{kind} {self._said} v0"

    def _edit(self, chat: Chat, number: int) -> None:
        """Change a text to its other version, which may be what it was before."""
        written = [
            each for each in self._messages(chat) if each.sender_type != "visitor" and each.type != "tag_created"
        ]
        if texts := [(each.id, each.message) for each in written if each.message]:
            message_id, text = texts[number % len(texts)]
            self.gone_texts.add(text)
            self._giosg.agent.edit(message_id, text[:-1] + ("1" if text.endswith("0") else "0"))

    def _remove(self, chat: Chat, number: int) -> None:
        if not (messages := self._messages(chat)):
            return
        message = messages[number % len(messages)]
        if message.sender_type == "visitor" and self._stack.claims(chat.id):
            self.removed_unsettled.append((chat.id, message.message))
        self.gone_texts |= {message.message} if message.message else set()
        self._giosg.agent.remove(message.id)

    def _purge(self, chat: Chat) -> None:
        """Purge a chat, unless one of its messages is on its way: what has no text any more cannot be recognised."""
        if not self._stack.claims(chat.id):
            self.gone_texts |= {each.message for each in self._messages(chat) if each.message}
            self._giosg.agent.purge(chat.id)

    def _remove_chat(self, chat: Chat) -> None:
        self.gone_texts |= {each.message for each in self._messages(chat) if each.message}
        self._giosg.agent.remove_chat(chat.id)

    def _messages(self, chat: Chat) -> list[Message]:
        return self._giosg.world.messages_of(chat)
