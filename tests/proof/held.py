"""Messages that visitors of a run leave while nobody is there: what they were told of each."""

from dataclasses import dataclass, field
from typing import Any

from tests.aws import Reply
from tests.proof.people import PASSING, Wish

WAITS = "held"
AFTER: dict[str, set[str]] = {
    WAITS: {WAITS, "delivered", "expired", "withdrawn"},
    "delivered": {"delivered"},
    "expired": {"expired"},
    "withdrawn": {"withdrawn"},
}
"""What may become of a message in each state."""


@dataclass(eq=False)
class Hold(Wish):
    """A message to be held. Its text is no other's, so that it can be found wherever it was said."""

    seen: Any = None
    """What its visitor last saw of it."""
    withdrawals: list[Reply | None] = field(default_factory=list)

    @property
    def id(self) -> str:
        return str(self.body["client_message_id"])

    @property
    def is_start(self) -> bool:
        return False

    @property
    def begins_chat(self) -> bool:
        return True

    @property
    def is_refused(self) -> bool:
        """Tell whether nothing is held; one of two calls side by side may be refused while the other holds it."""
        return not self.success and super().is_refused

    @property
    def is_held(self) -> bool:
        """Tell whether the visitor knows of no end of it."""
        return self.success is not None and (self.seen is None or self.seen["status"] == WAITS)

    @property
    def where(self) -> str | None:
        return self.seen["chat_id"] if self.seen else None

    def _done(self, answer: Any) -> None:
        now = answer["held_message"]
        assert now["id"] == self.id
        assert now["message"] == (None if now["status"] == "withdrawn" else self.text)
        self._introduced(answer)
        self.seen = self.seen or now

    def saw(self, now: Any) -> None:
        """Take in what is shown of it, which must go on from what was shown before."""
        before = self.seen or now
        assert now["status"] in AFTER[before["status"]], f"{before['status']} has become {now['status']}"
        assert before["chat_id"] in {None, now["chat_id"]}, "a held message has moved to another chat"
        assert (now["chat_id"] is not None) == (now["status"] == "delivered")
        assert now["room"] == self.room, "a message is held for another room"
        assert now["message"] == (self.text if now["status"] in {WAITS, "expired"} else None)
        self.seen = now

    def answered_withdrawal(self, reply: Reply | None) -> None:
        """Take in what a visitor was answered who takes it back."""
        self.withdrawals.append(reply)
        if reply is not None and reply.status not in {*PASSING, 204}:
            assert reply.json["code"] == "already_delivered", f"taking back was answered {reply.text}"

    @property
    def is_withdrawn(self) -> bool:
        """Tell whether the visitor was told that it is taken back."""
        return any(reply is not None and reply.status == 204 for reply in self.withdrawals)

    @property
    def is_said_to_be_delivered(self) -> bool:
        return any(reply is not None and reply.status == 409 for reply in self.withdrawals)
