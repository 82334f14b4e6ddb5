"""What AWS would measure of a local stack, from the lines of its functions and from its queues.

The emulator measures nothing itself. What functions count is in their lines in CloudWatch's embedded format; what AWS
counts of requests and invocations is seen in their lines as well. Throttled functions and late streams are not seen.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from operations.gameday.alarms import Metric
from operations.stacks.deployed import DeployedStack
from operations.stacks.log_lines import Line, LogLines
from operations.stacks.stored import now

OURS = "VisitorChat"
FAILED = 500
MOST_PEEKED = 10


@dataclass(frozen=True, slots=True)
class Measured:
    """The metrics of a stack since a moment."""

    stack: DeployedStack
    since: datetime

    def values(self, metric: Metric) -> list[float]:
        """Return a metric's values in the last period, of what came after that moment."""
        if metric.namespace == "AWS/SQS":
            return list(self._of_queue(metric))
        since = max(self.since, now() - metric.period)
        lines = [each for each in LogLines(self.stack).search("timestamp", since=since) if each.has(message="request")]
        if metric.namespace == OURS:
            return list(counted(LogLines(self.stack).search(metric.name, since=since), metric.name))
        if metric.name == "5xx":
            return [1.0 for line in lines if int(line.fields.get("status") or 0) >= FAILED]
        if metric.name == "Invocations":
            return [1.0 for line in lines if line.fields.get("route") in self._routes(metric)]
        return []

    def _routes(self, metric: Metric) -> set[str]:
        """Return the routes that lead to a metric's function, with each method that lines tell of."""
        function = self.stack.template()["Resources"][metric.dimensions["FunctionName"]["Ref"]]
        events = function["Properties"]["Events"].values()
        paths = [each["Properties"]["Path"] for each in events if each["Type"] == "HttpApi"]
        return {f"POST {path}" for path in paths}

    def _of_queue(self, metric: Metric) -> Iterator[float]:
        name = metric.dimensions["QueueName"]["Fn::GetAtt"]
        logical = name[0] if isinstance(name, list) else name.partition(".")[0]
        resources = self.stack.resources()
        if logical not in resources:
            return
        queue, sqs = resources[logical][1], self.stack.client("sqs")
        if metric.name == "ApproximateNumberOfMessagesVisible":
            answer = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])
            yield float(answer["Attributes"]["ApproximateNumberOfMessages"])
        else:
            yield from ages(peek(sqs, queue))


def peek(sqs: Any, queue: str) -> list[Mapping[str, Any]]:
    """Look at what waits in a queue, and leave it there for all others."""
    answer = sqs.receive_message(
        QueueUrl=queue, MaxNumberOfMessages=MOST_PEEKED, VisibilityTimeout=0, AttributeNames=["SentTimestamp"]
    )
    found: list[Mapping[str, Any]] = answer.get("Messages", [])
    return found


def ages(messages: Iterable[Mapping[str, Any]]) -> Iterator[float]:
    for message in messages:
        yield max(0.0, time.time() - int(message["Attributes"]["SentTimestamp"]) / 1000)


def counted(lines: Iterable[Line], name: str) -> Iterator[float]:
    """Return what lines in the embedded format say of a metric.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    for line in lines:
        if "_aws" in line.fields and name in line.fields:
            values = line.fields[name]
            yield from map(float, values if isinstance(values, list) else [values])
