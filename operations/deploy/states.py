"""What can be done with a stack in the state that it is in.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from operations.stacks.deployed import describe
from operations.stacks.places import Place
from operations.terminal import Refused

NEVER_MADE = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}
"""A first deployment that failed: CloudFormation takes no other under this name before it is deleted."""
OURS = "GiosgRoomId"
POLL_SECONDS = 1.0
DELETE_SECONDS = 1800.0


def is_announced_only(description: Mapping[str, Any]) -> bool:
    """Tell whether a change set was made for a first deployment, and nothing else."""
    return bool(description["StackStatus"] == "REVIEW_IN_PROGRESS")


def is_left_over(description: Mapping[str, Any]) -> bool:
    return description["StackStatus"] in NEVER_MADE


def require_changeable(description: Mapping[str, Any]) -> None:
    """Raise Refused when the stack is another application's, or cannot be changed now."""
    name, status = description["StackName"], description["StackStatus"]
    parameters = {each["ParameterKey"] for each in description.get("Parameters", [])}
    if parameters and OURS not in parameters:
        raise Refused(f"{name} is another application's stack: choose another name, STACK=…")
    if is_announced_only(description) or is_left_over(description):
        return
    if status.endswith("IN_PROGRESS"):
        raise Refused(f"{name} is being changed ({status}): wait until that is over")
    if status == "UPDATE_ROLLBACK_FAILED":
        advice = f"aws cloudformation continue-update-rollback --stack-name {name}, then try again"
        raise Refused(f"{name} could not be brought back after a failed update: {advice}")


def delete(place: Place, name: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
    """Delete a stack and wait until it is gone.

    Raises:
        Refused: CloudFormation gives up; the text has its reasons.
    """
    cloudformation = place.client("cloudformation")
    cloudformation.delete_stack(StackName=name)
    deadline = time.monotonic() + DELETE_SECONDS
    while (description := describe(place, name)) is not None:
        if description["StackStatus"] == "DELETE_FAILED":
            raise Refused(f"{name} could not be deleted whole: {failures(cloudformation, name)}")
        if time.monotonic() > deadline:
            raise Refused(f"{name} is still being deleted: look at it in the console, CloudFormation")
        sleep(POLL_SECONDS)


def failures(cloudformation: Any, name: str) -> str:
    """Return why resources failed in the newest attempt, the cause first."""
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failed = [
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
        for event in reversed(events)
        if event["ResourceStatus"].endswith("FAILED") and "cancelled" not in event.get("ResourceStatusReason", "")
    ]
    return "; ".join(failed[-5:]) or "CloudFormation gives no reason"
