"""How a chat is started, once for each Idempotency-Key.

The steps of a start are written into a journal under its key, so that a repeat goes on where the first one stopped, and
one that comes while the first is under way waits for it. Without a key there is no journal: each request is its own.
"""

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from giosg_client.client import GiosgClient
from giosg_client.errors import GiosgError, GiosgTimeout
from giosg_client.frozen import Frozen, frozen
from visitor_chat.access import Access
from visitor_chat.availability import Room
from visitor_chat.challenge import Challenge
from visitor_chat.clock import Clock, from_text, to_text
from visitor_chat.errors import ChatNotFound, IdempotencyKeyReused, InvalidVisitorToken, NoAgentsOnline, TryAgain
from visitor_chat.opening import Attempt, Opening
from visitor_chat.quotas import MOST_OPEN_CHATS, Quotas
from visitor_chat.records import Chat, Credentials, StoredMessage, Visitor
from visitor_chat.sending import Delivered, Outgoing, Sending
from visitor_chat.store import Store
from visitor_chat.store.attributes import Record
from visitor_chat.store.coordination import JOURNAL_LIFETIME, start_key
from visitor_chat.store.tables import Key
from visitor_chat.views import UNNAMED_CLAIM

LEASE = timedelta(seconds=30)
"""Longer than an invocation lives."""
REST = timedelta(seconds=5)
"""After a timeout, for what Giosg may still be doing: only then does a look at Giosg tell what was done."""
LONGEST_WAIT = timedelta(seconds=20)
POLL_SECONDS = 0.1
PRESENCE_SECONDS = 120
USERNAME = "username"


@frozen
class StartRequest(Frozen):
    """What a visitor asks for. `visitor` is given when they are known already."""

    visitor: Visitor | None
    credentials: Credentials | None
    visitor_name: str | None
    message: str | None
    client_message_id: str | None
    variables: Mapping[str, str]
    idempotency_key: str | None
    challenge_token: str | None = None


@frozen
class Started(Frozen):
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

    @property
    def name(self) -> str:
        """Name the start, the same one whenever it is tried again."""
        return str(self.facts["name"] if self.key is None else self.key["id"])

    def close(self, *, until: datetime) -> None:
        """Let the next one go on from that instant."""
        if self.key is not None:
            self.store.coordination.record(self.key, leased_until=to_text(until))


class Starting:
    """Starts chats."""

    def __init__(
        self,
        store: Store,
        giosg: GiosgClient,
        access: Access,
        opening: Opening,
        *,
        room: Room,
        sending: Sending,
        quotas: Quotas,
        challenge: Challenge,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
        threads: Executor,
    ) -> None:
        self._store = store
        self._giosg = giosg
        self._access = access
        self._opening = opening
        self._room = room
        self._sending = sending
        self._quotas = quotas
        self._challenge = challenge
        self._clock = clock
        self._sleep = sleep
        self._threads = threads

    def start(self, request: StartRequest) -> Started:
        """Start a chat, or finish starting it; raise what kept it from being done."""
        journal = self._open_journal(request)
        rest = timedelta()
        try:
            return self._go_on(request, journal)
        except GiosgTimeout:
            rest = REST
            raise
        finally:
            journal.close(until=self._clock() + rest)

    def _open_journal(self, request: StartRequest) -> Journal:
        if request.idempotency_key is None:
            return Journal(self._store, None, {"began_at": to_text(self._clock()), "name": f"once#{uuid.uuid4()}"})
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
        attempt = Attempt(name=journal.name, visitor=visitor, credentials=credentials, began_at=began_at)
        begun = self._opening.find_begun(attempt) if journal.is_resumed else None
        aside = [] if begun else self._prepare(request, visitor, credentials)
        chat = self._opening.open(attempt, begun)
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
    """Recognise a body. The key, which is in no table, keeps a short message from being guessed by its hash."""
    body = [request.visitor_name, request.message, request.client_message_id, dict(request.variables)]
    key = (request.idempotency_key or "").encode()
    return hmac.new(key, json.dumps(body, sort_keys=True).encode(), "sha256").hexdigest()
