"""A whole conversation's way, as a visitor: start, send, the socket's frame, Giosg's webhook, end, erase."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from operations.doctor.edge import StackApi
from operations.doctor.findings import Finding, Look, ok, wrong
from operations.doctor.socket import NOT_NOW
from operations.doctor.visitor import ProbeVisitor, StepFailed
from operations.doctor.webhooks import HOW_TO_SEE, TAKEN, now
from operations.stacks.deployed import DeployedStack
from operations.stacks.log_lines import Line, LogLines

TEXT = "This is a test of the visitor chat by its operators. Nobody waits for an answer."
WARNING = "Agents will see a chat that says: “{text}”"
ECHO_SECONDS = 60.0
POLL_SECONDS = 1.0
CHECK = "round_trip"
CLOCKS_DIFFER = timedelta(minutes=10)
"""A log's clock may be behind ours: everything that is looked for is named by its id."""
ADVICE = {
    "socket": "read the lines of socket_connect and socket_message in the log group",
    "frame": "read the lines of send_message in the log group: it pushes to sockets",
}


class RoundTrip:
    """One conversation, which leaves nothing behind in the stack."""

    def __init__(
        self,
        stack: DeployedStack,
        api: StackApi,
        lines: LogLines,
        *,
        clock: Callable[[], datetime] = now,
        sleep: Callable[[float], None] = time.sleep,
        echo_seconds: float = ECHO_SECONDS,
    ) -> None:
        self._stack = stack
        self._visitor = ProbeVisitor(api)
        self._lines = lines
        self._clock = clock
        self._sleep = sleep
        self._echo_seconds = echo_seconds

    def all(self) -> Mapping[str, Look]:
        return {CHECK: self.look}

    def look(self) -> Iterator[Finding]:
        began_at = self._clock()
        try:
            yield from self._talk(began_at)
        except StepFailed as failure:
            yield self._failed(failure)
        finally:
            with suppress(StepFailed):
                self._visitor.leave()

    def _talk(self, began_at: datetime) -> Iterator[Finding]:
        visitor = self._visitor
        steps: tuple[tuple[str, str, Callable[[], object]], ...] = (
            ("start", "A chat was started", visitor.start),
            ("socket", "A socket was opened", visitor.open_socket),
        )
        for name, says, act in steps:
            act()
            yield self._done(name, says)
        message_id = visitor.send(TEXT)
        yield self._done("send", "A message was sent")
        visitor.wait_for_message(message_id)
        yield self._done("frame", "The socket's frame came")
        yield self._echo(message_id, began_at)
        visitor.end()
        yield self._done("end", "The chat was ended")
        visitor.leave()
        yield self._done("erase", "The visitor was erased")

    def _done(self, name: str, says: str) -> Finding:
        seconds = self._visitor.seconds[name]
        return ok(f"{CHECK}.{name}", f"{says} ({seconds * 1000:.0f} ms)", seconds=round(seconds, 3))

    def _echo(self, message_id: str, began_at: datetime) -> Finding:
        """Wait for Giosg's webhook about the message: the stack's log tells when it came."""
        came = self._wait_for(lambda lines: _webhook_about(message_id, lines), began_at)
        if came is None:
            says = f"Giosg's webhook about the message did not come within {self._echo_seconds:.0f} s"
            advice = f"agents' answers will come late: {HOW_TO_SEE} STACK={self._stack.name}"
            return wrong(f"{CHECK}.webhook", says, advice)
        line, sent_at = came
        seconds = max(0.0, (line.at - sent_at).total_seconds())
        says = f"Giosg's webhook about it came ({seconds * 1000:.0f} ms after it was sent)"
        return ok(f"{CHECK}.webhook", says, seconds=seconds)

    def _wait_for(
        self, find: Callable[[list[Line]], tuple[Line, datetime] | None], began_at: datetime
    ) -> tuple[Line, datetime] | None:
        """Look into the log until something is there: lines take some seconds to appear."""
        deadline = time.monotonic() + self._echo_seconds
        while time.monotonic() < deadline:
            found = find(list(self._lines.search(self._visitor.chat_id, since=began_at - CLOCKS_DIFFER)))
            if found:
                return found
            self._sleep(POLL_SECONDS)
        return None

    def _failed(self, failure: StepFailed) -> Finding:
        reason, advice = NOT_NOW.get(failure.code, ("", "")) if failure.step == "start" else ("", "")
        if reason:
            return wrong(f"{CHECK}.start", f"No test chat was started, since {reason}", advice or "try as a visitor")
        advice = ADVICE.get(failure.step, "read the log group's lines of level ERROR")
        return wrong(f"{CHECK}.{failure.step}", f"The round trip ended at its {failure.step} ({failure.code})", advice)


def _webhook_about(message_id: str, lines: list[Line]) -> tuple[Line, datetime] | None:
    """Return the webhook's line and when the message was sent, by the same clock."""
    sent = [line.at for line in lines if line.has(route="POST /chats/{chat_id}/messages")]
    route = "POST /giosg_webhooks/messages"
    came = [line for line in lines if line.has(route=route, resource_id=message_id, status=TAKEN)]
    return (came[0], sent[0]) if sent and came else None
