"""What happens once nothing goes wrong any more: visitors ask again, the stack repairs itself, readers read on."""

from datetime import timedelta

from tests.proof.held import Hold
from tests.proof.people import DONE, Reader, Wish
from tests.proof.run import Run
from tests.proof.visitors import UNDISTURBED as WELL

REPAIR_TIME = timedelta(minutes=10)
"""What no webhook brings of a chat that is not ended must be here by then."""
SWEEPS = 4
MINUTE = timedelta(minutes=1)
"""How often the schedule calls for held messages."""
MOST_ATTEMPTS = 6
MOST_DELIVERIES = 30


def heal(run: Run) -> None:
    """Bring a run to its end, as the world does when the faults are over."""
    run.finish()
    for room in range(len(run.rooms)):
        run.set_doors(room, are_open=True)
    for wish in list(run.visitors.wishes):
        _ask_until_clear(run, wish)
    _deliver_held(run)
    if run.plan.loses_rest:
        run.post.lose_all()
    _deliver_all(run)
    _let_repair(run)
    for reader in list(run.readers.values()):
        read_all(run, reader, limit=3)


def _ask_until_clear(run: Run, wish: Wish) -> None:
    """Make somebody's call again until the answer is clear, if it is one that may be made again."""
    attempts = 0
    if isinstance(wish, Hold) and wish.unanswered and wish.is_refused:
        run.visitors.ask(wish, WELL)  # one call was refused, and nobody knows what became of another
        run.finish()
    while wish.is_repeatable and not _is_clear(wish):
        assert attempts < MOST_ATTEMPTS, f"{wish.body} never has a clear answer: {wish.replies[-1].text}"
        attempts += 1
        run.visitors.ask(wish, WELL)
        run.finish()
        run.stack.scheduler.now += timedelta(seconds=10)


def _is_clear(wish: Wish) -> bool:
    return bool(wish.replies) and (wish.replies[-1].status in DONE or wish.is_refused)


def _deliver_held(run: Run) -> None:
    """Let the minutes pass until every held message has come to its end."""
    run.visitors.look_at_held()
    run.finish()
    most = MOST_ATTEMPTS + len(run.visitors.held) + len(run.plan.deliveries)
    for how in [*run.plan.deliveries, *[WELL] * most]:
        if not any(wish.is_held for wish in run.visitors.held):
            return
        run.stack.scheduler.now += MINUTE
        run.deliver_held(how)
        run.finish()
    raise AssertionError("a held message waits for ever")


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
