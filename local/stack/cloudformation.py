"""Create the stack with CloudFormation's own calls: without sam, whose start alone takes seconds."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.stack import packages
from local.stack.deployments import CAPABILITIES, STACK_NAME
from local.stack.emulator import Emulator
from local.stack.http_api import HttpApi, read_http_api
from local.stack.parameters import declared

DEPLOY_SECONDS = 120.0
POLL_SECONDS = 0.1


class DeployFailed(Exception):
    """CloudFormation gave up; the text holds its reasons."""


def create_stack(emulator: Emulator, *, template: Path, parameters: Mapping[str, str]) -> HttpApi:
    """Create the stack and return the HTTP API that is still to be completed.

    Raises:
        DeployFailed: CloudFormation gives up.
    """
    content = packages.upload(template, storage=emulator.client("s3"))
    given = declared(content, parameters)
    cloudformation = emulator.client("cloudformation")
    cloudformation.create_stack(
        StackName=STACK_NAME,
        TemplateBody=json.dumps(content),
        Capabilities=CAPABILITIES,
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()],
    )
    api = read_http_api(content, given)
    wait_until_created(cloudformation)
    return api


def wait_until_created(cloudformation: Any) -> None:
    deadline = time.monotonic() + DEPLOY_SECONDS
    while (status := stack_status(cloudformation)) != "CREATE_COMPLETE":
        if status != "CREATE_IN_PROGRESS" or time.monotonic() > deadline:
            raise DeployFailed(f"{status}: {failures(cloudformation)}")
        time.sleep(POLL_SECONDS)


def stack_status(cloudformation: Any) -> str:
    status: str = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]["StackStatus"]
    return status


def failures(cloudformation: Any) -> str:
    events = cloudformation.describe_stack_events(StackName=STACK_NAME)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
    return "\n".join(f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}" for event in failed)
