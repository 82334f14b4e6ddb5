"""How a visitor ends a chat."""

from giosg_client.client import GiosgClient
from giosg_client.errors import GiosgError, GiosgNotFound, GiosgRefused
from giosg_client.models import Chat as GiosgChat
from visitor_chat import events
from visitor_chat.access import Access
from visitor_chat.errors import ChatNotFound
from visitor_chat.ledger import Ledger
from visitor_chat.records import Chat, Credentials


class Ending:
    """Ends chats. Ending is final at Giosg, and doing it twice does no harm."""

    def __init__(self, ledger: Ledger, giosg: GiosgClient, access: Access) -> None:
        self._ledger = ledger
        self._giosg = giosg
        self._access = access

    def end(self, chat: Chat, credentials: Credentials) -> Chat:
        """End a chat at Giosg and give it as it is then; raise the GiosgError when that cannot be known."""
        try:
            ended = self._access.call(credentials, lambda token: self._end(credentials.visitor_id, chat.id, token))
        except GiosgNotFound as missing:
            raise ChatNotFound("Giosg has removed the chat") from missing
        applied = self._ledger.apply_chat(chat.id, events.chat_facts(ended), known=chat)
        if not isinstance(applied.chat, Chat):
            raise ChatNotFound("the chat was removed while it was ended")
        return applied.chat

    def _end(self, visitor_id: str, chat_id: str, access_token: str) -> GiosgChat:
        """End the chat; when Giosg refuses or is silent, it may be because it is over already."""
        try:
            return self._giosg.end_visitor_chat(visitor_id, chat_id, access_token=access_token)
        except GiosgError as error:
            if not (error.is_ambiguous or isinstance(error, GiosgRefused)):
                raise
            current = self._giosg.get_visitor_chat(visitor_id, chat_id, access_token=access_token)
            if not current.is_ended:
                raise
            return current
