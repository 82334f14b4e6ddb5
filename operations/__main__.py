"""Operate a deployed stack: `python -m operations --help`."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence

from botocore.exceptions import BotoCoreError, ClientError
from local.stack.settings import InvalidSetting

from operations import erasure, replay, visitors, webhook_secret, webhook_urls
from operations.command import Call, Command
from operations.deploy import command as deploy
from operations.deploy import delete
from operations.doctor import command as doctor
from operations.stacks.refusals import explanation
from operations.status import command as status
from operations.terminal import Refused, Terminal
from operations.trace import command as trace

COMMANDS: tuple[Command, ...] = (
    deploy.COMMAND,
    delete.COMMAND,
    doctor.COMMAND,
    webhook_urls.COMMAND,
    status.COMMAND,
    trace.COMMAND,
    replay.COMMAND,
    webhook_secret.COMMAND,
    visitors.COMMAND,
    erasure.COMMAND,
)
INTERRUPTED = 130
"""The status that shells give a program which Ctrl-C has ended."""


def main(given: Sequence[str], environment: Mapping[str, str]) -> int:
    arguments = parser().parse_args(given)
    terminal = Terminal.of_process(environment, is_json=arguments.json, assumes_yes=arguments.yes)
    status: int
    try:
        status = arguments.act(Call(arguments=arguments, terminal=terminal, environment=environment))
    except (Refused, InvalidSetting) as problem:
        return failed(terminal, str(problem))
    except (BotoCoreError, ClientError) as problem:
        return failed(terminal, explanation(problem))
    except KeyboardInterrupt:
        terminal.say("\nStopped")
        return INTERRUPTED
    return status


def failed(terminal: Terminal, text: str) -> int:
    print(text, file=terminal.errors)
    if terminal.is_json:
        terminal.show({"error": text})
    return 1


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(prog="python -m operations", description="Operate a deployed stack")
    actions = result.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        action = actions.add_parser(command.name, help=command.help)
        action.add_argument("--stack", help="the stack's name; `local` is the one on this machine")
        action.add_argument("--region", help="the stack's region, if it is not where it was deployed from here")
        action.add_argument("--json", action="store_true", help="answer with one JSON document")
        action.add_argument("--yes", action="store_true", help="ask for no confirmation")
        command.add_arguments(action)
        action.set_defaults(act=command.act)
    return result


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
