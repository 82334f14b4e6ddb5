"""This machine, and the AWS account that it leads to."""

import platform
import shutil
import sys
from collections.abc import Iterator, Mapping

import build_layer
from operations.doctor.findings import Finding, Look, note, ok, wrong
from operations.stacks.places import Place

OLDEST_PYTHON = (3, 11)
ENOUGH_CONCURRENCY = 50
"""Functions at a time: each visitor's call takes one, for a tenth of a second or a few; new accounts have 10 in all.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
"""


def tools() -> Iterator[Finding]:
    """Look for what the make targets call."""
    if sys.version_info[:2] >= OLDEST_PYTHON:
        yield ok("machine.python", f"Python {platform.python_version()}", version=platform.python_version())
    else:
        says = f"Python {platform.python_version()} is too old"
        yield wrong("machine.python", says, "install 3.11 or later, and name it: make PYTHON=python3.13 …")
    if not shutil.which("make"):
        yield wrong("machine.make", "There is no make", "install it: every command here is one of its targets")
    if not shutil.which("node"):
        yield note("machine.node", "There is no Node", "make test needs it for the page's tests; nothing else does")


def compiler() -> Iterator[Finding]:
    """Look for an interpreter that compiles the layer for Lambda's runtime."""
    runtime = build_layer.RUNTIME
    if any(build_layer.is_runtime_python(python) for python in build_layer.candidates()):
        yield ok("machine.compiler", f"Python {runtime} compiles the functions beforehand")
    else:
        advice = (
            f"install it (uv python install {runtime}) and build again; cold starts are about twice as long without"
        )
        yield note("machine.compiler", f"There is no Python {runtime} to compile the functions with", advice)


class AccountLooks:
    """Looks at the AWS account that a place leads to."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._is_known = False

    def all(self) -> Mapping[str, Look]:
        if self._place.region is None:
            says, advice = "AWS's region is not configured", "aws configure, or say REGION=…, as in REGION=eu-north-1"
            return {"aws.region": lambda: [wrong("aws.region", says, advice)]}
        return {"aws.credentials": self.credentials, "aws.concurrency": self.concurrency}

    def credentials(self) -> Iterator[Finding]:
        account_id = self._place.client("sts").get_caller_identity()["Account"]
        self._is_known = True
        where = "an emulator's account" if self._place.emulator else f"account {account_id}"
        says = f"AWS knows these credentials: {where}, {self._place.region}"
        yield ok("aws.credentials", says, account_id=account_id, region=self._place.region)

    def concurrency(self) -> Iterator[Finding]:
        if not self._is_known:
            return
        limit = self._place.client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
        says = f"AWS lets this account run {limit} functions at a time"
        if limit >= ENOUGH_CONCURRENCY:
            yield ok("aws.concurrency", says, limit=limit)
        else:
            advice = "ask for 1000 in the console, Service Quotas, AWS Lambda, Concurrent executions: it costs nothing"
            yield wrong("aws.concurrency", says, advice, limit=limit)
