"""`make doctor`: what is right and what is wrong, one line each, with what to do."""

import argparse
from collections.abc import Iterator
from functools import partial

from operations.command import Call, Command
from operations.doctor import machine
from operations.doctor.edge import StackApi
from operations.doctor.findings import Finding, Group, Level, report
from operations.doctor.load import MOST_VISITORS, Load
from operations.doctor.load import TEXT as LOAD_TEXT
from operations.doctor.round_trip import TEXT, RoundTrip
from operations.doctor.subjects import deployed_groups, giosg_of_environment
from operations.stacks.deployed import DeployedStack
from operations.stacks.log_lines import LogLines
from operations.stacks.places import place_of
from operations.terminal import Colour, Terminal


def act(call: Call) -> int:
    """Look at everything that was asked for; the status is 0 only if nothing is wrong."""
    return conclude(report(groups(call), call.terminal), call.terminal)


def groups(call: Call) -> Iterator[Group]:
    stack = call.stack() if call.arguments.stack else None
    region = stack.region if stack else call.region
    place = place_of(call.arguments.stack or "", region=region, environment=call.environment)
    yield Group(heading="This machine", looks={"machine": machine.tools, "machine.compiler": machine.compiler})
    yield Group(heading="AWS", looks=machine.AccountLooks(place).all())
    if stack is None:
        yield giosg_of_environment(call.environment)
        return
    yield from deployed_groups(stack)
    yield from conversations(call, stack)


def conversations(call: Call, stack: DeployedStack) -> Iterator[Group]:
    """Talk as visitors, where that was asked for; agents are told what it is by the text itself."""
    if call.arguments.round_trip:
        call.terminal.say(f"A round trip begins: agents will see a chat that says “{TEXT}”")
        yield Group(heading="Round trip", looks=RoundTrip(stack, StackApi(stack), LogLines(stack)).all())
    visitors = call.arguments.load
    if visitors:
        call.terminal.say(f"A minute's load begins: agents will see {visitors} chats that say “{LOAD_TEXT}”")
        yield Group(heading="Load", looks=Load(partial(StackApi, stack), visitors=visitors).all())


def conclude(found: list[Finding], terminal: Terminal) -> int:
    troubles = sum(finding.level is Level.WRONG for finding in found)
    if terminal.is_json:
        terminal.show({"is_well": troubles == 0, "findings": [finding.document() for finding in found]})
    elif troubles:
        terminal.say(terminal.paint(f"\n{troubles} of {len(found)} findings are wrong", Colour.RED))
    else:
        terminal.say(terminal.paint("\nAll is well", Colour.GREEN))
    return 1 if troubles else 0


def visitors(text: str) -> int:
    """Read how many visitors make the load."""
    if not text.isdigit() or not 0 < int(text) <= MOST_VISITORS:
        says = f"LOAD={text} is not a number from 1 to {MOST_VISITORS}: more the quotas do not let one address start"
        raise argparse.ArgumentTypeError(says)
    return int(text)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--round-trip", action="store_true", help="talk as a visitor; agents will see it")
    parser.add_argument("--load", metavar="VISITORS", type=visitors, help="talk for a minute as so many visitors")


COMMAND = Command(
    name="doctor", help="say what is right and what is wrong, and what to do", act=act, add_arguments=add_arguments
)
