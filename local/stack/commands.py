"""What can be done with a stack that runs: bring changes into it, ask for its webhook URLs."""

import time
from collections.abc import Mapping
from typing import Any

import boto3

from local.stack import builds, routes
from local.stack.cloudformation import update_stack
from local.stack.deployments import STACK_NAME, Deployment
from local.stack.emulator import Emulator
from local.stack.settings import Settings
from local.stack.webhook_urls import WebhookUrls, read_secret


class StackIsDown(Exception):
    """No local stack answers on the port."""


def running_emulator(settings: Settings) -> Emulator:
    """Return the emulator of the stack that runs.

    Raises:
        StackIsDown: there is none.
    """
    emulator = Emulator(settings.port)
    if not emulator.is_healthy:
        raise StackIsDown(f"no local stack runs on port {settings.port}: start one with make run")
    return emulator


def deploy_again(settings: Settings) -> None:
    """Bring changed code and resources into the running stack; parameters and data stay."""
    started = time.monotonic()
    emulator = running_emulator(settings)
    template = builds.build()
    parameters = Deployment.read(emulator).readable_parameters
    api = update_stack(emulator, template=template, parameters=parameters)
    deployment = Deployment.read(emulator)
    deployment.complete(api)
    routes.check(api, api_url=deployment.api_url)
    print(f"Deployed in {time.monotonic() - started:.0f} s")


def print_webhook_urls(urls: WebhookUrls) -> None:
    print(f"chats     {urls.chats}\nmessages  {urls.messages}")


def local_webhook_urls(settings: Settings) -> WebhookUrls:
    deployment = Deployment.read(running_emulator(settings))
    secrets = deployment.emulator.client("secretsmanager")
    return WebhookUrls.of(deployment.api_url, secret=read_secret(secrets, deployment.outputs["WebhookSecretArn"]))


def aws_webhook_urls(stack: str, *, region: str | None) -> WebhookUrls:
    """Read the URLs of a stack on AWS, with the credentials that AWS's own tools would use."""
    client: Any = boto3.session.Session(region_name=region).client
    outputs = stack_outputs(client("cloudformation"), stack)
    secret = read_secret(client("secretsmanager"), outputs["WebhookSecretArn"])
    return WebhookUrls.of(outputs["ApiUrl"].rstrip("/"), secret=secret)


def stack_outputs(cloudformation: Any, stack: str) -> Mapping[str, str]:
    outputs = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    return {entry["OutputKey"]: entry["OutputValue"] for entry in outputs}


def webhook_urls(stack: str, *, region: str | None, settings: Settings) -> WebhookUrls:
    return local_webhook_urls(settings) if stack == STACK_NAME else aws_webhook_urls(stack, region=region)
