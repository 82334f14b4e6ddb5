"""Build the template and deploy it with sam, on AWS or in an emulator on this machine."""

import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
from local.stack import builds, routes
from local.stack.deployments import CAPABILITIES, Deployment
from local.stack.emulator import ACCESS_KEY_ID, SECRET_ACCESS_KEY, Emulator
from local.stack.http_api import load_template, read_http_api
from local.stack.parameters import declared, emulated_parameters
from local.stack.paths import ROOT, SAM
from local.stack.programs import Program, ProgramFailed, run

from operations.deploy.states import failures
from operations.stacks import kept
from operations.stacks.places import Place
from operations.terminal import Refused

AWS_TEMPLATE = ROOT / ".aws-sam/build/template.yaml"
SAY_EVERY_SECONDS = 20.0
NO_CONFIGURATION = "make-deploy"
"""An environment that samconfig.toml has not: what sam has remembered there may be of another stack."""
POLL_SECONDS = 0.2

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
CREDENTIALS = {"AWS_PROFILE", *KEYS}


def build(place: Place, stack: str) -> Path:
    """Build the functions and layers, and return the built template.

    Raises:
        Refused: sam refuses; the text ends with its last lines.
    """
    try:
        return builds.build() if place.emulator else _build_for_aws(stack)
    except ProgramFailed as failure:
        raise Refused(str(failure)) from failure


def _build_for_aws(stack: str) -> Path:
    environment = builds.build_environment()
    del environment["LAYER_PYTHON"]
    run([str(SAM), "build", "--cached", "--parallel"], environment=environment, log=log_of(stack), folder=ROOT)
    return AWS_TEMPLATE


def log_of(stack: str) -> Path:
    return kept.FOLDER / f"{kept.checked_stack_name(stack)}.log"


def deploy(
    place: Place, stack: str, *, template: Path, parameters: Mapping[str, str], say: Callable[[str], None]
) -> None:
    """Create or update the stack; what `parameters` leaves out stays as it is.

    The values go by way of a file that is ours alone, since everybody on this machine can read command lines.

    Raises:
        Refused: CloudFormation gives up; the text has its reasons.
    """
    given = {**parameters, **(emulated_parameters(place.emulator) if place.emulator else {})}
    values = kept.FOLDER / f".{stack}.parameters.yaml"
    write_private(values, json.dumps(given))
    what, told = command(place, stack, template, values), _environment(place)
    try:
        with Program(what, environment=told, log=log_of(stack), folder=ROOT) as sam:
            _follow(sam, say)
            sam.finish()
    except ProgramFailed as failure:
        raise Refused(_reasons(place, stack, failure)) from failure
    finally:
        values.unlink()
    if place.emulator:
        _complete(place, stack, load_template(template))


def command(place: Place, stack: str, template: Path, values: Path) -> list[str]:
    what = ["--template-file", str(template), "--stack-name", stack, "--region", str(place.region), "--resolve-s3"]
    how = ["--config-env", NO_CONFIGURATION, "--no-confirm-changeset", "--no-fail-on-empty-changeset"]
    return [
        *(str(SAM), "deploy"),
        *what,
        *how,
        *("--capabilities", *CAPABILITIES),
        *("--parameter-overrides", f"file://{values}"),
    ]


def _environment(place: Place) -> dict[str, str]:
    """Return sam's environment: credentials are handed over as they are, since sam cannot ask for a second factor."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_"))}
    return {**others, **(_emulated(place.emulator) if place.emulator else _account()), "SAM_CLI_TELEMETRY": "0"}


def _emulated(emulator: Emulator) -> dict[str, str]:
    """Lead to the emulator alone: nothing of an account of the operator's is in it."""
    return {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_ENDPOINT_URL": emulator.url,
        "NO_PROXY": "127.0.0.1,localhost",
        "SAM_CLI_POLL_DELAY": "0.3",
    }


def _account() -> dict[str, str]:
    """Lead to the operator's account, by the credentials that are in use here."""
    known = {name: value for name, value in os.environ.items() if name.startswith("AWS_") and name not in CREDENTIALS}
    credentials = boto3.session.Session().get_credentials()
    if credentials is None:
        return known
    frozen = credentials.get_frozen_credentials()
    values = (frozen.access_key, frozen.secret_key, frozen.token)
    return {**known, **{name: value for name, value in zip(KEYS, values, strict=True) if value}}


def _follow(sam: Program, say: Callable[[str], None]) -> None:
    began_at = said_at = time.monotonic()
    while sam.is_running:
        time.sleep(POLL_SECONDS)
        if time.monotonic() - said_at > SAY_EVERY_SECONDS:
            said_at = time.monotonic()
            say(f"  … {said_at - began_at:.0f} s")


def _reasons(place: Place, stack: str, failure: ProgramFailed) -> str:
    """Return CloudFormation's own reasons, else the end of what sam has said."""
    try:
        reasons = failures(place.client("cloudformation"), stack)
    except Exception:  # noqa: BLE001 - there may be no stack to ask about
        return str(failure)
    return f"The deployment failed: {reasons}. What sam said is in {log_of(stack)}"


def _complete(place: Place, stack: str, template: dict[str, Any]) -> None:
    """Add what the emulator leaves out of the HTTP API, and wake the functions."""
    if place.emulator is None:
        return
    deployment = Deployment.read(place.emulator, stack)
    api = read_http_api(template, declared(template, deployment.readable_parameters))
    deployment.complete(api)
    routes.check(api, api_url=deployment.api_url)


def write_private(file: Path, text: str) -> None:
    """Write a file that nobody else can read: it may hold a token."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(text)
