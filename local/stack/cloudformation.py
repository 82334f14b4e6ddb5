"""Create or update the stack with CloudFormation's own calls: without sam, whose start alone takes seconds."""

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
TEMPLATE_KEY = "template.json"


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
        **common_arguments(content, emulator),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in given.items()],
    )
    api = read_http_api(content, given)
    wait_until_done(cloudformation)
    return api


def update_stack(emulator: Emulator, *, template: Path, parameters: Mapping[str, str]) -> HttpApi:
    """Update the stack, with all its parameters as they were, and return the HTTP API that is still to be completed.

    Args:
        emulator: where the stack is.
        template: the built template.
        parameters: what they are, as far as the HTTP API depends on them.

    Raises:
        DeployFailed: CloudFormation gives up.
    """
    content = packages.upload(template, storage=emulator.client("s3"))
    cloudformation = emulator.client("cloudformation")
    if content != cloudformation.get_template(StackName=STACK_NAME, TemplateStage="Original")["TemplateBody"]:
        known = [entry["ParameterKey"] for entry in describe(cloudformation).get("Parameters", [])]
        kept = [name for name in known if name in content.get("Parameters", {})]
        cloudformation.update_stack(
            **common_arguments(content, emulator),
            Parameters=[{"ParameterKey": name, "UsePreviousValue": True} for name in kept],
        )
    api = read_http_api(content, parameters)
    wait_until_done(cloudformation)
    return api


def common_arguments(content: Mapping[str, Any], emulator: Emulator) -> dict[str, Any]:
    """Return what creating and updating have in common.

    The template goes by way of a bucket, since a request may hold no more than 51,200 bytes of it
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html).
    """
    emulator.client("s3").put_object(Bucket=packages.BUCKET, Key=TEMPLATE_KEY, Body=json.dumps(content).encode())
    url = f"{emulator.url}/{packages.BUCKET}/{TEMPLATE_KEY}"
    return {"StackName": STACK_NAME, "TemplateURL": url, "Capabilities": CAPABILITIES}


def wait_until_done(cloudformation: Any) -> None:
    deadline = time.monotonic() + DEPLOY_SECONDS
    while (status := describe(cloudformation)["StackStatus"]).endswith("IN_PROGRESS") and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        raise DeployFailed(f"{status}: {failures(cloudformation)}")


def describe(cloudformation: Any) -> dict[str, Any]:
    stack: dict[str, Any] = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    return stack


def failures(cloudformation: Any) -> str:
    events = cloudformation.describe_stack_events(StackName=STACK_NAME)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
    return "\n".join(f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason')}" for event in failed)
