"""How a chat is started, once for each Idempotency-Key.

The steps of a start are written into a journal under its key, so that a repeat goes on where the first one stopped, and
one that comes while the first is under way waits for it. Without a key there is no journal: each request is its own.
"""

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from giosg_client.client import GiosgClient
from giosg_client.errors import GiosgError, GiosgNotFound, GiosgRefused, GiosgUnauthorized
from giosg_client.models import Chat as GiosgChat
from visitor_chat.access import Access
from visitor_chat.availability import Room
from visitor_chat.challenge import Challenge
from visitor_chat.clock import Clock, from_text, to_text
from visitor_chat.errors import ChatNotFound, IdempotencyKeyReused, InvalidVisitorToken, NoAgentsOnline, TryAgain
from visitor_chat.ledger import Ledger
from visitor_chat.quotas import MOST_OPEN_CHATS, Quotas
from visitor_chat.records import Chat, Credentials, StoredMessage, Visitor
from visitor_chat.sending import Delivered, Outgoing, Sending
from visitor_chat.store import ConditionFailed, Marker, Store
from visitor_chat.store.attributes import Record
from visitor_chat.store.coordination import JOURNAL_LIFETIME, start_key
from visitor_chat.store.tables import Key
from visitor_chat.views import UNNAMED_CLAIM

LEASE = timedelta(seconds=28)
LONGEST_WAIT = timedelta(seconds=20)
POLL_SECONDS = 0.1
PRESENCE_SECONDS = 120
CLOCK_TOLERANCE = timedelta(minutes=2)
FIRST_SYNC = timedelta(minutes=4)
USERNAME = "username"


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRequest:
    """What a visitor asks for. `visitor` is given when they are known already."""

    visitor: Visitor | None
    credentials: Credentials | None
    visitor_name: str | None
    message: str | None
    client_message_id: str | None
    variables: Mapping[str, str]
    idempotency_key: str | None
    challenge_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The chat, its visitor, and the first message if there was one; `is_repeat` when it had been started before."""

    chat: Chat
    visitor: Visitor
    message: StoredMessage | None
    is_repeat: bool


@dataclass(slots=True)
class Journal:
    """The steps done so far of one start; kept in the tables when there is a key."""

    store: Store
    key: Key | None
    facts: Record = field(default_factory=dict)
    is_resumed: bool = False

    def note(self, **facts: Any) -> None:
        self.facts |= facts
        if self.key is not None:
            self.store.coordination.record(self.key, **facts)

    def close(self) -> None:
        if self.key is not None:
            self.store.coordination.release(self.key)


class Starting:
    """Starts chats."""

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        giosg: GiosgClient,
        access: Access,
        *,
        room: Room,
        sending: Sending,
        chat_type: str,
        quotas: Quotas,
        challenge: Challenge,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
        threads: Executor,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._giosg = giosg
        self._access = access
        self._room = room
        self._sending = sending
        self._chat_type = chat_type
        self._quotas = quotas
        self._challenge = challenge
        self._clock = clock
        self._sleep = sleep
        self._threads = threads

    def start(self, request: StartRequest) -> Started:
        """Start a chat, or finish starting it; raise what kept it from being done."""
        journal = self._open_journal(request)
        try:
            return self._go_on(request, journal)
        finally:
            journal.close()

    def _open_journal(self, request: StartRequest) -> Journal:
        if request.idempotency_key is None:
            return Journal(self._store, None, {"began_at": to_text(self._clock())})
        key, body_hash = _journal_key(request), _body_hash(request)
        deadline = self._clock() + LONGEST_WAIT
        while self._clock() < deadline:
            journal = self._try_journal(key, body_hash)
            if journal is not None:
                return journal
            self._sleep(POLL_SECONDS)
        raise TryAgain("a request with this Idempotency-Key is still under way")

    def _try_journal(self, key: Key, body_hash: str) -> Journal | None:
        until = self._clock() + LEASE
        coordination = self._store.coordination
        first = {"body_hash": body_hash, "began_at": to_text(self._clock())}
        if (facts := coordination.begin(key, until=until, lifetime=JOURNAL_LIFETIME, facts=first)) is not None:
            return Journal(self._store, key, facts)
        known = coordination.take_over(key, until=until)
        if known is None:
            return None
        if known["body_hash"] != body_hash:
            coordination.release(key)
            raise IdempotencyKeyReused("another body came with this key")
        return Journal(self._store, key, known, is_resumed=True)

    def _go_on(self, request: StartRequest, journal: Journal) -> Started:
        is_repeat = "chat_id" in journal.facts
        visitor, credentials, chat = self._known(journal) if is_repeat else self._begin(request, journal)
        if request.message is None:
            return Started(chat=chat, visitor=visitor, message=None, is_repeat=is_repeat)
        delivered = self._say_first(request, journal, credentials, chat)
        return Started(chat=delivered.chat, visitor=visitor, message=delivered.message, is_repeat=is_repeat)

    def _begin(self, request: StartRequest, journal: Journal) -> tuple[Visitor, Credentials, Chat]:
        visitor, credentials = self._visitor(request, journal)
        return visitor, credentials, self._open_chat(request, journal, visitor, credentials)

    def _known(self, journal: Journal) -> tuple[Visitor, Credentials, Chat]:
        visitor, credentials = self._stored_visitor(journal.facts["visitor_id"])
        chat = self._store.chats.find(journal.facts["chat_id"])
        if not isinstance(chat, Chat):
            raise ChatNotFound("the chat of this Idempotency-Key was removed")
        return visitor, credentials, chat

    def _stored_visitor(self, visitor_id: str) -> tuple[Visitor, Credentials]:
        visitor, credentials = self._store.visitors.find(visitor_id), self._store.credentials.find(visitor_id)
        if visitor is None or visitor.is_erased or credentials is None:
            raise InvalidVisitorToken("the visitor was erased")
        return visitor, credentials

    def _visitor(self, request: StartRequest, journal: Journal) -> tuple[Visitor, Credentials]:
        """Give the visitor who starts; a new one is stored before anything is done in their name."""
        if "visitor_id" in journal.facts:
            return self._stored_visitor(journal.facts["visitor_id"])
        if request.visitor is not None and request.credentials is not None:
            visitor_id = request.visitor.id
            self._quotas.check_open_chats(lambda: self._count_open_chats(visitor_id))
            self._refuse_when_offline()
            journal.note(visitor_id=request.visitor.id)
            return self._renamed(request.visitor, request.visitor_name), request.credentials
        self._challenge.check(request.challenge_token)
        checked = self._threads.submit(self._refuse_when_offline)
        credentials = self._introduce(checked)
        self._store.credentials.keep(credentials)
        visitor = self._store.visitors.remember(credentials.visitor_id, name=request.visitor_name)
        journal.note(visitor_id=visitor.id)
        return visitor, credentials

    def _count_open_chats(self, visitor_id: str) -> int:
        """Count among the newest chats: nobody reaches older ones without having met the limit."""
        chats, _place = self._store.chats.of_visitor(visitor_id, before=None, limit=4 * MOST_OPEN_CHATS)
        return sum(not chat.is_ended for chat in chats)

    def _introduce(self, checked: Future[None]) -> Credentials:
        """Make the visitor while the room is looked at; a visitor of an offline room is never stored."""
        introduced = self._threads.submit(self._access.introduce)
        checked.result()
        return introduced.result()

    def _refuse_when_offline(self) -> None:
        if not self._room.availability().is_online:
            raise NoAgentsOnline("the room is offline")

    def _renamed(self, visitor: Visitor, name: str | None) -> Visitor:
        if name is None or name == visitor.name:
            return visitor
        return self._store.visitors.remember(visitor.id, name=name)

    def _open_chat(self, request: StartRequest, journal: Journal, visitor: Visitor, credentials: Credentials) -> Chat:
        began_at = from_text(journal.facts["began_at"])
        begun = self._find_begun(credentials, began_at) if journal.is_resumed else None
        aside = [] if begun else self._prepare(request, visitor, credentials)
        chat = self._store_chat(begun or self._create(credentials, began_at), visitor)
        journal.note(chat_id=chat.id)
        for preparation in aside:
            preparation.result()
        return chat

    def _prepare(self, request: StartRequest, visitor: Visitor, credentials: Credentials) -> list[Future[None]]:
        """Do what a chat wants beside it. A new visitor must have entered the room first, a known one has before."""
        if request.visitor is None:
            self._enter_room(credentials)
            return [self._threads.submit(self._name, request, visitor)]
        return [self._threads.submit(self._enter_room, credentials), self._threads.submit(self._name, request, visitor)]

    def _enter_room(self, credentials: Credentials) -> None:
        self._access.call(
            credentials,
            lambda token: self._giosg.create_room_visitor(
                credentials.visitor_id, access_token=token, presence_expires_in_seconds=PRESENCE_SECONDS
            ),
        )

    def _name(self, request: StartRequest, visitor: Visitor) -> None:
        """Tell agents the visitor's name and facts. They are decoration: a failure does not cost the chat."""
        name = {USERNAME: request.visitor_name} if request.visitor_name else {}
        for key, value in (dict(request.variables) | name).items():
            try:
                self._giosg.set_visitor_variable(visitor.id, key=key, value=value)
            except GiosgError:
                continue

    def _create(self, credentials: Credentials, began_at: datetime) -> GiosgChat:
        try:
            return self._access.call(
                credentials,
                lambda token: self._giosg.create_chat(
                    credentials.visitor_id, access_token=token, chat_type=self._chat_type
                ),
            )
        except GiosgRefused as refusal:
            self._raise_if_offline(refusal)
            raise
        except GiosgError as error:
            begun = self._find_begun(credentials, began_at) if error.is_ambiguous else None
            if begun is None:
                raise
            return begun

    def _raise_if_offline(self, refusal: GiosgRefused) -> None:
        """Say why Giosg refused: its status for an offline room is not documented, so the room is asked itself."""
        if isinstance(refusal, GiosgUnauthorized):
            return
        if not self._giosg.get_room().is_online:
            raise NoAgentsOnline("Giosg refused the chat, and the room is offline") from refusal

    def _find_begun(self, credentials: Credentials, began_at: datetime) -> GiosgChat | None:
        """Find the empty chat that an earlier attempt of this start has made."""
        earliest = began_at - CLOCK_TOLERANCE
        begun = [each for each in self._list(credentials) if not each.is_ended and not each.visitor_message_count]
        recent = [each for each in begun if each.created_at >= earliest and not self._is_taken(each.id)]
        return min(recent, key=lambda each: (each.created_at, each.id), default=None)

    def _list(self, credentials: Credentials) -> list[GiosgChat]:
        """List the visitor's chats; one who has not entered the room yet is unknown there, and has none."""
        try:
            return self._access.call(
                credentials,
                lambda token: list(self._giosg.list_visitor_chats(credentials.visitor_id, access_token=token)),
            )
        except GiosgNotFound:
            return []

    def _is_taken(self, chat_id: str) -> bool:
        """Tell whether a chat is the result of another start, or gone; a webhook may have stored ours already."""
        stored = self._store.chats.find(chat_id)
        return stored.is_started if isinstance(stored, Chat) else stored is Marker.REMOVED

    def _store_chat(self, giosg_chat: GiosgChat, visitor: Visitor) -> Chat:
        chat = Chat(
            id=giosg_chat.id,
            visitor_id=visitor.id,
            visitor_name=visitor.name,
            created_at=giosg_chat.created_at,
            updated_at=giosg_chat.updated_at or giosg_chat.created_at,
            is_started=True,
        )
        try:
            guards = [self._store.visitors.check_not_erased(visitor.id)]
            self._ledger.open_chat(chat, sync_due_at=self._clock() + FIRST_SYNC, guards=guards)
        except ConditionFailed:
            return self._already_stored(chat)
        return chat

    def _already_stored(self, chat: Chat) -> Chat:
        """Give the chat as a webhook that was faster has stored it."""
        stored = self._store.chats.find(chat.id)
        if not isinstance(stored, Chat) or stored.visitor_id != chat.visitor_id:
            raise InvalidVisitorToken("the visitor was erased while the chat was started")
        self._store.chats.mark_started(chat.id)
        return stored

    def _say_first(self, request: StartRequest, journal: Journal, credentials: Credentials, chat: Chat) -> Delivered:
        claim_id = request.client_message_id or journal.facts.get("claim_id") or f"{UNNAMED_CLAIM}{uuid.uuid4()}"
        if journal.facts.get("claim_id") != claim_id:
            journal.note(claim_id=claim_id)
        outgoing = Outgoing(credentials=credentials, claim_id=claim_id, text=request.message or "")
        current, sent = self._store.chat_and_sent(chat.id, claim_id) if journal.is_resumed else (chat, None)
        if not isinstance(current, Chat):
            raise ChatNotFound("the chat was removed while it was started")
        return self._sending.send(outgoing, current, sent)


def _journal_key(request: StartRequest) -> Key:
    """Bind a key to its visitor, so that nobody's key leads to somebody else's chat."""
    owner = request.visitor.id if request.visitor else "new"
    return start_key(hashlib.sha256(f"{owner}\n{request.idempotency_key}".encode()).hexdigest())


def _body_hash(request: StartRequest) -> str:
    body = [request.visitor_name, request.message, request.client_message_id, dict(request.variables)]
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
