"""Chats and claims in the form that they have in the tables."""

from datetime import datetime, timedelta

from visitor_chat.domain.records import Chat, Claim
from visitor_chat.runtime.clock import from_text, to_epoch_seconds, to_text
from visitor_chat.store.dynamodb_values import Record
from visitor_chat.store.tables import Key

LISTING_OUTLIVES_CHAT = timedelta(days=14)
"""How much longer than a chat its place in the list is made to last; prolonged when 10 of the days are gone."""


def chat_key(chat_id: str) -> Key:
    return {"pk": f"chat#{chat_id}", "sk": "chat"}


def listing_key(visitor_id: str, created_at: datetime, chat_id: str) -> Key:
    return {"pk": f"visitor#{visitor_id}", "sk": f"{to_text(created_at)}#{chat_id}"}


def listing_item(chat: Chat, until: datetime) -> Record:
    """Return a chat's place in its visitor's list, which lasts until then."""
    key = listing_key(chat.visitor_id, chat.created_at, chat.id)
    return {**key, "chat_id": chat.id, "expires_at": to_epoch_seconds(until)}


def to_record(chat: Chat) -> Record:
    return {
        **chat_key(chat.id),
        "visitor_id": chat.visitor_id,
        "visitor_name": chat.visitor_name,
        "created_at": to_text(chat.created_at),
        "updated_at": to_text(chat.updated_at),
        "ended_at": chat.ended_at and to_text(chat.ended_at),
        "last_message_at": chat.last_message_at and to_text(chat.last_message_at),
        "is_ended": chat.is_ended,
        "has_visitor_message": chat.has_visitor_message,
        "has_agent": chat.has_agent,
        "answered_at": chat.answered_at and to_text(chat.answered_at),
        "unanswered": [to_text(each) for each in chat.unanswered],
        **({"room_id": chat.room_id} if chat.room_id else {}),
        **({"started_by": chat.started_by} if chat.started_by else {}),
        "seq": chat.seq,
        "tail_id": chat.tail_id,
        "tail_seq": chat.tail_seq,
    }


def to_chat(record: Record) -> Chat:
    return Chat(
        id=record["pk"].removeprefix("chat#"),
        visitor_id=record["visitor_id"],
        visitor_name=record["visitor_name"],
        created_at=from_text(record["created_at"]),
        listed_until=from_text(record["listed_until"]),
        sync_due_at=from_text(due_at) if (due_at := record.get("sync_due_at")) else None,
        updated_at=from_text(record["updated_at"]),
        ended_at=record["ended_at"] and from_text(record["ended_at"]),
        last_message_at=record["last_message_at"] and from_text(record["last_message_at"]),
        is_ended=record["is_ended"],
        has_visitor_message=record["has_visitor_message"],
        has_agent=record["has_agent"],
        answered_at=from_text(answered_at) if (answered_at := record.get("answered_at")) else None,
        unanswered=tuple(from_text(each) for each in record.get("unanswered", ())),
        room_id=record.get("room_id"),
        started_by=record.get("started_by"),
        seq=record["seq"],
        tail_id=record["tail_id"],
        tail_seq=record["tail_seq"],
        claims={claim_id: _to_claim(claim_id, claim) for claim_id, claim in record["claims"].items()},
    )


def claim_record(claim: Claim) -> Record:
    return {
        "text_hash": claim.text_hash,
        "started_at": to_text(claim.started_at),
        "leased_until": to_text(claim.leased_until),
        "seq": claim.seq,
    }


def _to_claim(claim_id: str, record: Record) -> Claim:
    return Claim(
        claim_id=claim_id,
        text_hash=record["text_hash"],
        started_at=from_text(record["started_at"]),
        leased_until=from_text(record["leased_until"]),
        seq=record["seq"],
    )
