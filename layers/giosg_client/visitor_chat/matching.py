"""Which attempt to send has become which message, where only text and time can tell."""

import hashlib
from datetime import datetime, timedelta

from visitor_chat.clock import from_text
from visitor_chat.merging import MessageEvent
from visitor_chat.records import Chat, Claim

CLOCK_TOLERANCE = timedelta(minutes=2)
"""How far Giosg's clock and ours may differ when a message is matched with the attempt to send it."""


def text_hash(text: str) -> str:
    """Hash a text so that two are alike if they differ in white space only, which a platform may tidy up."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:32]


def find_claim(chat: Chat, event: MessageEvent) -> str | None:
    """Find the one attempt that must have made this message of the visitor's; None when it is not certain."""
    content = event.content
    if event.claim_id or content.get("sender_type") != "visitor" or content.get("type") != "msg":
        return event.claim_id
    text, created_at = content.get("message"), content.get("created_at")
    if not text or not created_at:
        return None
    matches = [claim for claim in chat.claims.values() if could_be(claim, text=text, created_at=from_text(created_at))]
    return matches[0].claim_id if len(matches) == 1 else None


def could_be(claim: Claim, *, text: str, created_at: datetime) -> bool:
    """Tell whether a message of this text and time may be what a claim has become."""
    return claim.text_hash == text_hash(text) and created_at >= claim.started_at - CLOCK_TOLERANCE
