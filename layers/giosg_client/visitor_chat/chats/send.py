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
from visitor_chat.auth.quotas import Permit, nothing_to_wait_for
from visitor_chat.chats.send_recovery import SendRecovery, Uncertain
from visitor_chat.domain import claim_matching, message_events
from visitor_chat.domain.errors import (
    ChatEnded,
    ChatNotFound,
    ClientMessageIdReused,
    GiosgSilent,
    TooManyRequests,
    VisitorChatError,
)
from visitor_chat.domain.records import Chat, Claim, Credentials, Press, StoredMessage
from visitor_chat.giosg.visitor_tokens import VisitorTokens
from visitor_chat.runtime import telemetry
from visitor_chat.runtime.clock import Clock
from visitor_chat.store.claims import MOST_CLAIMS
from visitor_chat.store.messages import Sent
from visitor_chat.store.store import Store
from visitor_chat.store.tables import ConditionFailed
from visitor_chat.sync.commit import Committer

LEASE = timedelta(seconds=30)
"""Longer than an invocation lives."""
SETTLE_TIME = timedelta(seconds=5)
"""After a timeout, for what Giosg may still be doing: only then does a look at Giosg tell what was done."""
UNCERTAIN_SETTLE_TIME = timedelta(seconds=1)
"""Between two looks at Giosg while another attempt with the same text is at work."""
LONGEST_WAIT = timedelta(seconds=12)
UNSETTLED_RETRY_SECONDS = 60.0
"""By then repeats have settled some of them, or a comparison with Giosg has."""
POLL_SECONDS = 0.1
READ_ATTEMPTS = 5
"""A message that was just committed may be readable a moment later than what says so."""
SERVER_ERROR = 500
PERHAPS_ENDED = frozenset({400, 403, 404, 409, 410})
"""Giosg does not document how it refuses a message to an ended chat, so on any of these the chat is read again."""


@frozen
class Outgoing(Frozen):
    """A message to send: who, what, under which claim, and what permits to send it for the first time."""

    credentials: Credentials
    claim_id: str
    text: str
    press: Press | None = None
    permit: Permit = nothing_to_wait_for

    @property
    def said(self) -> str:
        """What tells this message from others: its text, or which button it presses."""
        press = self.press
        if press is None:
            return self.text
        return claim_matching.press_text(press.message_id, press.attachment_id, press.action_id)


@frozen
class Delivered(Frozen):
    """A message that Giosg has; `is_repeat` when an earlier request had sent it."""

    chat: Chat
    message: StoredMessage
    is_repeat: bool


class MessageSender:
    """Sends visitors' messages."""

    def __init__(
        self,
        store: Store,
        committer: Committer,
        giosg: GiosgClient,
        visitor_tokens: VisitorTokens,
        *,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._committer = committer
        self._giosg = giosg
        self._visitor_tokens = visitor_tokens
        self._clock = clock
        self._sleep = sleep
        self._recovery = SendRecovery(store, giosg, visitor_tokens, clock=clock)

    def send(self, outgoing: Outgoing, chat: Chat, sent: Sent | None) -> Delivered:
        """Send a message once, and count it; `chat` and `sent` are what was read of the chat and of this claim.

        Raise ChatEnded, ClientMessageIdReused, GiosgSilent (ask again with the same id), TooManyRequests, or the
        GiosgError.
        """
        try:
            delivered = self._send(outgoing, chat, sent)
        except Exception as error:
            telemetry.count("SendsRefused" if _is_refusal(error) else "SendsFailed")
            raise
        telemetry.count("SendsRepeated" if delivered.is_repeat else "MessagesSent")
        return delivered

    def _send(self, outgoing: Outgoing, chat: Chat, sent: Sent | None) -> Delivered:
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
        if len(chat.claims) >= MOST_CLAIMS:
            raise TooManyRequests("too many sends have an unknown outcome", retry_after_seconds=UNSETTLED_RETRY_SECONDS)
        now = self._clock()
        claim = Claim(
            claim_id=outgoing.claim_id,
            text_hash=claim_matching.text_hash(outgoing.said),
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
            self._store.claims.leave(chat, claim.claim_id, rest=UNCERTAIN_SETTLE_TIME)
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
            credentials = self._visitor_tokens.fresh(outgoing.credentials)
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
        return self._visitor_tokens.call(credentials, lambda token: self._post_with(token, outgoing, chat, credentials))

    def _post_with(self, token: str, outgoing: Outgoing, chat: Chat, credentials: Credentials) -> Message:
        visitor_id, press = credentials.visitor_id, outgoing.press
        if press is None:
            return self._giosg.send_message(visitor_id, chat.id, access_token=token, text=outgoing.text)
        return self._giosg.press_button(
            visitor_id,
            chat.id,
            access_token=token,
            message_id=press.message_id,
            attachment_id=press.attachment_id,
            action_id=press.action_id,
            value=press.value,
        )

    def _settle_after(self, error: GiosgError, outgoing: Outgoing, claim: Claim, chat: Chat) -> Delivered:
        """Find what an attempt has done that ended in an error; raise that error when nothing is found."""
        try:
            settled = None if isinstance(error, GiosgUnavailable) else self._settle(outgoing, claim, chat)
        except (GiosgError, Uncertain):
            settled = None
        if settled is None:
            rest = SETTLE_TIME if isinstance(error, GiosgTimeout) else timedelta()
            self._store.claims.leave(chat, claim.claim_id, rest=rest)
            raise error
        return replace(settled, is_repeat=False)

    def _settle(self, outgoing: Outgoing, claim: Claim, chat: Chat) -> Delivered | None:
        """Account for an attempt whose outcome is unknown; None when, as far as can be seen, nothing was sent."""
        current, sent = self.read_again(chat, outgoing.claim_id)
        if sent is not None:
            return self._repeat(outgoing, current, sent)
        message = self._recovery.find(claim, current, outgoing.credentials)
        return replace(self._commit(outgoing, claim, message, chat), is_repeat=True) if message else None

    def _commit(
        self, outgoing: Outgoing, claim: Claim, message: Message, chat: Chat, *, claimed_in: Chat | None = None
    ) -> Delivered:
        try:
            event = message_events.sent(
                message,
                chat.id,
                claim_id=outgoing.claim_id,
                text=outgoing.text,
                press=outgoing.press,
                received_at=self._clock(),
            )
            applied = self._committer.apply_message(event, claimed_in=claimed_in)
        except Exception:
            self._store.claims.leave(chat, claim.claim_id)
            raise
        if not isinstance(applied.chat, Chat) or applied.message is None:
            raise ChatNotFound("the chat was removed while a message was sent")
        return Delivered(chat=applied.chat, message=applied.message, is_repeat=False)

    def _raise_if_ended(self, chat: Chat, credentials: Credentials, refusal: GiosgRefused) -> None:
        if refusal.status not in PERHAPS_ENDED:
            return
        current = self._recovery.chat(chat, credentials)
        if current.is_ended:
            self._committer.apply_chat(chat.id, message_events.chat_facts(current))
            raise ChatEnded("Giosg has ended the chat") from refusal


def _is_refusal(error: Exception) -> bool:
    """Tell what the visitor cannot have from what should have worked."""
    return isinstance(error, VisitorChatError) and error.status < SERVER_ERROR


def _check_text(outgoing: Outgoing, known_hash: str) -> None:
    if claim_matching.text_hash(outgoing.said) != known_hash:
        raise ClientMessageIdReused("another text or button came with this client_message_id before")
