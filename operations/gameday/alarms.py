"""The template's alarms, held against values as CloudWatch would hold them.

An alarm rings once enough of its periods are bad. Here one period is looked at, the last one: trouble that goes on
fills the others as well, so that the time until the alarm rings is known as soon as the first is bad.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from operations.gameday.expressions import Value, evaluate

KIND = "AWS::CloudWatch::Alarm"
GROWING = frozenset({"ApproximateAgeOfOldestMessage", "IteratorAge"})
"""Metrics that grow by themselves while nothing is mended."""
MILLISECONDS = frozenset({"IteratorAge"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric of CloudWatch's, and what is made of its values in each period."""

    namespace: str
    name: str
    dimensions: Mapping[str, Any]
    statistic: str
    period: timedelta


Measure = Callable[[Metric], list[float]]
"""Returns a metric's values of the last period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm of the template's.

    Attributes:
        expression: what is compared with the threshold, by the metrics' ids.
        bad_periods: how many of the latest must be bad.
    """

    name: str
    expression: str
    metrics: Mapping[str, Metric]
    threshold: float
    bad_periods: int

    @property
    def period(self) -> timedelta:
        return max(each.period for each in self.metrics.values())

    def value(self, measure: Measure) -> Value:
        values = {name: statistic(metric.statistic, measure(metric)) for name, metric in self.metrics.items()}
        return evaluate(self.expression, values)

    def rings_in(self, measure: Measure) -> timedelta | None:
        """Return how long the alarm takes to ring if it goes on like this; None if it would not."""
        value = self.value(measure)
        if value is None:
            return None
        if value >= self.threshold:
            return self.period * self.bad_periods
        return self._once_grown(value) if value > 0 and self._grows else None

    @property
    def _grows(self) -> bool:
        return any(each.name in GROWING for each in self.metrics.values())

    def _once_grown(self, value: float) -> timedelta:
        is_in_milliseconds = any(each.name in MILLISECONDS for each in self.metrics.values())
        missing = (self.threshold - value) / (1000 if is_in_milliseconds else 1)
        return timedelta(seconds=math.ceil(missing)) + self.period * self.bad_periods


def statistic(name: str, values: list[float]) -> Value:
    """Return what CloudWatch makes of a period's values."""
    if not values:
        return None
    if name == "Sum":
        return sum(values)
    if name == "Maximum":
        return max(values)
    rank = math.ceil(float(name.removeprefix("p")) / 100 * len(values))
    return sorted(values)[max(rank, 1) - 1]


def alarms_of(template: Mapping[str, Any]) -> Iterator[Alarm]:
    """Read all alarms of a template as it was written."""
    for name, resource in template["Resources"].items():
        if resource["Type"] == KIND:
            yield _alarm(name, resource["Properties"])


def _alarm(name: str, properties: Mapping[str, Any]) -> Alarm:
    entries = properties.get("Metrics") or [{"Id": "value", "MetricStat": _alone(properties)}]
    return Alarm(
        name=name,
        expression=next((each["Expression"] for each in entries if "Expression" in each), "value"),
        metrics={each["Id"]: _metric(each["MetricStat"]) for each in entries if "MetricStat" in each},
        threshold=float(properties["Threshold"]),
        bad_periods=int(properties.get("DatapointsToAlarm") or properties["EvaluationPeriods"]),
    )


def _alone(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    statistic_name = properties.get("Statistic") or properties["ExtendedStatistic"]
    return {"Metric": properties, "Stat": statistic_name, "Period": properties["Period"]}


def _metric(stat: Mapping[str, Any]) -> Metric:
    named = stat["Metric"]
    return Metric(
        namespace=named["Namespace"],
        name=named["MetricName"],
        dimensions={each["Name"]: each["Value"] for each in named.get("Dimensions", [])},
        statistic=stat["Stat"],
        period=timedelta(seconds=int(stat["Period"])),
    )
