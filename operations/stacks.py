"""A deployed stack: its outputs, and clients to reach what they name."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from local.stack.commands import running_emulator, stack_outputs
from local.stack.deployments import STACK_NAME
from local.stack.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedStack:
    """A stack's outputs by name, and a maker of AWS clients with the operator's own rights."""

    outputs: Mapping[str, str]
    client: Callable[[str], Any]


def find_stack(name: str, *, region: str | None) -> DeployedStack:
    """Find a stack on AWS, or the one on this machine, which is called `local`."""
    client: Any = boto3.session.Session(region_name=region).client
    if name == STACK_NAME:
        client = running_emulator(Settings.from_environment(os.environ)).client
    return DeployedStack(outputs=stack_outputs(client("cloudformation"), name), client=client)
