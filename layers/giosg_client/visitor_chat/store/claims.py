"""Messages on their way to Giosg, each claimed on its chat by whoever is at work on it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from visitor_chat.clock import Clock, to_text
from visitor_chat.records import Chat, Claim
from visitor_chat.store.chat_items import chat_key, claim_record, to_chat
from visitor_chat.store.tables import ConditionFailed, Tables, Write


class Claims:
    """The claims in the chats table."""

    def __init__(self, tables: Tables, table: str, *, clock: Clock) -> None:
        self._tables = tables
        self._table = table
        self._clock = clock

    def claiming(self, chat: Chat, claim: Claim) -> Write:
        """Give the write that announces a message, which fails if it was announced before, or the chat has ended."""
        return Write(
            kind="Update",
            table=self._table,
            key=chat_key(chat.id),
            update="SET #claims.#claim = :claim",
            condition="attribute_exists(#seq) AND attribute_not_exists(#claims.#claim) AND #is_ended = :no",
            values={"claim": claim_record(claim), "no": False},
            names={"claim": claim.claim_id},
        )

    def take_over(self, chat: Chat, claim: Claim, *, leased_until: datetime) -> Chat:
        """Become the one who is at work on a claim; raise ConditionFailed when another was faster."""
        return self._update(
            chat.id,
            "SET #claims.#claim.#leased_until = :until",
            condition="#claims.#claim.#leased_until = :seen",
            values={"until": to_text(leased_until), "seen": to_text(claim.leased_until)},
            claim_id=claim.claim_id,
        )

    def leave(self, chat: Chat, claim_id: str, *, rest: timedelta = timedelta()) -> None:
        """Stop working on a claim whose outcome is unknown: whoever is next, after a rest, looks at Giosg first."""
        until = {"until": to_text(self._clock() + rest)}
        self._settle(chat, claim_id, "SET #claims.#claim.#leased_until = :until", until)

    def drop(self, chat: Chat, claim_id: str) -> None:
        """Take back a claim of a message that was certainly not sent."""
        self._settle(chat, claim_id, "REMOVE #claims.#claim", {})

    def _settle(self, chat: Chat, claim_id: str, update: str, values: Mapping[str, Any]) -> None:
        try:
            condition = "attribute_exists(#claims.#claim)"
            self._update(chat.id, update, condition=condition, values=values, claim_id=claim_id)
        except ConditionFailed:
            return

    def _update(self, chat_id: str, update: str, *, condition: str, values: Mapping[str, Any], claim_id: str) -> Chat:
        record = self._tables.write(
            Write(
                kind="Update",
                table=self._table,
                key=chat_key(chat_id),
                update=update,
                condition=condition,
                values=values,
                names={"claim": claim_id},
            ),
        )
        return to_chat(record)
