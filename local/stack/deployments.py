"""Deploy the built template with sam, and read what came of it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.stack import routes
from local.stack.emulator import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Emulator
from local.stack.http_api import HttpApi, load_template, read_http_api
from local.stack.parameters import declared
from local.stack.paths import ROOT, SAM
from local.stack.programs import Program

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
    def read(cls, emulator: Emulator) -> "Deployment":
        cloudformation = emulator.client("cloudformation")
        stack = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
        resources = cloudformation.describe_stack_resources(StackName=STACK_NAME)["StackResources"]
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


def deploy(emulator: Emulator, *, template: Path, parameters: Mapping[str, str], folder: Path) -> HttpApi:
    """Run `sam deploy` and return the HTTP API that is still to be completed.

    Raises:
        ProgramFailed: sam gives up.
    """
    content = load_template(template)
    given = declared(content, parameters)
    values = folder / "parameters.yaml"
    write_private(values, json.dumps(given))
    command, log = sam_command(template, values), folder / "logs/deploy.log"
    try:
        with Program(command, environment=sam_environment(emulator), log=log, folder=ROOT) as sam:
            api = read_http_api(content, given)
            sam.finish()
    finally:
        values.unlink()
    return api


def sam_command(template: Path, values: Path) -> list[str]:
    what = ["--template-file", str(template), "--stack-name", STACK_NAME, "--region", REGION, "--resolve-s3"]
    how = ["--no-confirm-changeset", "--no-fail-on-empty-changeset", "--capabilities", *CAPABILITIES]
    return [str(SAM), "deploy", *what, *how, "--parameter-overrides", f"file://{values}"]


def sam_environment(emulator: Emulator) -> dict[str, str]:
    """Return sam's environment: nothing of an AWS account of the user's is in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_"))}
    return {
        **kept,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_ENDPOINT_URL": emulator.url,
        "NO_PROXY": "127.0.0.1,localhost",
        "SAM_CLI_POLL_DELAY": "0.3",
        "SAM_CLI_TELEMETRY": "0",
    }


def write_private(file: Path, text: str) -> None:
    """Write a file that nobody else can read: it may hold a token."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(text)
