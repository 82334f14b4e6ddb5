"""How a stack has been in the last day: alarms, dead letters, errors, webhooks that were missed, what waits."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from operations import replay
from operations.doctor.findings import Finding, Look, note, ok, wrong
from operations.doctor.webhooks import HOW_TO_SEE, duration, now
from operations.stacks.deployed import DeployedStack
from operations.stacks.log_lines import LogLines

DAY = timedelta(days=1)
OURS = "internal_error"
MISSED_FEW = 5
"""As many in a day as a restart of Giosg's may cost; the alarm is about as many in five minutes."""
SWEEP_EVERY = timedelta(minutes=5)
"""The sweep runs every minute, and its log line comes a moment later."""
LATE_SECONDS = 300
MAPPING = "AWS::Lambda::EventSourceMapping"
SWITCHED_OFF = {"Disabled", "Disabling"}
"""https://docs.aws.amazon.com/lambda/latest/api/API_GetEventSourceMapping.html"""
AGE_METRIC = "OldestUnsyncedChatAge"


class ConditionLooks:
    """Looks at what the stack tells of itself."""

    def __init__(self, stack: DeployedStack, lines: LogLines, *, clock: Callable[[], datetime] = now) -> None:
        self._stack = stack
        self._lines = lines
        self._clock = clock

    def all(self) -> Mapping[str, Look]:
        return {
            "condition.alarms": self.alarms,
            "condition.dead_letters": self.dead_letters,
            "condition.errors": self.errors,
            "condition.missed": self.missed,
            "condition.unsynced": self.unsynced,
            "condition.mappings": self.mappings,
        }

    def alarms(self) -> Iterator[Finding]:
        """Name the alarms that ring; each says itself what to do."""
        ringing = list(ringing_alarms(self._stack))
        for alarm in ringing:
            yield wrong("condition.alarms", f"{alarm.name} rings", alarm.says, alarm=alarm.name)
        if not ringing:
            yield ok("condition.alarms", f"None of the {len(alarm_names(self._stack))} alarms rings")

    def dead_letters(self) -> Iterator[Finding]:
        chats = replay.waiting(self._stack)
        if chats:
            advice = f'read the lines of "sync failed"; when that is over: make replay STACK={self._stack.name} DLQ=1'
            yield wrong(
                "condition.dead_letters", f"{chats} chats could not be compared with Giosg", advice, chats=chats
            )
        events = replay.queue_length(self._stack, self._stack.resources()["EventDeadLetters"][1])
        if events:
            advice = "read the lines of publish_events; the records stay readable for 24 hours"
            yield wrong(
                "condition.dead_events", f"{events} changes were not published as events", advice, events=events
            )
        if not chats and not events:
            yield ok("condition.dead_letters", "No dead letters wait")

    def errors(self) -> Iterator[Finding]:
        """Count the requests that were answered with a 5xx, by their code."""
        found = self._lines.search("ERROR", since=self._clock() - DAY)
        failures = [line for line in found if line.has(level="ERROR")]
        codes = Counter(str(line.fields.get("code", OURS)) for line in failures)
        if not codes:
            yield ok("condition.errors", "No request has failed in the last day", errors=0)
            return
        listed = ", ".join(f"{count} {code}" for code, count in codes.most_common())
        last = duration(self._clock() - max(line.at for line in failures))
        says = f"Requests have failed in the last day ({listed}), the last one {last} ago"
        advice = "giosg_ is Giosg's, try_again a table's (see ThrottledRequests); else read the lines of level ERROR"
        make = wrong if codes[OURS] else note
        yield make("condition.errors", says, advice, **codes)

    def missed(self) -> Iterator[Finding]:
        """Count the messages that no webhook had brought when chats were compared with Giosg."""
        found = self._lines.search("missed", since=self._clock() - DAY)
        missed = sum(int(line.fields.get("missed", 0)) for line in found if line.has(message="sync"))
        says = f"{missed} messages of the last day came by comparison, without a webhook"
        if not missed:
            yield ok("condition.missed", "No webhook was missed in the last day", missed=0)
        elif missed <= MISSED_FEW:
            yield note("condition.missed", says, missed=missed)
        else:
            advice = f"visitors get answers late: {HOW_TO_SEE} STACK={self._stack.name}"
            yield wrong("condition.missed", says, advice, missed=missed)

    def unsynced(self) -> Iterator[Finding]:
        """Read what the last sweep has said of the chat that has waited longest."""
        spans = (SWEEP_EVERY, timedelta(hours=1), DAY)
        line = self._lines.newest(AGE_METRIC, lambda line: AGE_METRIC in line.fields, spans=spans, now=self._clock())
        if line is None or self._clock() - line.at > SWEEP_EVERY:
            yield self._no_sweep(None if line is None else self._clock() - line.at)
            return
        value = line.fields[AGE_METRIC]
        seconds = max(value) if isinstance(value, list) else value
        if seconds < LATE_SECONDS:
            yield ok("condition.unsynced", "Open chats are compared with Giosg in turn", oldest_seconds=round(seconds))
        else:
            says = f"An open chat waits for its comparison with Giosg since {duration(timedelta(seconds=seconds))}"
            advice = 'read the lines of "sweep" and "sync failed": Giosg may be slow, or the chats too many'
            yield wrong("condition.unsynced", says, advice, oldest_seconds=round(seconds))

    def mappings(self) -> Iterator[Finding]:
        """Look whether what waits in queues and streams is handed to its functions."""
        kinds = self._stack.resources().items()
        mappings = {logical: uuid for logical, (kind, uuid) in kinds if kind == MAPPING}
        functions = self._stack.client("lambda")
        states = {name: functions.get_event_source_mapping(UUID=uuid)["State"] for name, uuid in mappings.items()}
        off = sorted(name for name, state in states.items() if state in SWITCHED_OFF)
        for name in off:
            advice = "switch the trigger on again in Lambda's console, or delete it there and deploy again"
            yield wrong("condition.mappings", f"{name} is switched off: what waits is not taken", advice, mapping=name)
        if not off:
            yield ok("condition.mappings", "All queues and streams are handed to their functions")

    def _no_sweep(self, since: timedelta | None) -> Finding:
        deployed_at = self._stack.deployed_at
        if since is None and deployed_at and self._clock() - deployed_at < SWEEP_EVERY:
            return note(
                "condition.unsynced", "Open chats have not been compared with Giosg yet", "look again in 5 minutes"
            )
        last = "ever" if since is None else f"for {duration(since)}"
        says = f"Open chats have not been compared with Giosg {last}"
        return wrong("condition.unsynced", says, "is the schedule of SyncChatsFunction switched on? Deploy again")


def alarm_names(stack: DeployedStack) -> dict[str, str]:
    """Return the alarms' names in the template by their names in CloudWatch."""
    kinds = stack.resources().items()
    return {physical: logical for logical, (kind, physical) in kinds if kind == "AWS::CloudWatch::Alarm"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RingingAlarm:
    """An alarm by its name in the template, what it says itself, and when it began to ring.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricAlarm.html
    """

    name: str
    says: str
    since: datetime


def ringing_alarms(stack: DeployedStack) -> Iterator[RingingAlarm]:
    names = alarm_names(stack)
    pages = stack.client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNames=[*names])
    for alarm in (each for page in pages for each in page["MetricAlarms"]):
        if alarm["StateValue"] == "ALARM":
            yield RingingAlarm(
                name=names[alarm["AlarmName"]],
                says=" ".join(alarm.get("AlarmDescription", "").split()),
                since=alarm.get("StateTransitionedTimestamp") or alarm["StateUpdatedTimestamp"],
            )
