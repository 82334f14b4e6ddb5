"""How a visitor ends a chat."""

from giosg_client.client import GiosgClient
from giosg_client.errors import GiosgError, GiosgNotFound, GiosgRefused
from giosg_client.models import Chat as GiosgChat
from visitor_chat.domain import message_events
from visitor_chat.domain.errors import ChatNotFound, GiosgFailed
from visitor_chat.domain.records import Chat, Credentials
from visitor_chat.giosg.visitor_tokens import VisitorTokens
from visitor_chat.sync.commit import Committer


class ChatEnder:
    """Ends chats. Ending is final at Giosg, and doing it twice does no harm."""

    def __init__(self, committer: Committer, giosg: GiosgClient, visitor_tokens: VisitorTokens) -> None:
        self._committer = committer
        self._giosg = giosg
        self._visitor_tokens = visitor_tokens

    def end(self, chat: Chat, credentials: Credentials) -> Chat:
        """End a chat at Giosg and give it as it is then; raise the GiosgError when that cannot be known."""
        try:
            ended = self._visitor_tokens.call(
                credentials, lambda token: self._end(credentials.visitor_id, chat.id, token)
            )
        except GiosgNotFound as missing:
            raise ChatNotFound("Giosg has removed the chat") from missing
        applied = self._committer.apply_chat(chat.id, message_events.chat_facts(ended), known=chat)
        if not isinstance(applied.chat, Chat):
            raise ChatNotFound("the chat was removed while it was ended")
        return applied.chat

    def _end(self, visitor_id: str, chat_id: str, access_token: str) -> GiosgChat:
        """End the chat; when Giosg refuses, is silent or does not say so, it may be because it is over already."""
        failure: Exception = GiosgFailed("Giosg does not say that the chat has ended")
        try:
            ended = self._giosg.end_visitor_chat(visitor_id, chat_id, access_token=access_token)
            if ended.is_ended:
                return ended
        except GiosgError as error:
            if not (error.is_ambiguous or isinstance(error, GiosgRefused)):
                raise
            failure = error
        current = self._giosg.get_visitor_chat(visitor_id, chat_id, access_token=access_token)
        if not current.is_ended:
            raise failure
        return current
