"""What is written at which level, where Lambda has log settings of its own.

With JSON logs Lambda sets AWS_LAMBDA_LOG_LEVEL, which Powertools obeys before its own variables. Lambda drops what is
below it, metrics included, and takes lines whose time stamp it cannot read for INFO
(https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html).
"""

import json
import re
import subprocess
import sys
from typing import Any

import pytest
from tests.template import properties
from tests.visitor_chat.runtime.test_initialization import PLACES

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
LINES = """
from visitor_chat.runtime import telemetry
with telemetry.invocation():
    telemetry.outcome("giosg call", level="debug")
    telemetry.outcome("request")
    telemetry.outcome("push failed", level="warning")
    telemetry.outcome("refused", level="error")
    telemetry.count("WebhookStored")
"""


def least_of_lambda(*, is_debugged: bool) -> str:
    """Return the level below which Lambda drops lines, as the template says."""
    condition, debugged, other = properties("GetHealthFunction")["LoggingConfig"]["ApplicationLogLevel"]["Fn::If"]
    assert condition == "IsDebugged"
    return str(debugged if is_debugged else other)


def written(level: str) -> list[dict[str, Any]]:
    """Return the lines of a process that is told what Lambda tells a function."""
    variables = {
        "PYTHONPATH": ":".join(map(str, PLACES)),
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_LOG_LEVEL": least_of_lambda(is_debugged=level == "DEBUG"),
        "LEAST_LOG_LEVEL": level,
        "POWERTOOLS_SERVICE_NAME": "visitor-chat",
    }
    command = [sys.executable, "-W", "error", "-c", LINES]
    ran = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)  # noqa: S603 - our own code
    return [json.loads(line) for line in ran.stdout.splitlines()]


@pytest.mark.parametrize(
    ("level", "events"),
    [
        ("DEBUG", ["giosg call", "request", "push failed", "refused"]),
        ("INFO", ["request", "push failed", "refused"]),
        ("WARNING", ["push failed", "refused"]),
        ("ERROR", ["refused"]),
    ],
)
def test_what_is_less_severe_than_the_level_is_not_written_and_metrics_always_are(
    level: str, events: list[str]
) -> None:
    lines = written(level)

    assert [line["message"] for line in lines if "message" in line] == events
    assert [line["WebhookStored"] for line in lines if "_aws" in line] == [[1.0]]


def test_lambda_can_read_the_time_of_a_line() -> None:
    for line in written("INFO"):
        assert "_aws" in line or RFC_3339.fullmatch(line["timestamp"])


def test_lambda_itself_drops_no_line_of_ours() -> None:
    assert properties("GetHealthFunction")["LoggingConfig"]["LogFormat"] == "JSON"
    assert (least_of_lambda(is_debugged=True), least_of_lambda(is_debugged=False)) == ("DEBUG", "INFO")
