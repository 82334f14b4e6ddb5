"""Visitors on the organisation's websites: they use Giosg's own chat window, not the integration."""

from dataclasses import dataclass

from local.giosg.state import lifecycle
from local.giosg.state.credentials import Credentials
from local.giosg.state.lifecycle import Draft
from local.giosg.state.records import RoomVisitor, Variable
from local.giosg.state.world import World

PRESENCE_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class WebsiteVisitor:
    """The acts of people in a browser elsewhere: every chat is another visitor's."""

    world: World
    credentials: Credentials
    default_room_id: str

    def start_chat(self, text: str | None = "Hello?", *, name: str | None = None, room_id: str | None = None) -> str:
        """Start a chat in another room (by default) or in any; return its id."""
        with self.world.lock:
            visitor = self.credentials.add_visitor()
            room = self._room_visitor(room_id or self.default_room_id)
            visitor.rooms[room.room_id] = room
            if name:
                now = self.world.now()
                room.variables["username"] = Variable(value=name, created_at=now, updated_at=now)
            chat = lifecycle.create_chat(self.world, room_id=room.room_id, visitor_id=visitor.id)
            if text is not None:
                lifecycle.post(self.world, chat, Draft(sender_id=visitor.id, message=text))
        return chat.id

    def _room_visitor(self, room_id: str) -> RoomVisitor:
        expires_epoch = self.world.epoch() + PRESENCE_SECONDS
        return RoomVisitor(room_id=room_id, presence_expires_in=PRESENCE_SECONDS, presence_expires_epoch=expires_epoch)

    def say(self, chat_id: str, text: str) -> str:
        with self.world.lock:
            chat = self.world.chats[chat_id]
            return lifecycle.post(self.world, chat, Draft(sender_id=chat.visitor_id, message=text)).id

    def end(self, chat_id: str) -> None:
        with self.world.lock:
            lifecycle.end(self.world, self.world.chats[chat_id])
