"""`make run`: the whole stack on this machine, until it is told to end."""

import os
import time
from contextlib import AbstractContextManager, ExitStack, nullcontext

from local.giosg import SimulatedGiosg, Target
from local.stack import builds, routes, stack_file
from local.stack.cloudformation import create_stack
from local.stack.deployments import Deployment
from local.stack.emulator import HOST, EmulatorProcess, PortIsTaken, refuse_taken_port
from local.stack.parameters import local_parameters
from local.stack.paths import stack_folder
from local.stack.settings import GiosgAccount, Settings
from local.stack.signals import ignore_signals
from local.stack.stack_file import Addresses
from local.stack.webhook_urls import WebhookUrls, read_secret, write_secret

GIOSG_PORT_DISTANCE = 1000


def up(settings: Settings) -> None:
    """Start everything, announce it in stack.json, and keep it until a signal raises KeyboardInterrupt.

    Raises:
        DeployFailed: CloudFormation gives up.
        ProgramFailed: sam or the emulator ended as it should not have.
        RouteIsDead: a function does not work.
    """
    started = time.monotonic()
    with ExitStack() as running:
        try:
            folder = stack_folder(settings.port)
            process = running.enter_context(EmulatorProcess(port=settings.port, folder=folder, logs_into_files=True))
            running.callback(stack_file.remove, port=settings.port)
            addresses = start(process, settings, running)
            print(summary(addresses, settings, seconds=time.monotonic() - started), flush=True)
            process.wait_for_end()
        finally:
            ignore_signals()


def start(process: EmulatorProcess, settings: Settings, running: ExitStack) -> Addresses:
    stack_file.remove(port=settings.port)
    giosg = running.enter_context(giosg_of(settings))
    say("Building")
    template = builds.build()
    emulator = process.wait_until_healthy()
    say("Deploying")
    parameters = {**local_parameters(giosg, emulator), **chosen_parameters(settings)}
    api = create_stack(emulator, template=template, parameters=parameters)
    deployment = Deployment.read(emulator)
    urls = webhook_urls(deployment, settings)
    deployment.complete(api)
    subscribe(giosg, urls)
    say("Waking the functions")
    routes.check(api, api_url=deployment.api_url)
    addresses = addresses_of(deployment, giosg, urls)
    stack_file.write(addresses, port=settings.port)
    return addresses


def giosg_of(settings: Settings) -> AbstractContextManager[SimulatedGiosg | GiosgAccount]:
    if settings.giosg:
        return nullcontext(settings.giosg)
    return SimulatedGiosg(port=giosg_port(settings.port), rooms=settings.rooms)


def giosg_port(port: int) -> int:
    """Return a port that is the same at every start if possible, else 0, which is any."""
    wanted = port + GIOSG_PORT_DISTANCE
    try:
        refuse_taken_port(wanted)
    except (PortIsTaken, OverflowError):
        return 0
    return wanted


def chosen_parameters(settings: Settings) -> dict[str, str]:
    chosen = {
        "AllowedOrigins": settings.allowed_origins or f"http://{HOST}:{settings.port}",
        "Quotas": "on" if settings.has_quotas else "off",
        "HeldMessageHours": settings.held_message_hours,
        "HeldMessagesPerMinute": settings.held_messages_per_minute,
        "WebPush": "on" if settings.has_web_push else "off",
        "PushContent": settings.push_content,
    }
    return {name: value for name, value in chosen.items() if value is not None}


def webhook_urls(deployment: Deployment, settings: Settings) -> WebhookUrls:
    secrets, arn = deployment.emulator.client("secretsmanager"), deployment.outputs["WebhookSecretArn"]
    if settings.webhook_secret:
        write_secret(secrets, arn, current=settings.webhook_secret)
    return WebhookUrls.of(deployment.api_url, secret=read_secret(secrets, arn))


def subscribe(giosg: SimulatedGiosg | GiosgAccount, urls: WebhookUrls) -> None:
    """Let the simulated Giosg tell the stack; in another, a person enters the URLs."""
    if isinstance(giosg, SimulatedGiosg):
        giosg.webhooks.deliver_to(Target(chats_url=urls.chats, messages_url=urls.messages))


def addresses_of(deployment: Deployment, giosg: SimulatedGiosg | GiosgAccount, urls: WebhookUrls) -> Addresses:
    return Addresses(
        api_url=deployment.api_url,
        chat_page_url=f"{deployment.api_url}/chat",
        webhook_chats_url=urls.chats,
        webhook_messages_url=urls.messages,
        giosg_url=giosg.base_url,
        agent_console_url=f"{giosg.base_url}/console" if isinstance(giosg, SimulatedGiosg) else None,
        pid=os.getpid(),
    )


def summary(addresses: Addresses, settings: Settings, *, seconds: float) -> str:
    lines = {
        "Visitors chat at": addresses.chat_page_url,
        "Agents answer at": addresses.agent_console_url or "(your own Giosg)",
        **consoles_of_rooms(addresses, settings),
        "API": addresses.api_url,
        "Giosg": addresses.giosg_url,
        "Webhook, chats": addresses.webhook_chats_url,
        "Webhook, messages": addresses.webhook_messages_url,
        "Logs": str(stack_folder(settings.port) / "logs"),
    }
    table = "\n".join(f"  {name:<18} {value}" for name, value in lines.items())
    return f"\nUp after {seconds:.0f} s. Ctrl-C stops everything.\n\n{table}\n"


def consoles_of_rooms(addresses: Addresses, settings: Settings) -> dict[str, str]:
    """Return where the agents of each further room answer, when Giosg is simulated."""
    rooms = settings.rooms if addresses.agent_console_url else {}
    return {f"  those of {name}": f"{addresses.agent_console_url}?room={room_id}" for name, room_id in rooms.items()}


def say(text: str) -> None:
    print(text, flush=True)
