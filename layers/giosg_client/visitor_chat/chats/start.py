"""How a chat is started, once for each Idempotency-Key: the visitor, the chat, the first message.

Each step that must not be done twice is written into a journal before the next one is begun.
"""

from concurrent.futures import Executor, Future
from datetime import timedelta

from giosg_client.errors import GiosgTimeout
from giosg_client.frozen import Frozen, frozen
from visitor_chat.auth.quotas import MOST_OPEN_CHATS, Permit, Quotas, Unlimited
from visitor_chat.auth.sessions import Sessions
from visitor_chat.chats.open_chat import Attempt, ChatOpener
from visitor_chat.chats.send import Delivered, MessageSender, Outgoing
from visitor_chat.chats.start_journal import StartJournal, StartJournals
from visitor_chat.chats.visitor import VisitorEntry
from visitor_chat.domain.errors import ChatNotFound, InvalidVisitorToken
from visitor_chat.domain.records import Chat, Credentials, StartRequest, StoredMessage, Visitor
from visitor_chat.giosg.availability import RoomStatus
from visitor_chat.runtime.clock import Clock, from_text
from visitor_chat.store.coordination import JOURNAL_LIFETIME
from visitor_chat.store.messages import Sent
from visitor_chat.store.store import Store

SETTLE_TIME = timedelta(seconds=5)
"""After a timeout, for what Giosg may still be doing: only then does a look at Giosg tell what was done."""


@frozen
class Started(Frozen):
    """The chat, its visitor, and the first message if there was one; `is_repeat` when it had been started before.

    A visitor who was made just now has a `visitor_token`.
    """

    chat: Chat
    visitor: Visitor
    message: StoredMessage | None
    is_repeat: bool
    visitor_token: str | None = None


@frozen
class Begun(Frozen):
    """A chat that is there, whose visitor it is, and what has become of its first message."""

    visitor: Visitor
    credentials: Credentials
    chat: Chat
    sent: Sent | None = None
    visitor_token: Future[str] | None = None


class ChatStarter:
    """Starts chats."""

    def __init__(
        self,
        store: Store,
        start_journals: StartJournals,
        visitor_entry: VisitorEntry,
        chat_opener: ChatOpener,
        message_sender: MessageSender,
        *,
        room_status: RoomStatus,
        sessions: Sessions,
        quotas: Quotas | Unlimited,
        clock: Clock,
        threads: Executor,
    ) -> None:
        self._store = store
        self._start_journals = start_journals
        self._visitor_entry = visitor_entry
        self._chat_opener = chat_opener
        self._message_sender = message_sender
        self._room_status = room_status
        self._sessions = sessions
        self._quotas = quotas
        self._clock = clock
        self._threads = threads

    def start(self, request: StartRequest, permit: Permit, *, remembered_for: timedelta = JOURNAL_LIFETIME) -> Started:
        """Start a chat, or finish starting it, as far as quotas permit; raise what kept it from being done.

        `remembered_for` is how long a repeat with the same key goes on where this one stopped.
        """
        journal = self._start_journals.open(request, lifetime=remembered_for)
        rest = timedelta()
        try:
            self._admit(request, journal, permit)
            return self._go_on(request, journal)
        except GiosgTimeout:
            rest = SETTLE_TIME
            raise
        finally:
            journal.close(until=self._clock() + rest)

    def has_begun(self, request: StartRequest) -> bool:
        """Tell whether a start with an Idempotency-Key has a chat among the visitor's newest, finished or not."""
        visitor_id, name = request.visitor.id if request.visitor else "", self._start_journals.name_of(request)
        chats, _place = self._store.chats.of_visitor(visitor_id, before=None, limit=4 * MOST_OPEN_CHATS)
        return any(chat.started_by == name for chat in chats)

    def _admit(self, request: StartRequest, journal: StartJournal, permit: Permit) -> None:
        """Wait until the request is counted, and check beside it what keeps a known visitor from another chat."""
        checks: list[Future[None]] = []
        if request.visitor is not None and "visitor_id" not in journal.facts:
            checks.append(self._threads.submit(self._check_open_chats, request.visitor.id))
            checks.append(self._threads.submit(self._room_status.refuse_when_offline, request.room))
        permit()
        for check in checks:
            check.result()

    def _check_open_chats(self, visitor_id: str) -> None:
        self._quotas.check_open_chats(lambda: self._count_open_chats(visitor_id))

    def _count_open_chats(self, visitor_id: str) -> int:
        """Count among the newest chats: nobody reaches older ones without having met the limit."""
        chats, _place = self._store.chats.of_visitor(visitor_id, before=None, limit=4 * MOST_OPEN_CHATS)
        return sum(not chat.is_ended for chat in chats)

    def _go_on(self, request: StartRequest, journal: StartJournal) -> Started:
        is_repeat = "chat_id" in journal.facts
        begun = self._known(journal) if is_repeat else self._begin(request, journal)
        chat, message = begun.chat, None
        if request.message is not None:
            delivered = self._say_first(request.message, journal, begun)
            chat, message = delivered.chat, delivered.message
        token = begun.visitor_token.result() if begun.visitor_token else None
        return Started(chat=chat, visitor=begun.visitor, message=message, is_repeat=is_repeat, visitor_token=token)

    def _known(self, journal: StartJournal) -> Begun:
        """Read a chat that was started before; raise ChatNotFound when it was removed."""
        facts = journal.facts
        context = self._store.context(
            facts["visitor_id"], None, chat_id=facts["chat_id"], claim_id=facts["claim_id"], with_credentials=True
        )
        visitor, credentials = _not_erased(context.visitor, context.credentials)
        if not isinstance(context.chat, Chat):
            raise ChatNotFound("the chat of this Idempotency-Key was removed")
        return Begun(visitor=visitor, credentials=credentials, chat=context.chat, sent=context.sent)

    def _begin(self, request: StartRequest, journal: StartJournal) -> Begun:
        visitor, credentials = self._visitor(request, journal)
        token = self._threads.submit(self._sessions.open, visitor.id) if request.visitor is None else None
        chat, sent = self._open_chat(request, journal, visitor, credentials), None
        if journal.is_resumed and request.message is not None:
            chat, sent = self._message_sender.read_again(chat, journal.facts["claim_id"])
        return Begun(visitor=visitor, credentials=credentials, chat=chat, sent=sent, visitor_token=token)

    def _visitor(self, request: StartRequest, journal: StartJournal) -> tuple[Visitor, Credentials]:
        """Return the visitor who starts, whom Giosg has in the room, or soon has."""
        if request.visitor is not None and request.credentials is not None:
            journal.checkpoint_async(visitor_id=request.visitor.id)
            if request.room.id not in request.visitor.told:
                self._visitor_entry.enter_another_room(request.credentials, request.room)
            return self._renamed(request.visitor, request.visitor_name), request.credentials
        if "visitor_id" not in journal.facts:
            return self._visitor_entry.introduce(request, journal)
        context = self._store.context(journal.facts["visitor_id"], None, with_credentials=True)
        visitor, credentials = _not_erased(context.visitor, context.credentials)
        self._visitor_entry.enter_room(credentials, request.room)
        return visitor, credentials

    def _renamed(self, visitor: Visitor, name: str | None) -> Visitor:
        if name is None or name == visitor.name:
            return visitor
        return self._store.visitors.remember(visitor.id, name=name)

    def _open_chat(
        self, request: StartRequest, journal: StartJournal, visitor: Visitor, credentials: Credentials
    ) -> Chat:
        began_at = from_text(journal.facts["began_at"])
        attempt = Attempt(
            name=journal.name, room=request.room, visitor=visitor, credentials=credentials, began_at=began_at
        )
        begun = self._chat_opener.find_begun(attempt) if journal.is_resumed else None
        aside = [] if begun else self._prepare(request, visitor, credentials)
        chat = self._chat_opener.open(attempt, begun)
        journal.checkpoint_async(visitor_id=visitor.id, chat_id=chat.id)
        for preparation in aside:
            preparation.result()
        return chat

    def _prepare(self, request: StartRequest, visitor: Visitor, credentials: Credentials) -> list[Future[None]]:
        """Do what a chat wants beside it. A known visitor is in the room already, and is shown as present again."""
        begun = [self._threads.submit(self._visitor_entry.tell_agents, request, visitor)]
        if request.visitor is not None:
            begun.append(self._threads.submit(self._visitor_entry.enter_room, credentials, request.room))
        return begun

    def _say_first(self, text: str, journal: StartJournal, begun: Begun) -> Delivered:
        outgoing = Outgoing(credentials=begun.credentials, claim_id=journal.facts["claim_id"], text=text)
        return self._message_sender.send(outgoing, begun.chat, begun.sent)


def _not_erased(visitor: Visitor | None, credentials: Credentials | None) -> tuple[Visitor, Credentials]:
    if visitor is None or visitor.is_erased or credentials is None:
        raise InvalidVisitorToken("the visitor was erased")
    return visitor, credentials
