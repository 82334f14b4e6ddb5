"""Operate a deployed stack: `python -m operations --help`."""

import argparse
import sys

from operations.replay import replay_chat, replay_dead_letters
from operations.stacks import find_stack


def main() -> None:
    arguments = parser().parse_args()
    stack = find_stack(arguments.stack, region=arguments.region or None)
    if arguments.dead_letters:
        sys.stdout.write(f"{replay_dead_letters(stack)} dead letters are in the repair queue again\n")
    else:
        replay_chat(stack, arguments.chat)
        sys.stdout.write(f"chat {arguments.chat} is in the repair queue\n")


def parser() -> argparse.ArgumentParser:
    commands = argparse.ArgumentParser(prog="operations", description="Operate a deployed stack")
    commands.add_argument("--stack", required=True, help="the stack's name; `local` is the one on this machine")
    commands.add_argument("--region", help="the stack's region, if it is not the configured one")
    actions = commands.add_subparsers(required=True)
    replay = actions.add_parser("replay", help="compare chats with Giosg once more")
    which = replay.add_mutually_exclusive_group(required=True)
    which.add_argument("--chat", help="a chat's id")
    which.add_argument("--dead-letters", action="store_true", help="all chats whose comparison has failed for good")
    return commands


if __name__ == "__main__":
    main()
