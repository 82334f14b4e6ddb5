"""`make deploy`: asks for what it needs and no more, checks it, deploys, and waits for Giosg's first webhooks."""

import argparse
from datetime import timedelta
from typing import Any

import boto3
from local.stack.deployments import STACK_NAME
from local.stack.http_api import load_template
from local.stack.paths import ROOT

from operations import webhook_urls
from operations.command import Call, Command
from operations.deploy import parameters, sam, states
from operations.deploy.dialogue import PARAMETERS_KEPT, Answers, Dialogue, Known
from operations.deploy.first_webhooks import FirstWebhooks
from operations.deploy.left_over import left_over_tables
from operations.doctor.findings import Group, Level, report
from operations.doctor.machine import AccountLooks
from operations.doctor.webhooks import now
from operations.stacks import kept
from operations.stacks.deployed import DeployedStack, deployed, describe
from operations.stacks.kept import Kept
from operations.stacks.places import Place, place_of
from operations.terminal import Colour, Refused, Terminal

PATIENCE_MINUTES = 10.0
SUGGESTED_REGION = "eu-central-1"
"""Giosg's published addresses are in Germany, and so is this region."""


def act(call: Call) -> int:
    name = kept.checked_stack_name(call.stack_name)
    if name == STACK_NAME:
        raise Refused("local is the stack of make run: choose another name, STACK=…")
    place = place_for(call, name)
    require_account(place, call.terminal)
    existing = prepared(place, name, call.terminal)
    answers = answered(call, name, existing)
    kept.write(name, Kept(region=place.region, answers=answers.parameters))
    stack, since = brought_up(call, place, name, answers), now()
    tell(call.terminal, stack)
    return prove(call, stack, since=since, is_new=existing is None)


def place_for(call: Call, name: str) -> Place:
    """Return where to deploy; ask only if neither this stack's last deployment nor AWS's configuration says it."""
    place = place_of(name, region=call.region or kept.read(name).region, environment=call.environment)
    if place.region is not None:
        return place
    region = call.terminal.ask("AWS region", otherwise="with REGION=…", default=SUGGESTED_REGION)
    if region not in boto3.session.Session().get_available_regions("lambda"):
        raise Refused(f"AWS has no region {region}: it looks like {SUGGESTED_REGION}")
    return Place(region=region)


def require_account(place: Place, terminal: Terminal) -> None:
    """Look whether AWS lets us in before anything is asked; raise Refused when it does not."""
    found = report([Group(heading="AWS says", looks=AccountLooks(place).all())], terminal)
    refused = [each for each in found if each.level is Level.WRONG and each.check != "aws.concurrency"]
    if refused:
        raise Refused("Nothing was deployed")


def prepared(place: Place, name: str, terminal: Terminal) -> DeployedStack | None:
    """Return the stack that is there; None if it has yet to be made."""
    description = describe(place, name)
    if description is not None:
        states.require_changeable(description)
        if states.is_left_over(description):
            terminal.say(f"An earlier first deployment of {name} failed; what it left is removed")
            states.delete(place, name)
            description = None
    if description is not None and not states.is_announced_only(description):
        return deployed(description, place)
    if tables := left_over_tables(place, name):
        terminal.say(f"Tables of an earlier stack {name} are still there: {', '.join(tables)}.")
        terminal.say("This one begins with new, empty ones, and leaves those alone.")
        terminal.say(f"To erase them first: Ctrl-C, then make delete STACK={name} DATA=1")
    return None


def answered(call: Call, name: str, existing: DeployedStack | None) -> Answers:
    template = load_template(ROOT / "template.yaml")
    chosen = parameters.chosen(call.arguments.parameters or "", template)
    known = Known(
        parameters={**(_deployed_answers(existing) if existing else kept.read(name).answers), **chosen},
        token=existing.read_secret("GiosgTokenSecretArn") if existing else None,
        asks_again=call.arguments.ask,
        asks_for_token=call.arguments.new_token,
    )
    return Dialogue(call.terminal, call.environment).answers(known)


def _deployed_answers(existing: DeployedStack) -> dict[str, str]:
    return {name: existing.parameters[name] for name in PARAMETERS_KEPT if existing.parameters.get(name)}


def brought_up(call: Call, place: Place, name: str, answers: Answers) -> DeployedStack:
    """Build and deploy, and return what is there then."""
    terminal = call.terminal
    terminal.say(terminal.paint("Building", Colour.BOLD))
    template = sam.build(place, name)
    terminal.say(terminal.paint(f"Deploying {name} to {place.region}", Colour.BOLD) + " (the first time takes minutes)")
    given = dict(answers.parameters)
    if answers.token is not None:
        given["GiosgApiToken"] = answers.token
    sam.deploy(place, name, template=template, parameters=given, say=terminal.say)
    description = describe(place, name)
    if description is None:
        raise Refused(f"{name} is not there after its deployment: look at it in the console, CloudFormation")
    return deployed(description, place)


def tell(terminal: Terminal, stack: DeployedStack) -> None:
    terminal.say(terminal.paint("\nDeployed.", Colour.GREEN) + f" Visitors chat at {stack.api_url}/chat\n")
    terminal.say(webhook_urls.instructions(stack.webhook_urls))
    terminal.say("  Save the app and install it: Giosg sends nothing before.\n")


def prove(call: Call, stack: DeployedStack, *, since: Any, is_new: bool) -> int:
    """Wait for the first webhooks, where there is somebody to wait, and say what proves the rest."""
    minutes = call.arguments.wait_minutes
    if minutes is None:
        minutes = PATIENCE_MINUTES if call.terminal.is_interactive and is_new else 0.0
    if minutes:
        wait(call.terminal, stack, since=since, patience=timedelta(minutes=minutes))
    urls = stack.webhook_urls
    proof = f"make doctor STACK={stack.name} ROUND_TRIP=1"
    return call.done(
        f"What proves it all: {proof}",
        stack=stack.name,
        region=stack.region,
        api_url=stack.api_url,
        chat_page_url=f"{stack.api_url}/chat",
        webhook_chats_url=urls.chats,
        webhook_messages_url=urls.messages,
    )


def wait(terminal: Terminal, stack: DeployedStack, *, since: Any, patience: timedelta) -> None:
    terminal.say("Now say something on the chat page. Waiting for Giosg's first webhooks (Ctrl-C ends the wait):")
    try:
        FirstWebhooks(stack, terminal).wait(since=since, patience=patience)
    except KeyboardInterrupt:
        terminal.say(f"\nNot waited for; make doctor STACK={stack.name} tells when they come")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ask", action="store_true", help="ask everything again, with what is known as the default")
    parser.add_argument("--new-token", action="store_true", help="give another Giosg API token")
    parser.add_argument("--parameters", help='the template\'s other parameters: "RetentionDays=90 Quotas=off"')
    parser.add_argument("--wait-minutes", type=float, help="how long to wait for the first webhooks")


COMMAND = Command(name="deploy", help="deploy a stack, new or known", act=act, add_arguments=add_arguments)
