"""One comparison with Giosg, whose failure holds up no other, and what is told of it."""

from datetime import datetime

from giosg_client.errors import GiosgError
from visitor_chat.domain.errors import VisitorChatError
from visitor_chat.runtime import telemetry
from visitor_chat.sync.reconcile import Reconciler, Synced


def compare(reconciler: Reconciler, chat_id: str, *, due_by: datetime | None = None) -> bool:
    """Compare a chat with Giosg, if it is due by then, and tell what came of it; False when it failed."""
    with telemetry.work():
        telemetry.note(chat_id=chat_id)
        try:
            _tell(chat_id, reconciler.sync(chat_id, due_by=due_by))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one chat, the others must have their turn
            telemetry.outcome("sync failed", level="warning", chat_id=chat_id, reason=reason(error))
            telemetry.count("SyncFailed")
            return False
        return True


def _tell(chat_id: str, synced: Synced) -> None:
    if synced.missed or synced.corrected:
        telemetry.outcome("sync", chat_id=chat_id, missed=synced.missed, corrected=synced.corrected)
        telemetry.count("MissedWebhooks", synced.missed)
        telemetry.count("CorrectedMessages", synced.corrected)


def reason(error: Exception) -> str:
    return str(error) if isinstance(error, GiosgError | VisitorChatError) else telemetry.describe(error)
