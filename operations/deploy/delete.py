"""`make delete`: says what will be gone and what stays, and deletes when its name is typed."""

import argparse

from local.stack.deployments import STACK_NAME

from operations.command import Call, Command
from operations.deploy import states
from operations.deploy.left_over import KEY_DAYS, LeftOver, erase, left_over, to_be_left
from operations.stacks import kept
from operations.stacks.deployed import DeployedStack, deployed, describe
from operations.stacks.places import Place, place_of
from operations.terminal import Colour, Refused, Terminal


def act(call: Call) -> int:
    name = kept.checked_stack_name(call.stack_name)
    if name == STACK_NAME:
        raise Refused("local is the stack of make run: Ctrl-C ends it, and nothing of it stays")
    place = place_of(name, region=call.region or kept.read(name).region, environment=call.environment)
    if place.region is None:
        raise Refused(f"In which region is {name}? Say REGION=…, as in REGION=eu-north-1")
    stack, data = found(place, name)
    if stack is None and not (call.arguments.data and data):
        raise Refused(nothing_there(place, name, data))
    announce(call, stack, data)
    if call.arguments.dry_run:
        return call.done("\nNothing was changed", **facts(stack, data, is_erased=False))
    call.terminal.confirm_by_name("", name)
    carry_out(call, place, stack, data)
    return call.done("\nDone. Remove the app in Giosg too", **facts(stack, data, is_erased=call.arguments.data))


def found(place: Place, name: str) -> tuple[DeployedStack | None, LeftOver]:
    """Return the stack, if it is there, and the data that are or will be left."""
    description = describe(place, name)
    if description is None:
        return None, left_over(place, name)
    states.require_changeable(description)
    stack = deployed(description, place)
    owned = {physical for _, physical in stack.resources().values()}
    return stack, to_be_left(stack) + left_over(place, name).without(owned)


def nothing_there(place: Place, name: str, data: LeftOver) -> str:
    if data:
        return f"{name} is deleted already; DATA=1 erases what it has left: {', '.join(data.lines)}"
    return f"There is no stack {name} in {place.region}, and nothing that one has left"


def announce(call: Call, stack: DeployedStack | None, data: LeftOver) -> None:
    terminal = call.terminal
    if stack is not None:
        count = len(stack.resources()) - len(to_be_left(stack).lines)
        terminal.say(terminal.paint(f"Gone will be {stack.name}", Colour.BOLD))
        terminal.say(f"  {count} resources: its API with the chat page, functions, queues, alarms, secrets and logs")
    tell_of_data(terminal, data, is_erased=call.arguments.data)


def tell_of_data(terminal: Terminal, data: LeftOver, *, is_erased: bool) -> None:
    if not data:
        return
    heading = "ERASED for good will be all chats" if is_erased else "Stays (DATA=1 erases it too)"
    terminal.say(terminal.paint(heading, Colour.RED if is_erased else Colour.BOLD))
    for line in data.lines:
        terminal.say(f"  {line}")
    if is_erased and data.keys:
        terminal.say(f"  (a key is gone {KEY_DAYS} days later; until then its deletion can be cancelled)")


def carry_out(call: Call, place: Place, stack: DeployedStack | None, data: LeftOver) -> None:
    if stack is not None:
        call.terminal.say("Deleting, which takes minutes")
        states.delete(place, stack.name)
    if call.arguments.data:
        erase(place, data)
        kept.forget(call.stack_name)


def facts(stack: DeployedStack | None, data: LeftOver, *, is_erased: bool) -> dict[str, object]:
    return {
        "stack": stack.name if stack else None,
        "tables": list(data.tables),
        "keys": list(data.keys),
        "is_erased": is_erased,
    }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", action="store_true", help="also erase what stays: tables and key")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be gone")


COMMAND = Command(name="delete", help="delete a stack", act=act, add_arguments=add_arguments)
