"""What happens once nothing goes wrong any more: visitors ask again, the stack repairs itself, readers read on."""

from datetime import timedelta

from tests.proof.people import Reader, Wish
from tests.proof.run import UNDISTURBED as WELL
from tests.proof.run import Run

REPAIR_TIME = timedelta(minutes=10)
"""What no webhook brings of a chat that is not ended must be here by then."""
SWEEPS = 4
MOST_ATTEMPTS = 6
MOST_DELIVERIES = 30


def heal(run: Run) -> None:
    """Bring a run to its end, as the world does when the faults are over."""
    run.finish()
    run.stack.giosg.agent.go_online()
    for wish in list(run.wishes):
        _ask_until_clear(run, wish)
    if run.plan.loses_rest:
        run.post.lose_all()
    _deliver_all(run)
    _let_repair(run)
    for reader in list(run.readers.values()):
        read_all(run, reader, limit=3)


def _ask_until_clear(run: Run, wish: Wish) -> None:
    """Make somebody's call again until the answer is clear, if it is one that may be made again."""
    attempts = 0
    while wish.is_repeatable and not _is_clear(wish):
        assert attempts < MOST_ATTEMPTS, f"{wish.body} never has a clear answer: {wish.replies[-1].text}"
        attempts += 1
        run.ask(wish, WELL)
        run.finish()
        run.stack.scheduler.now += timedelta(seconds=10)


def _is_clear(wish: Wish) -> bool:
    return bool(wish.replies) and (wish.replies[-1].status in {200, 201} or wish.is_refused)


def _deliver_all(run: Run) -> None:
    """Deliver what is still under way, the newest first."""
    while letter := run.post.take(-1, is_kept=False):
        assert letter.deliveries < MOST_DELIVERIES, f"a webhook is never taken: {letter.body}"
        run.deliver(letter, WELL)
        run.finish()


def _let_repair(run: Run) -> None:
    for _ in range(SWEEPS):
        run.stack.scheduler.now += REPAIR_TIME / SWEEPS
        run.repair(WELL)
        run.sweep(WELL)
        run.finish()
    run.repair(WELL)
    run.finish()
    assert not run.stack.faults.queued, "a chat never leaves the repair queue"


def read_all(run: Run, reader: Reader, *, limit: int) -> None:
    """Follow a cursor to its end."""
    reader.has_more, pages = True, 0
    while reader.has_more:
        assert pages < 100, "the pages of a chat never end"
        pages += 1
        reader.has_more = False
        run.read(reader, limit, WELL)
        run.finish()
