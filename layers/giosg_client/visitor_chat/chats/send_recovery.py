"""Looking at Giosg for what an attempt to send has done."""

from collections.abc import Callable
from typing import TypeVar

from giosg_client.client import GiosgClient
from giosg_client.errors import GiosgNotFound
from giosg_client.models import Chat as GiosgChat
from giosg_client.models import Message
from visitor_chat.domain import claim_matching
from visitor_chat.domain.errors import ChatNotFound
from visitor_chat.domain.records import Chat, Claim, Credentials
from visitor_chat.giosg.visitor_tokens import VisitorTokens
from visitor_chat.runtime.clock import Clock
from visitor_chat.store.store import Store

Found = TypeVar("Found")


class Uncertain(Exception):
    """A message may be this attempt's, or that of another which is still at work: time will tell."""


class SendRecovery:
    """Looks at one chat in its visitor's name; raises ChatNotFound when Giosg has it no longer."""

    def __init__(self, store: Store, giosg: GiosgClient, visitor_tokens: VisitorTokens, *, clock: Clock) -> None:
        self._store = store
        self._giosg = giosg
        self._visitor_tokens = visitor_tokens
        self._clock = clock

    def chat(self, chat: Chat, credentials: Credentials) -> GiosgChat:
        """Read the chat itself."""
        visitor_id = credentials.visitor_id
        return self._look_at(
            credentials, lambda token: self._giosg.get_visitor_chat(visitor_id, chat.id, access_token=token)
        )

    def find(self, claim: Claim, chat: Chat, credentials: Credentials) -> Message | None:
        """Find the message that an attempt has become; None when it has become none, as far as can be seen.

        Attempts with the same text are told apart only by their number: while one of them is still at work, a message
        could be that one's, and is taken only if there is one for each. Else raise Uncertain.
        """
        found = [each for each in self._candidates(claim, chat, credentials) if self._is_free(chat, each, claim)]
        rivals = [other for other in chat.claims.values() if _is_rival(claim, other)]
        is_at_work = any(rival.leased_until > self._clock() for rival in rivals)
        if found and is_at_work and len(found) <= len(rivals):
            raise Uncertain
        return min(found, key=lambda each: (each.created_at or self._clock(), each.id), default=None)

    def _candidates(self, claim: Claim, chat: Chat, credentials: Credentials) -> list[Message]:
        """List what the attempt may have become: better one too many, which has its text, than the text sent twice."""
        messages = self._look_at(
            credentials,
            lambda token: list(self._giosg.list_visitor_messages(credentials.visitor_id, chat.id, access_token=token)),
        )
        return [
            each
            for each in messages
            if (text := claim_matching.said({name: getattr(each, name) for name in claim_matching.SAID_BY})) is not None
            and claim_matching.could_be(claim, text=text, created_at=each.created_at)
        ]

    def _look_at(self, credentials: Credentials, look: Callable[[str], Found]) -> Found:
        try:
            return self._visitor_tokens.call(credentials, look)
        except GiosgNotFound as missing:
            raise ChatNotFound("Giosg has removed the chat") from missing

    def _is_free(self, chat: Chat, message: Message, claim: Claim) -> bool:
        """Tell whether a message is accounted for neither by another claim nor by the time before this one."""
        stored = self._store.messages.find(chat.id, message.id)
        if stored is None:
            return True
        return stored.claim_id in {None, claim.claim_id} and (stored.seq is None or stored.seq > claim.seq)


def _is_rival(claim: Claim, other: Claim) -> bool:
    return other.claim_id != claim.claim_id and claim_matching.are_alike(other.text_hash, claim.text_hash)
