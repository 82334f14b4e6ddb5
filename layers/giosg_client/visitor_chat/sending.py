"""How a visitor's message gets to Giosg exactly once.

Giosg knows no idempotency keys, and an answer can be lost after the work was done. So each message is first claimed on
its chat, under its `client_message_id`. While the claim is leased, one invocation is at work and others with the same
id wait for it. A claim without a lease means that the outcome is unknown: whoever takes it over first looks at Giosg
for a message of the same visitor and text that nothing else accounts for, and sends only if there is none.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from giosg_client.client import GiosgClient
from giosg_client.errors import GiosgError, GiosgRefused, GiosgTimeout, GiosgUnavailable, GiosgUnreachable
from giosg_client.frozen import Frozen, frozen
from giosg_client.models import Message
from visitor_chat import events, matching
from visitor_chat.access import Access
from visitor_chat.clock import Clock
from visitor_chat.errors import (
    ChatEnded,
    ChatNotFound,
    ClientMessageIdReused,
    GiosgSilent,
    VisitorChatError,
)
from visitor_chat.ledger import Ledger
from visitor_chat.looking import Looking, Uncertain
from visitor_chat.quotas import Permit, nothing_to_wait_for
from visitor_chat.records import Chat, Claim, Credentials, StoredMessage
from visitor_chat.store import ConditionFailed, Store
from visitor_chat.store.messages import Sent

LEASE = timedelta(seconds=30)
"""Longer than an invocation lives."""
REST = timedelta(seconds=5)
"""After a timeout, for what Giosg may still be doing: only then does a look at Giosg tell what was done."""
UNCERTAIN_REST = timedelta(seconds=1)
"""Between two looks at Giosg while another attempt with the same text is at work."""
LONGEST_WAIT = timedelta(seconds=12)
POLL_SECONDS = 0.1
READ_ATTEMPTS = 5
"""A message that was just committed may be readable a moment later than what says so."""
PERHAPS_ENDED = frozenset({400, 403, 404, 409, 410})
"""Giosg does not document how it refuses a message to an ended chat, so on any of these the chat is read again."""


@frozen
class Outgoing(Frozen):
    """A message to send: who, what, under which claim, and what permits to send it for the first time."""

    credentials: Credentials
    claim_id: str
    text: str
    permit: Permit = nothing_to_wait_for


@frozen
class Delivered(Frozen):
    """A message that Giosg has; `is_repeat` when an earlier request had sent it."""

    chat: Chat
    message: StoredMessage
    is_repeat: bool


class Sending:
    """Sends visitors' messages."""

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        giosg: GiosgClient,
        access: Access,
        *,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._giosg = giosg
        self._access = access
        self._clock = clock
        self._sleep = sleep
        self._looking = Looking(store, giosg, access, clock=clock)

    def send(self, outgoing: Outgoing, chat: Chat, sent: Sent | None) -> Delivered:
        """Send a message once; `chat` and `sent` are what was read of the chat and of this claim.

        Raise ChatEnded, ClientMessageIdReused, GiosgSilent (ask again with the same id), or the GiosgError.
        """
        deadline = self._clock() + LONGEST_WAIT
        while self._clock() < deadline:
            if sent is not None:
                return self._repeat(outgoing, chat, sent)
            try:
                delivered = self._take_turn(outgoing, chat)
            except (ConditionFailed, Uncertain):
                self._sleep(POLL_SECONDS)
                delivered = None
            if delivered is not None:
                return delivered
            chat, sent = self.read_again(chat, outgoing.claim_id)
        raise GiosgSilent("another request with this client_message_id is still waiting for Giosg")

    def read_again(self, chat: Chat, claim_id: str) -> tuple[Chat, Sent | None]:
        """Read a chat, and what has become of a claim in it; raise ChatNotFound when the chat is gone."""
        current, sent = self._store.chat_and_sent(chat.id, claim_id)
        if not isinstance(current, Chat):
            raise ChatNotFound("the chat was removed while a message was sent")
        return current, sent

    def _repeat(self, outgoing: Outgoing, chat: Chat, sent: Sent) -> Delivered:
        _check_text(outgoing, sent.text_hash)
        for _attempt in range(READ_ATTEMPTS):
            message = self._store.messages.find(chat.id, sent.message_id)
            if message is not None:
                return Delivered(chat=chat, message=message, is_repeat=True)
            self._sleep(POLL_SECONDS)
        raise ChatNotFound("the message was erased")

    def _take_turn(self, outgoing: Outgoing, chat: Chat) -> Delivered | None:
        """Send, or finish what another request began; None after a wait for one that is at work."""
        claim = chat.claims.get(outgoing.claim_id)
        if claim is None:
            return self._begin(outgoing, chat)
        _check_text(outgoing, claim.text_hash)
        if claim.leased_until > self._clock():
            self._sleep(POLL_SECONDS)
            return None
        chat = self._store.claims.take_over(chat, claim, leased_until=self._clock() + LEASE)
        return self._resume(outgoing, chat, claim)

    def _begin(self, outgoing: Outgoing, chat: Chat) -> Delivered:
        if chat.is_ended:
            raise ChatEnded("the chat has ended")
        now = self._clock()
        claim = Claim(
            claim_id=outgoing.claim_id,
            text_hash=matching.text_hash(outgoing.text),
            started_at=now,
            leased_until=now + LEASE,
            seq=chat.seq,
        )
        claimed = self._store.claim(chat, claim)
        try:
            outgoing.permit()
        except Exception:
            self._store.claims.drop(claimed, claim.claim_id)
            raise
        return self._deliver(outgoing, claimed, claim)

    def _resume(self, outgoing: Outgoing, chat: Chat, claim: Claim) -> Delivered:
        try:
            settled = self._settle(outgoing, claim, chat)
        except Uncertain:
            self._store.claims.leave(chat, claim.claim_id, rest=UNCERTAIN_REST)
            raise
        except Exception:
            self._store.claims.leave(chat, claim.claim_id)
            raise
        if settled is not None:
            return settled
        if chat.is_ended:
            self._store.claims.drop(chat, claim.claim_id)
            raise ChatEnded("the chat has ended")
        return self._deliver(outgoing, chat, claim)

    def _deliver(self, outgoing: Outgoing, chat: Chat, claim: Claim) -> Delivered:
        try:
            credentials = self._access.fresh(outgoing.credentials)
        except Exception:
            self._store.claims.drop(chat, claim.claim_id)
            raise
        try:
            message = self._post(outgoing, chat, credentials)
        except (GiosgUnreachable, VisitorChatError):
            self._store.claims.drop(chat, claim.claim_id)
            raise
        except GiosgRefused as refusal:
            self._store.claims.drop(chat, claim.claim_id)
            self._raise_if_ended(chat, credentials, refusal)
            raise
        except GiosgError as error:
            return self._settle_after(error, outgoing, claim, chat)
        return self._commit(outgoing, claim, message, chat, claimed_in=chat)

    def _post(self, outgoing: Outgoing, chat: Chat, credentials: Credentials) -> Message:
        return self._access.call(
            credentials,
            lambda token: self._giosg.send_message(
                credentials.visitor_id, chat.id, access_token=token, text=outgoing.text
            ),
        )

    def _settle_after(self, error: GiosgError, outgoing: Outgoing, claim: Claim, chat: Chat) -> Delivered:
        """Find what an attempt has done that ended in an error; raise that error when nothing is found."""
        try:
            settled = None if isinstance(error, GiosgUnavailable) else self._settle(outgoing, claim, chat)
        except (GiosgError, Uncertain):
            settled = None
        if settled is None:
            rest = REST if isinstance(error, GiosgTimeout) else timedelta()
            self._store.claims.leave(chat, claim.claim_id, rest=rest)
            raise error
        return replace(settled, is_repeat=False)

    def _settle(self, outgoing: Outgoing, claim: Claim, chat: Chat) -> Delivered | None:
        """Account for an attempt whose outcome is unknown; None when, as far as can be seen, nothing was sent."""
        current, sent = self.read_again(chat, outgoing.claim_id)
        if sent is not None:
            return self._repeat(outgoing, current, sent)
        message = self._looking.find(claim, current, outgoing.credentials)
        return replace(self._commit(outgoing, claim, message, chat), is_repeat=True) if message else None

    def _commit(
        self, outgoing: Outgoing, claim: Claim, message: Message, chat: Chat, *, claimed_in: Chat | None = None
    ) -> Delivered:
        try:
            event = events.added(message, claim_id=outgoing.claim_id)
            applied = self._ledger.apply_message(event, claimed_in=claimed_in)
        except Exception:
            self._store.claims.leave(chat, claim.claim_id)
            raise
        if not isinstance(applied.chat, Chat) or applied.message is None:
            raise ChatNotFound("the chat was removed while a message was sent")
        return Delivered(chat=applied.chat, message=applied.message, is_repeat=False)

    def _raise_if_ended(self, chat: Chat, credentials: Credentials, refusal: GiosgRefused) -> None:
        if refusal.status not in PERHAPS_ENDED:
            return
        current = self._looking.chat(chat, credentials)
        if current.is_ended:
            self._ledger.apply_chat(chat.id, events.chat_facts(current))
            raise ChatEnded("Giosg has ended the chat") from refusal


def _check_text(outgoing: Outgoing, known_hash: str) -> None:
    if matching.text_hash(outgoing.text) != known_hash:
        raise ClientMessageIdReused("another text came with this client_message_id before")
