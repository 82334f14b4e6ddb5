"""Who is calling, and is what they ask about theirs?"""

from giosg_client.frozen import Frozen, frozen
from giosg_client.identifiers import is_uuid
from visitor_chat.auth.sessions import Sessions, Token
from visitor_chat.domain.errors import ChatNotFound, InvalidVisitorToken
from visitor_chat.domain.records import Chat, Credentials, Visitor
from visitor_chat.runtime import telemetry
from visitor_chat.store.messages import Sent
from visitor_chat.store.store import Context, Store


@frozen
class Caller(Frozen):
    """A visitor whose token is good, and what was read along with it."""

    visitor: Visitor
    stored_credentials: Credentials | None
    sent: Sent | None

    @property
    def credentials(self) -> Credentials:
        if self.stored_credentials is None:
            raise InvalidVisitorToken("the visitor has no credentials any more")
        return self.stored_credentials


class Callers:
    """Identifies callers, with one read for everything that their request is judged by."""

    def __init__(self, store: Store, sessions: Sessions) -> None:
        self._store = store
        self._sessions = sessions

    def identify(self, token: Token, *, with_credentials: bool = False, allow_erased: bool = False) -> Caller:
        """Return the caller; raise InvalidVisitorToken."""
        return self._identify(token, None, None, with_credentials=with_credentials, allow_erased=allow_erased)[0]

    def identify_if_any(self, token: Token | None) -> Caller | None:
        """Return the caller with their credentials, None for one without a token; raise InvalidVisitorToken."""
        return None if token is None else self.identify(token, with_credentials=True)

    def identify_in_chat(
        self,
        token: Token,
        chat_id: str,
        *,
        claim_id: str | None = None,
        with_credentials: bool = False,
    ) -> tuple[Caller, Chat]:
        """Return the caller and their chat; raise InvalidVisitorToken, or ChatNotFound for another visitor's."""
        caller, chat = self._identify(token, chat_id, claim_id, with_credentials=with_credentials)
        if chat is None or chat.visitor_id != caller.visitor.id:
            raise ChatNotFound("not a chat of this visitor")
        telemetry.note(chat_id=chat.id)
        return caller, chat

    def identify_with_chats(
        self, token: Token, *, before: str | None, limit: int
    ) -> tuple[Caller, list[Chat], str | None]:
        """Return the caller, their chats, newest first, and the place to go on from; raise InvalidVisitorToken."""
        chat_ids, place = self._store.chats.ids_of_visitor(token.visitor_id, before=before, limit=limit)
        context = self._store.context(token.visitor_id, token.session_id, chat_ids=chat_ids)
        return self._caller(token, context), list(context.chats), place

    def _identify(
        self,
        token: Token,
        chat_id: str | None,
        claim_id: str | None,
        *,
        with_credentials: bool,
        allow_erased: bool = False,
    ) -> tuple[Caller, Chat | None]:
        context = self._store.context(
            token.visitor_id,
            token.session_id,
            chat_id=chat_id if is_uuid(chat_id) else None,
            claim_id=claim_id,
            with_credentials=with_credentials,
        )
        caller = self._caller(token, context, allow_erased=allow_erased)
        return caller, context.chat if isinstance(context.chat, Chat) else None

    def _caller(self, token: Token, context: Context, *, allow_erased: bool = False) -> Caller:
        visitor = self._sessions.authenticate(token, context, allow_erased=allow_erased)
        telemetry.note(visitor_id=visitor.id)
        return Caller(visitor=visitor, stored_credentials=context.credentials, sent=context.sent)
