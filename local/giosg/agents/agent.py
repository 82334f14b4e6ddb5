"""What agents do in their console, at the touch of a test or of the agent console."""

from collections.abc import Sequence
from dataclasses import dataclass

from local.giosg.agents.attachments import complete
from local.giosg.state import changes, erasure, lifecycle
from local.giosg.state.lifecycle import Draft
from local.giosg.state.records import JSON, Agent, Chat, Message, Room
from local.giosg.state.world import World


@dataclass(frozen=True, slots=True)
class AgentActs:
    """The acts of one agent; an unknown chat or message is a KeyError, an ended chat is ChatIsEnded."""

    world: World
    id: str

    @property
    def record(self) -> Agent:
        return self.world.agents[self.id]

    def go_online(self) -> None:
        self._set_online(is_online=True)

    def go_offline(self) -> None:
        self._set_online(is_online=False)

    def _set_online(self, *, is_online: bool) -> None:
        with self.world.lock:
            self.record.is_online = is_online
            self.world.touch()

    def join(self, chat_id: str) -> str | None:
        """Take part in a chat; return the id of the `join` entry, None when the agent was in it already."""
        with self.world.lock:
            message = lifecycle.join(self.world, self.world.chats[chat_id], self.id)
        return message.id if message else None

    def leave(self, chat_id: str) -> str | None:
        with self.world.lock:
            message = lifecycle.leave(self.world, self.world.chats[chat_id], self.id)
        return message.id if message else None

    def hand_over(self, chat_id: str) -> None:
        """Leave a chat, which waits for another agent then."""
        with self.world.lock:
            chat = self.world.chats[chat_id]
            lifecycle.leave(self.world, chat, self.id)
            if not chat.is_ended:
                with changes.changing_chat(self.world, chat):
                    lifecycle.start_waiting(self.world, chat)

    def say(
        self,
        chat_id: str,
        text: str | None,
        *,
        attachments: Sequence[JSON] = (),
        is_encrypted: bool = False,
        joins: bool = True,
    ) -> str:
        """Post a message and return its id; the agent joins first unless told otherwise. Attachments may be partial."""
        with self.world.lock:
            chat = self.world.chats[chat_id]
            if joins:
                lifecycle.join(self.world, chat, self.id)
            draft = Draft(
                sender_id=self.id,
                message=None if is_encrypted else text,
                encrypted_message=f"encrypted:{len(text or '')}" if is_encrypted else None,
                attachments=[complete(self.world, attachment) for attachment in attachments],
            )
            return lifecycle.post(self.world, chat, draft).id

    def typing(self, chat_id: str, status: str = "typing") -> None:
        """Show the agent as `typing`, `typed` or `idle`."""
        with self.world.lock:
            chat = self.world.chats[chat_id]
            member = chat.members[self.id]
            with changes.changing_member(self.world, chat, member):
                member.composing_status, member.composing_epoch = status, self.world.epoch()
            self.world.touch()

    def tag(self, chat_id: str, tag: str = "sales") -> str:
        """Tag a chat: an internal entry, which may come after the end."""
        with self.world.lock:
            chat = self.world.chats[chat_id]
            with changes.changing_chat(self.world, chat):
                chat.tag_count += 1
                return self._entry(chat, Draft(type="tag_created", sender_id=self.id, message=tag))

    def autosuggest(self, chat_id: str, text: str) -> str:
        """Let the automatic opening line appear, in the agent's name."""
        with self.world.lock:
            chat = self.world.chats[chat_id]
            with changes.changing_chat(self.world, chat):
                chat.is_autosuggested = True
                return self._entry(chat, Draft(type="autosuggest", sender_id=self.id, message=text))

    def rule_says(self, chat_id: str, text: str) -> str:
        """Let an automatic rule of the room speak."""
        with self.world.lock:
            return self._entry(self.world.chats[chat_id], Draft(type="system", message=text))

    def lock_shopping_cart(self, chat_id: str) -> str:
        with self.world.lock:
            return self._entry(self.world.chats[chat_id], Draft(type="shoppingcart_locked"))

    def enter(self, chat_id: str, entry_type: str, text: str | None = None) -> str:
        """Add an entry of any type, known or not."""
        with self.world.lock:
            return self._entry(self.world.chats[chat_id], Draft(type=entry_type, sender_id=self.id, message=text))

    def _entry(self, chat: Chat, draft: Draft) -> str:
        return lifecycle.add_entry(self.world, chat, draft).id

    def edit(self, message_id: str, text: str | None) -> None:
        with self.world.lock:
            message = self._message(message_id)
            with changes.changing_message(self.world, message):
                message.message = text

    def remove(self, message_id: str) -> None:
        with self.world.lock:
            erasure.remove_message(self.world, self._message(message_id))

    def _message(self, message_id: str) -> Message:
        return self.world.messages[message_id]

    def remove_chat(self, chat_id: str) -> None:
        with self.world.lock:
            erasure.remove_chat(self.world, self.world.chats[chat_id])

    def purge(self, chat_id: str) -> None:
        """Erase a chat's texts and the visitor's names."""
        with self.world.lock:
            erasure.purge(self.world, self.world.chats[chat_id])

    def end(self, chat_id: str) -> None:
        with self.world.lock:
            lifecycle.end(self.world, self.world.chats[chat_id])

    def ban(self, visitor_id: str, room_id: str, *, is_banned: bool = True) -> None:
        with self.world.lock:
            self.world.visitors[visitor_id].rooms[room_id].is_banned = is_banned

    def set_service_hours(self, room_id: str, *, is_open: bool) -> None:
        with self.world.lock:
            room: Room = self.world.rooms[room_id]
            room.is_open, room.updated_at = is_open, self.world.now()
            self.world.touch()

    def start_chat(self, room_id: str, *, chat_type: str = "operator") -> str:
        """Start a chat without a visitor: between agents (`operator`, `group`) or a `task`."""
        with self.world.lock:
            chat = lifecycle.create_chat(self.world, room_id=room_id, visitor_id=None, chat_type=chat_type)
            lifecycle.join(self.world, chat, self.id)
        return chat.id
