"""What can be done with a stack that runs: bring changes into it."""

import time

from local.stack import builds, routes
from local.stack.cloudformation import update_stack
from local.stack.deployments import Deployment
from local.stack.emulator import Emulator
from local.stack.settings import Settings


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
