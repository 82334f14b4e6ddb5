"""Run the simulated Giosg with its agent console: `python -m local.giosg --port 4580`."""

import argparse
import signal
from pathlib import Path
from threading import Event

from local.giosg.simulation import SimulatedGiosg
from local.giosg.webhooks.delivery import Target

DEFAULT_PORT = 4580


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.giosg", description=__doc__)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="on 127.0.0.1; 0 is any free port")
    parser.add_argument("--organization-id", default=SimulatedGiosg.organization_id)
    parser.add_argument("--room-id", default=SimulatedGiosg.room_id)
    parser.add_argument("--room", action="append", default=[], metavar="NAME=UUID", help="a further room")
    parser.add_argument("--api-token", default=SimulatedGiosg.api_token)
    parser.add_argument("--webhook-chats-url", help="where notifications about chats go, secret included")
    parser.add_argument("--webhook-messages-url", help="where notifications about messages go, secret included")
    parser.add_argument("--webhook-delay-seconds", type=float, default=0.05, help="how long they are under way")
    parser.add_argument("--state-file", type=Path, help="read at the start, written at the end")
    parser.add_argument("--offline", action="store_true", help="start with all agents offline")
    return parser.parse_args(arguments)


def run(options: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT."""
    stopped = Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda *_: stopped.set())
    giosg = SimulatedGiosg(
        port=options.port,
        organization_id=options.organization_id,
        room_id=options.room_id,
        rooms=dict(room.split("=", 1) for room in options.room),
        api_token=options.api_token,
        is_online=not options.offline,
        state_file=options.state_file,
    )
    with giosg:
        giosg.webhooks.deliver_to(_target(options))
        print(f"Giosg is simulated at {giosg.base_url}", flush=True)
        print(f"Agent console: {giosg.base_url}/console", flush=True)
        stopped.wait()


def _target(options: argparse.Namespace) -> Target:
    return Target(
        chats_url=options.webhook_chats_url,
        messages_url=options.webhook_messages_url,
        delay_seconds=options.webhook_delay_seconds,
    )


if __name__ == "__main__":
    run(parse_arguments())
