"""What CloudFormation has made of the template."""

from collections.abc import Mapping
from dataclasses import dataclass

from local.stack import routes
from local.stack.emulator import Emulator
from local.stack.http_api import HttpApi

STACK_NAME = "local"
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
MASKED = "****"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What CloudFormation says about the deployed stack."""

    emulator: Emulator
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    resources: Mapping[str, str]

    @classmethod
    def read(cls, emulator: Emulator, name: str = STACK_NAME) -> "Deployment":
        cloudformation = emulator.client("cloudformation")
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        resources = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
        return cls(
            emulator=emulator,
            outputs={entry["OutputKey"]: entry["OutputValue"] for entry in stack.get("Outputs", [])},
            parameters={entry["ParameterKey"]: entry["ParameterValue"] for entry in stack.get("Parameters", [])},
            resources={entry["LogicalResourceId"]: entry["PhysicalResourceId"] for entry in resources},
        )

    @property
    def api_url(self) -> str:
        return f"http://{self.emulator.execute_api_host}/{self.outputs['ApiId']}/$default"

    @property
    def readable_parameters(self) -> Mapping[str, str]:
        """Those that are no secrets; a deployment that leaves out the others keeps their values."""
        return {name: value for name, value in self.parameters.items() if value != MASKED}

    def complete(self, api: HttpApi) -> None:
        """Add what the emulator leaves out of the HTTP API."""
        routes.apply(api, gateway=self.emulator.client("apigatewayv2"), resources=self.resources)
