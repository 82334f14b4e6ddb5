"""Messages on their way to Giosg, each claimed on its chat by whoever is at work on it."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from visitor_chat.domain.records import Chat, Claim
from visitor_chat.runtime.clock import Clock, to_text
from visitor_chat.store.chat_items import chat_key, claim_record, to_chat
from visitor_chat.store.tables import ConditionFailed, Tables, Write

MOST_CLAIMS = 50
"""Of one chat at a time: its item is read with every request, and may have 400 KB."""


class Claims:
    """The claims in the chats table."""

    def __init__(self, tables: Tables, table: str, *, clock: Clock) -> None:
        self._tables = tables
        self._table = table
        self._clock = clock

    def claiming(self, chat: Chat, claim: Claim) -> Write:
        """Return the write that announces a message.

        It fails if the message was announced before, the chat has ended, or MOST_CLAIMS are under way.
        """
        return Write(
            kind="Update",
            table=self._table,
            key=chat_key(chat.id),
            update="SET #claims.#claim = :claim",
            condition=(
                "attribute_exists(#seq) AND attribute_not_exists(#claims.#claim) AND #is_ended = :no"
                " AND size(#claims) < :most"
            ),
            values={"claim": claim_record(claim), "no": False, "most": MOST_CLAIMS},
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

    def forget(self, chat: Chat, claim: Claim) -> None:
        """Take back a claim that nobody has worked on since it was read."""
        with suppress(ConditionFailed):
            self._update(
                chat.id,
                "REMOVE #claims.#claim",
                condition="#claims.#claim.#leased_until = :seen",
                values={"seen": to_text(claim.leased_until)},
                claim_id=claim.claim_id,
            )

    def drop(self, chat: Chat, claim_id: str) -> None:
        """Take back a claim of a message that was certainly not sent."""
        self._settle(chat, claim_id, "REMOVE #claims.#claim", {})

    def _settle(self, chat: Chat, claim_id: str, update: str, values: Mapping[str, Any]) -> None:
        with suppress(ConditionFailed):
            condition = "attribute_exists(#claims.#claim)"
            self._update(chat.id, update, condition=condition, values=values, claim_id=claim_id)

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
