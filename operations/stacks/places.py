"""Where a stack is: in a region of AWS, or in an emulator on this machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from local.stack.deployments import STACK_NAME
from local.stack.emulator import HOST, Emulator
from local.stack.emulator import REGION as EMULATED_REGION
from local.stack.settings import read_port

from operations.terminal import Refused

LOOPBACK = (HOST, "localhost")
CALLS = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 3, "mode": "standard"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A region, with clients that have the operator's own rights.

    Attributes:
        region: its name; None when neither a command nor AWS's configuration names one.
        emulator: the emulator that stands for AWS, None on AWS.
    """

    region: str | None
    emulator: Emulator | None = None

    def client(self, service: str) -> Any:
        if self.emulator:
            return self.emulator.client(service)
        make: Any = boto3.session.Session(region_name=self.region).client
        return make(service, config=CALLS)


def place_of(stack: str, *, region: str | None, environment: Mapping[str, str]) -> Place:
    """Return where a stack is: `local` is the one of `make run`, and AWS_ENDPOINT_URL may name an emulator for others.

    Raises:
        Refused: the emulator does not answer.
    """
    emulator = _emulator_of(stack, environment)
    if emulator is None:
        return Place(region=region or boto3.session.Session().region_name)
    if not emulator.is_healthy:
        raise Refused(f"No local stack runs on port {emulator.port}: start one with make run")
    return Place(region=EMULATED_REGION, emulator=emulator)


def _emulator_of(stack: str, environment: Mapping[str, str]) -> Emulator | None:
    """https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html."""
    if stack == STACK_NAME:
        return Emulator(read_port(environment))
    endpoint = urlsplit(environment.get("AWS_ENDPOINT_URL", ""))
    return Emulator(endpoint.port) if endpoint.hostname in LOOPBACK and endpoint.port else None
