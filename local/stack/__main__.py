"""The commands behind make run and make deploy-local."""

import argparse
import os
import sys

from botocore.exceptions import BotoCoreError, ClientError

from local.stack.cloudformation import DeployFailed
from local.stack.commands import StackIsDown, deploy_again
from local.stack.emulator import PortIsTaken
from local.stack.http_api import UnknownTemplate
from local.stack.programs import ProgramFailed
from local.stack.routes import RouteIsDead
from local.stack.settings import InvalidSetting, Settings
from local.stack.signals import end_on_signals, end_with_parent
from local.stack.up import up

EXPECTED = (DeployFailed, InvalidSetting, PortIsTaken, ProgramFailed, RouteIsDead, StackIsDown, UnknownTemplate)


def main() -> int:
    arguments = parser().parse_args()
    try:
        perform(arguments, Settings.from_environment(os.environ))
    except (*EXPECTED, BotoCoreError, ClientError) as problem:
        print(problem, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped")
    return 0


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(prog="python -m local.stack")
    commands = result.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="run the whole stack until Ctrl-C")
    commands.add_parser("deploy", help="bring changes into the stack that runs")
    return result


def perform(arguments: argparse.Namespace, settings: Settings) -> None:
    if arguments.command == "up":
        end_on_signals()
        if "MAKELEVEL" in os.environ:
            end_with_parent()
        up(settings)
    else:
        deploy_again(settings)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Not sys.exit: a thread that was caught while it started must not keep the process.
    os._exit(code)
