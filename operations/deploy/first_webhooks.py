"""The first webhooks after a deployment: they prove that Giosg knows where to send them."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from operations.doctor.edge import StackApi
from operations.doctor.webhooks import CHANNELS, LEVELS_WITHOUT_REQUESTS, WebhookLooks, now
from operations.stacks.deployed import DeployedStack
from operations.stacks.log_lines import LogLines
from operations.terminal import Colour, Terminal

POLL_SECONDS = 3.0
QUESTIONS = (
    "Is the app saved and installed in Giosg, with its terms accepted? Are additions, changes and removals subscribed,"
    " and is the URL the one above? Has somebody chatted? In Giosg the app's Owner tools, Webhook logs, tell more;"
    " make doctor STACK={stack} looks again"
)


class FirstWebhooks:
    """Waits until each channel has brought a webhook."""

    def __init__(
        self,
        stack: DeployedStack,
        terminal: Terminal,
        *,
        clock: Callable[[], datetime] = now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._stack = stack
        self._terminal = terminal
        self._clock = clock
        self._sleep = sleep
        self._looks = WebhookLooks(stack, StackApi(stack), LogLines(stack), clock=clock)

    def wait(self, *, since: datetime, patience: timedelta) -> bool:
        """Say when each channel's webhook came, counted from `since`; return whether both did in time."""
        if self._stack.parameters.get("LogLevel") in LEVELS_WITHOUT_REQUESTS:
            self._terminal.say("LogLevel leaves out the lines that would tell of webhooks")
            return False
        waited_for = list(CHANNELS)
        while True:
            waited_for = [channel for channel in waited_for if not self._came(channel, since)]
            if not waited_for or self._clock() - since > patience:
                break
            self._sleep(POLL_SECONDS)
        for channel in waited_for:
            self._missing(channel, patience)
        return not waited_for

    def _came(self, channel: str, since: datetime) -> bool:
        line = self._looks.first(channel, since=since)
        if line is None:
            return False
        seconds = max(0.0, (line.at - since).total_seconds())
        received = self._terminal.paint("received", Colour.GREEN)
        self._terminal.say(f"  The first webhook about {channel}: {received}, after {seconds:.0f} s")
        return True

    def _missing(self, channel: str, patience: timedelta) -> None:
        minutes = f"{patience.total_seconds() / 60:g}"
        missing = self._terminal.paint(f"none within {minutes} minutes", Colour.RED)
        self._terminal.say(f"  A webhook about {channel}: {missing}. {self._reason(channel)}")

    def _reason(self, channel: str) -> str:
        found = [each for each in self._looks.channel(channel) if "last_refused_at" in each.facts]
        return found[0].line if found else QUESTIONS.format(stack=self._stack.name)
