"""What goes wrong between an invocation and everything that it calls, at the points where the scheduler stops it.

Faults of the tables and of the queue are raised out of botocore's own client, before or after moto has done the call.
Faults of Giosg are played by the simulated Giosg over real HTTP.
"""

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Literal, NamedTuple, get_args

from botocore.exceptions import ClientError, ReadTimeoutError
from local.giosg import SimulatedGiosg
from local.giosg.faults.faults import Fault as GiosgRule
from tests.toolkit.scheduling import Killed, Point, Scheduler, Task

TableFault = Literal[
    "throttled", "conflict", "condition", "killed before", "killed after", "failed after", "retried", "silent after"
]
GiosgFault = Literal[
    "500", "503", "429", "lost", "done then 500", "done then lost", "done then silent", "token revoked", "html",
    "empty", "truncated", "wrong type", "closes", "killed after",
]  # fmt: skip
TABLE_FAULTS: tuple[TableFault, ...] = get_args(TableFault)
GIOSG_FAULTS: tuple[GiosgFault, ...] = get_args(GiosgFault)

READS = frozenset({"BatchGetItem", "Query"})
_AFTER: frozenset[TableFault] = frozenset({"killed after", "failed after", "retried", "silent after"})
GIOSG_TIMEOUT = timedelta(seconds=5)


class Faulty(NamedTuple):
    """The n-th call (from 0) of an invocation to the tables and the queue, or to Giosg, and what is wrong with it."""

    call: int
    fault: TableFault | GiosgFault


class Faults:
    """Stops invocations at their calls, and lets those go wrong for which a fault is planned. Counts what happened."""

    def __init__(self, scheduler: Scheduler, giosg: SimulatedGiosg) -> None:
        self.counts: Counter[str] = Counter()
        self.queued: list[str] = []
        self.handed_over: list[str] = []
        self._done: dict[Task, TableFault] = {}
        self._scheduler = scheduler
        self._giosg = giosg
        giosg.faults.pick = self._pick  # type: ignore[method-assign] # the scheduler picks, not chance

    def watch(self, client: Any) -> None:
        """Stop before each call of a botocore client, and after moto, which hooks in under the shorter name."""
        client.meta.events.register_first("before-send.*", self._before)
        client.meta.events.register_last("before-send", self._after)

    @staticmethod
    def _planned(task: Task) -> Any:
        """Return the fault that is planned for the point where a task has stopped."""
        side = "giosg" if task.point.kind == "giosg" else "aws"
        call = task.calls[side]
        task.calls[side] += 1
        return task.plan.get((side, call))

    def _before(self, event_name: str, request: Any, **_rest: Any) -> None:
        _, service, operation = event_name.split(".")
        task = self._scheduler.pause(Point(_KINDS[service], operation))
        planned = self._planned(task) if task and service != "secrets-manager" else None
        if task is None or planned is None:
            return
        fault: TableFault = planned if _applies(planned, operation, request.body) else "throttled"
        self.counts[f"{_KINDS[service]}: {fault}"] += 1
        if fault in _AFTER:
            self._done[task] = fault
        else:
            self._fail(task, fault, operation)

    def _after(self, event_name: str, request: Any, **_rest: Any) -> None:
        task = self._scheduler.current
        if event_name.endswith(".SendMessage"):
            self._note_queued(json.loads(request.body)["MessageBody"])
        if task is not None and (fault := self._done.pop(task, None)) is not None:
            self._fail(task, fault, event_name.rsplit(".", 1)[1])

    def _note_queued(self, body: str) -> None:
        is_handed_over = "due_chat_ids" in json.loads(body)
        (self.handed_over if is_handed_over else self.queued).append(body)

    def _fail(self, task: Task, fault: TableFault, operation: str) -> None:
        if fault.startswith("killed"):
            task.kill()
            raise Killed
        if fault == "silent after":
            raise ReadTimeoutError(endpoint_url="https://dynamodb.example.com")
        raise _error(fault, operation)

    def _pick(self, method: str, path: str) -> GiosgRule | None:
        """Decide what becomes of a call that has arrived at Giosg; called on the server's thread."""
        try:
            task = self._scheduler.pause(Point("giosg", f"{method} {path}"))
        except Killed:
            return GiosgRule(kind="drop")
        fault = self._planned(task) if task else None
        if task is None or fault is None:
            return None
        self.counts[f"giosg: {fault}"] += 1
        return self._rule(task, fault)

    def _rule(self, task: Task, fault: GiosgFault) -> GiosgRule | None:
        if fault == "token revoked":
            self._giosg.credentials.revoke_visitor_tokens()
            return None
        if fault == "killed after":
            task.kill()
            return GiosgRule(kind="commit_then_drop")
        if fault == "done then silent":
            self._scheduler.now += GIOSG_TIMEOUT
        return _RULES[fault]()


_KINDS = {"dynamodb": "table", "sqs": "queue", "secrets-manager": "secret"}


def _applies(fault: TableFault, operation: str, body: bytes) -> bool:
    """Tell whether a fault can happen to a call: nothing is in conflict with a read, or with a queue.

    A condition on what others change can fail at any time; one on something that just exists cannot.
    """
    if fault not in {"conflict", "condition", "retried"}:
        return True
    if operation in READS or operation == "SendMessage" or (fault, operation) == ("retried", "TransactWriteItems"):
        return False
    if fault == "conflict":
        return not any(table in body for table in _NEVER_IN_TRANSACTIONS)
    return any(name in body for name in _CONTESTED)


_NEVER_IN_TRANSACTIONS = (b'"CredentialsTable"', b'"CoordinationTable"')
_CONTESTED = (b"known_seq", b":version", b"leased_until", b"renewing_until", b"attribute_not_exists(#claims")


def _error(fault: TableFault, operation: str) -> ClientError:
    """Make the error that DynamoDB or SQS answers.

    `retried` is what a caller gets whose first attempt was done, but not answered, and whose SDK tried again. For
    transactions the SDK sends a token, so that this cannot happen.
    """
    if operation == "TransactWriteItems" and fault in {"conflict", "condition"}:
        reason = "TransactionConflict" if fault == "conflict" else "ConditionalCheckFailed"
        answer: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": [{"Code": reason}]}
        return ClientError(answer, operation)
    codes: dict[str, str] = {
        "throttled": "ThrottlingException",
        "conflict": "TransactionConflictException",
        "condition": "ConditionalCheckFailedException",
        "retried": "ConditionalCheckFailedException",
        "failed after": "InternalServerError",
    }
    return ClientError({"Error": {"Code": codes[fault]}}, operation)


def _answer(status: int, **headers: str) -> Callable[[], GiosgRule]:
    return lambda: GiosgRule(kind="answer", status=status, headers=headers)


_RULES: dict[GiosgFault, Callable[[], GiosgRule]] = {
    "500": _answer(500),
    "503": _answer(503, **{"Retry-After": "1"}),
    "429": _answer(429, **{"Retry-After": "30"}),
    "lost": lambda: GiosgRule(kind="drop"),
    "done then 500": lambda: GiosgRule(kind="commit_then_answer", status=500),
    "done then lost": lambda: GiosgRule(kind="commit_then_drop"),
    "done then silent": lambda: GiosgRule(kind="commit_then_drop"),
    "html": lambda: GiosgRule(kind="garbage", garbage="html"),
    "empty": lambda: GiosgRule(kind="garbage", garbage="empty"),
    "truncated": lambda: GiosgRule(kind="garbage", garbage="truncated"),
    "wrong type": lambda: GiosgRule(kind="garbage", garbage="wrong_type"),
    "closes": lambda: GiosgRule(kind="close"),
}
