"""Operate a deployed stack: `python -m operations --help`."""

import argparse
import json
import os
import sys

from local.stack.commands import webhook_urls
from local.stack.settings import Settings

from operations.replay import replay_chat, replay_dead_letters
from operations.stacks import DeployedStack, find_stack
from operations.visitors import export_visitor
from operations.webhook_secret import RotationUnderWay, finish, rotate


def main() -> None:
    arguments = parser().parse_args()
    stack = find_stack(arguments.stack, region=arguments.region or None)
    try:
        sys.stdout.write(f"{arguments.act(stack, arguments)}\n")
    except RotationUnderWay as problem:
        sys.exit(str(problem))


def replay(stack: DeployedStack, arguments: argparse.Namespace) -> str:
    if arguments.dead_letters:
        return f"{replay_dead_letters(stack)} dead letters are in the repair queue again"
    replay_chat(stack, arguments.chat)
    return f"chat {arguments.chat} is in the repair queue"


def rotate_webhook_secret(stack: DeployedStack, arguments: argparse.Namespace) -> str:
    if arguments.finish:
        finish(stack)
        return "The secret before the current one is no longer valid, five minutes from now at the latest"
    rotate(stack)
    urls = webhook_urls(
        arguments.stack, region=arguments.region or None, settings=Settings.from_environment(os.environ)
    )
    return (
        f"Enter these URLs in Giosg; the old ones work until you say FINISH=1\n"
        f"chats     {urls.chats}\nmessages  {urls.messages}"
    )


def export(stack: DeployedStack, arguments: argparse.Namespace) -> str:
    return json.dumps(export_visitor(stack, arguments.visitor), ensure_ascii=False, indent=2, default=str)


def parser() -> argparse.ArgumentParser:
    commands = argparse.ArgumentParser(prog="operations", description="Operate a deployed stack")
    commands.add_argument("--stack", required=True, help="the stack's name; `local` is the one on this machine")
    commands.add_argument("--region", help="the stack's region, if it is not the configured one")
    actions = commands.add_subparsers(required=True)
    replaying = actions.add_parser("replay", help="compare chats with Giosg once more")
    replaying.set_defaults(act=replay)
    which = replaying.add_mutually_exclusive_group(required=True)
    which.add_argument("--chat", help="a chat's id")
    which.add_argument("--dead-letters", action="store_true", help="all chats whose comparison has failed for good")
    rotating = actions.add_parser("rotate-webhook-secret", help="put another secret into the webhooks' URLs")
    rotating.add_argument("--finish", action="store_true", help="end the secret before the current one")
    rotating.set_defaults(act=rotate_webhook_secret)
    exporting = actions.add_parser("export-visitor", help="print everything that is stored about a visitor")
    exporting.add_argument("--visitor", required=True, help="a visitor's id")
    exporting.set_defaults(act=export)
    return commands


if __name__ == "__main__":
    main()
