"""Whoever is called finds what rang in the runbook, and whatever is watched is counted."""

import json
import re
from typing import Any

import pytest
from tests.template import ROOT, resources

RUNBOOK = (ROOT / "docs/runbook.md").read_text()
ALARMS = resources("AWS::CloudWatch::Alarm")
SECTIONS = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", RUNBOOK, re.MULTILINE | re.DOTALL))
OURS = "VisitorChat"


def watched(name: str) -> set[str]:
    """Return our own metrics that an alarm looks at."""
    alarm = ALARMS[name]["Properties"]
    parts = [each["MetricStat"]["Metric"] for each in alarm.get("Metrics", []) if "MetricStat" in each]
    return {each["MetricName"] for each in (parts or [alarm]) if each["Namespace"] == OURS}


def shown() -> set[str]:
    """Return our own metrics that the dashboard shows."""
    dashboard = resources("AWS::CloudWatch::Dashboard")["OnDutyDashboard"]["Properties"]
    widgets = json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]
    metrics: list[list[Any]] = [each for widget in widgets for each in widget["properties"].get("metrics", [])]
    return {each[1] for each in metrics if each[0] == OURS}


def counted() -> set[str]:
    """Return the metrics that the code counts, by the one form that their names have."""
    sources = (ROOT / "layers/giosg_client/visitor_chat").rglob("*.py")
    return set(re.findall(r'"([A-Z][a-z]+(?:[A-Z][a-z]+)+)"', "\n".join(source.read_text() for source in sources)))


def test_every_alarm_has_its_section_and_every_section_its_alarm() -> None:
    assert ALARMS.keys() == SECTIONS.keys()


@pytest.mark.parametrize("name", list(ALARMS))
def test_an_alarm_leads_to_its_section(name: str) -> None:
    assert ALARMS[name]["Properties"]["AlarmDescription"].endswith(f" docs/runbook.md#{name.lower()}")


@pytest.mark.parametrize("name", list(ALARMS))
def test_a_section_says_what_it_means_how_to_see_it_what_to_do_and_what_not(name: str) -> None:
    words = " ".join(SECTIONS[name].split())

    assert [each for each in ("**Means**", "**See it", "**Do", "**Do not**") if each not in words] == []


def test_what_is_watched_or_shown_is_counted_and_explained() -> None:
    every = shown().union(*map(watched, ALARMS))

    assert every - counted() == set()
    assert {each for each in every if f"`{each}`" not in RUNBOOK} == set()
