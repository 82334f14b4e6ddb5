"""A deployed stack: what CloudFormation says of it, and clients to reach what it names."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from local.stack.webhook_urls import WebhookUrls, read_secret
from samtranslator.yaml_helper import yaml_parse

from operations.stacks import kept
from operations.stacks.places import Place, place_of
from operations.stacks.refusals import explanation
from operations.terminal import Refused

UNKNOWN = "ValidationError"
"""What CloudFormation answers about a stack that there is not; the name itself was checked before.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedStack:
    """A stack with its outputs and parameters by name, and a maker of AWS clients with the operator's own rights.

    Attributes:
        created_at: when it was first deployed; None when that is not known.
        deployed_at: when it was created or last updated; None when that is not known.
    """

    outputs: Mapping[str, str]
    client: Callable[[str], Any]
    name: str = ""
    region: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime | None = None
    deployed_at: datetime | None = None

    @property
    def is_emulated(self) -> bool:
        return bool(self.parameters.get("ExecuteApiHost"))

    @property
    def api_url(self) -> str:
        """The API's address, without a slash at its end; an emulator's is another than the output says."""
        if self.is_emulated:
            return f"http://{self.parameters['ExecuteApiHost']}/{self.outputs['ApiId']}/$default"
        return self.outputs["ApiUrl"].rstrip("/")

    @property
    def webhook_urls(self) -> WebhookUrls:
        secret = read_secret(self.client("secretsmanager"), self.outputs["WebhookSecretArn"])
        return WebhookUrls.of(self.api_url, secret=secret)

    def read_secret(self, output: str) -> str:
        """Return the secret whose ARN is in an output."""
        answer = self.client("secretsmanager").get_secret_value(SecretId=self.outputs[output])
        return str(answer["SecretString"])

    def webhook_secrets(self) -> dict[str, str]:
        secrets: dict[str, str] = json.loads(self.read_secret("WebhookSecretArn"))
        return secrets

    def template(self) -> Mapping[str, Any]:
        """Return the template as it was deployed, before its transform."""
        answer = self.client("cloudformation").get_template(StackName=self.name, TemplateStage="Original")
        body = answer["TemplateBody"]
        return body if isinstance(body, Mapping) else dict(yaml_parse(body))

    def resources(self) -> dict[str, tuple[str, str]]:
        """Return the type and the physical id of each logical one."""
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=self.name)
        return {
            each["LogicalResourceId"]: (each["ResourceType"], each.get("PhysicalResourceId", ""))
            for page in pages
            for each in page["StackResourceSummaries"]
        }


def find_stack(name: str, *, region: str | None, environment: Mapping[str, str]) -> DeployedStack:
    """Find a stack where it was deployed from here, else in the region that is given or configured.

    Raises:
        Refused: there is none, or AWS refuses to say.
    """
    place = place_of(name, region=region or kept.read(name).region, environment=environment)
    if place.region is None:
        raise Refused(f"In which region is {name}? Say REGION=…, as in REGION=eu-north-1")
    found = describe(place, name)
    if found is None:
        raise Refused(
            f"There is no stack {name} in {place.region}: is it another one (STACK=…), or elsewhere (REGION=…)?"
        )
    return deployed(found, place)


def deployed(description: Mapping[str, Any], place: Place) -> DeployedStack:
    return DeployedStack(
        outputs={each["OutputKey"]: each["OutputValue"] for each in description.get("Outputs", [])},
        parameters={each["ParameterKey"]: each["ParameterValue"] for each in description.get("Parameters", [])},
        client=cache(place.client),
        name=description["StackName"],
        region=place.region,
        created_at=description.get("CreationTime"),
        deployed_at=description.get("LastUpdatedTime") or description.get("CreationTime"),
    )


def describe(place: Place, name: str) -> Mapping[str, Any] | None:
    """Return what CloudFormation says of a stack; None when there is none.

    Raises:
        Refused: AWS cannot be asked; the text says what to do.
    """
    try:
        stacks = place.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == UNKNOWN:
            return None
        raise Refused(explanation(error)) from error
    except BotoCoreError as error:
        raise Refused(explanation(error)) from error
    description: Mapping[str, Any] = stacks[0]
    return None if description["StackStatus"] == "DELETE_COMPLETE" else description
