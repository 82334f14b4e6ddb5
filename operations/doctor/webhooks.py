"""Giosg's webhooks: do they come, and is their door open to the right secret alone?"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from operations.doctor.edge import StackApi
from operations.doctor.findings import Finding, Look, note, ok, wrong
from operations.stacks.deployed import DeployedStack
from operations.stacks.log_lines import Line, LogLines

PROBE_CHAT_ID = "d0c70000-0000-4000-8000-000000000000"
"""A chat that there is not: the doctor's own webhooks are about it, and are told from Giosg's by it."""
PROBE_ROOM_ID = "d0c70000-0000-4000-8000-000000000001"
SPANS = (timedelta(minutes=10), timedelta(hours=2), timedelta(days=1), timedelta(days=14))
CHANNELS = ("chats", "messages")
WRONG_SECRET = "not-the-secret"  # noqa: S105 - it opens nothing
SENDS = "POST /chats/{chat_id}/messages"
SENT = 201
MANY_SENT = 3
"""As many as `SilentWebhooksAlarm` takes for a sign."""
ON_THE_WAY = timedelta(seconds=20)
"""Younger messages may be told of in a moment."""
TAKEN = 204
REFUSED = 403
LEVELS_WITHOUT_REQUESTS = {"WARNING", "ERROR"}
HOW_TO_SEE = "in Giosg look at the app's Owner tools, Webhook logs, and compare its URLs with make webhook-urls"


def now() -> datetime:
    return datetime.now(UTC)


class WebhookLooks:
    """Looks at both channels.

    Args:
        was_due: tells whether something has happened at Giosg that a channel tells of; None: it is not known.
    """

    def __init__(
        self,
        stack: DeployedStack,
        api: StackApi,
        lines: LogLines,
        *,
        was_due: Callable[[str], bool | None] = lambda _channel: None,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._stack = stack
        self._api = api
        self._lines = lines
        self._was_due = was_due
        self._clock = clock

    def all(self) -> Mapping[str, Look]:
        return {
            "webhooks.chats": lambda: self.channel("chats"),
            "webhooks.messages": lambda: self.channel("messages"),
            "webhooks.secret": self.secret,
            "webhooks.lock": self.lock,
        }

    def channel(self, channel: str) -> Iterator[Finding]:
        """Say when Giosg's last webhook came, or why none may have come."""
        check = f"webhooks.{channel}"
        if self._stack.parameters.get("LogLevel") in LEVELS_WITHOUT_REQUESTS:
            says = f"When the last webhook about {channel} came is not logged"
            yield note(check, says, f"make deploy STACK={self._stack.name} with LogLevel INFO would show it")
            return
        taken = self._newest(channel, TAKEN)
        refused = self._newest(channel, REFUSED)
        if refused and (taken is None or taken.at < refused.at):
            yield self._refused(channel, refused)
        elif taken and channel == "messages" and (count := self._sent_since(taken)) >= MANY_SENT:
            yield self._unheard(taken, count)
        elif taken:
            yield ok(check, f"The last webhook about {channel} came {self._ago(taken)}", last_at=taken.at)
        else:
            yield self._silent(channel)

    def _refused(self, channel: str, refused: Line) -> Finding:
        cause = "come with a wrong secret"
        if self._stack.parameters.get("WebhookAddressCheck") == "enforce":
            cause = "come with a wrong secret, or from outside of WebhookNetworks"
        says = f"Giosg's webhooks about {channel} {cause}, {self._ago(refused)}"
        advice = f"enter the URLs of make webhook-urls STACK={self._stack.name} in the app's settings in Giosg"
        return wrong(f"webhooks.{channel}", says, advice, last_refused_at=refused.at)

    def _sent_since(self, taken: Line) -> int:
        """Count what visitors have sent since a webhook: Giosg tells of each message, of theirs too."""
        until = self._clock() - ON_THE_WAY
        if until <= taken.at:
            return 0
        return sum(
            line.has(route=SENDS, status=SENT) for line in self._lines.search(SENDS, since=taken.at, until=until)
        )

    def _unheard(self, taken: Line, count: int) -> Finding:
        says = f"Visitors have sent {count} messages since the last webhook about one came, {self._ago(taken)}"
        cause = f"was the app removed, or its URL changed? {HOW_TO_SEE} STACK={self._stack.name}"
        return wrong("webhooks.messages", says, cause, last_at=taken.at, sent=count)

    def _silent(self, channel: str) -> Finding:
        says = f"No webhook about {channel} has come {self._ever}"
        cause = f"the app is not installed, or its URL differs; {HOW_TO_SEE} STACK={self._stack.name}"
        if self._was_due(channel) is False:
            return note(f"webhooks.{channel}", f"{says}, and Giosg had none to send", "start a chat, and look again")
        return wrong(f"webhooks.{channel}", says, cause)

    @property
    def _ever(self) -> str:
        created_at = self._stack.created_at
        is_young = created_at is not None and self._clock() - created_at < SPANS[-1]
        return "yet" if is_young else f"in {SPANS[-1].days} days"

    def _newest(self, channel: str, status: int, **wanted: Any) -> Line | None:
        is_wanted = self._filter(channel, status=status, **wanted)
        return self._lines.newest(_route(channel), is_wanted, spans=SPANS, now=self._clock())

    def last_taken(self, channel: str) -> Line | None:
        """Return the newest webhook of Giosg's that was taken, at most 14 days old."""
        return self._newest(channel, TAKEN)

    def first(self, channel: str, *, since: datetime) -> Line | None:
        """Return the first webhook of Giosg's that was taken since then."""
        is_wanted = self._filter(channel, status=TAKEN)
        return next((line for line in self._lines.search(_route(channel), since=since) if is_wanted(line)), None)

    def _filter(self, channel: str, **wanted: Any) -> Callable[[Line], bool]:
        """Leave the doctor's own webhooks out: they are about a chat that there is not."""
        routes = {_route(channel), f"{_route(channel)}/{{rest+}}"}
        return lambda line: (
            line.fields.get("route") in routes and line.has(**wanted) and not line.has(chat_id=PROBE_CHAT_ID)
        )

    def _ago(self, line: Line) -> str:
        return f"{duration(self._clock() - line.at)} ago"

    def secret(self) -> Iterator[Finding]:
        """Read the secrets that are valid."""
        valid = self._stack.webhook_secrets()
        if not valid.get("current"):
            advice = f"make rotate-webhook-secret STACK={self._stack.name}"
            yield wrong("webhooks.secret", "The webhooks' secret is empty", advice)
        elif "previous" in valid:
            advice = f"when Giosg uses the new URLs: make rotate-webhook-secret STACK={self._stack.name} FINISH=1"
            yield note("webhooks.secret", "Two webhook secrets are valid", advice)

    def lock(self) -> Iterator[Finding]:
        """Knock as Giosg would, about a chat of another room, which stores nothing; then with a wrong secret.

        That one only tries the address: a POST would look like one of Giosg's in the log.
        """
        if self._stack.parameters.get("WebhookAddressCheck") == "enforce":
            yield note(
                "webhooks.lock", "Webhooks are taken from Giosg's networks alone, so that none was tried from here"
            )
            return
        secret = self._stack.webhook_secrets().get("current", "")
        for channel in CHANNELS:
            yield self._knock(channel, secret)

    def _knock(self, channel: str, secret: str) -> Finding:
        body = probe(channel, organization_id=self._stack.parameters["GiosgOrganizationId"])
        right = self._call("POST", channel, secret, json=body)
        wrongly = self._call("GET", channel, WRONG_SECRET)
        check = f"webhooks.lock.{channel}"
        if right != TAKEN:
            advice = (
                "read the log group's lines of level ERROR; a changed secret is known to all functions after 5 minutes"
            )
            return wrong(check, f"A webhook about {channel} with the right secret is answered {right}", advice)
        if wrongly != REFUSED:
            advice = "deploy again at once: anybody can send them"
            return wrong(check, f"The address of webhooks about {channel} answers {wrongly} to a wrong secret", advice)
        return ok(check, f"Webhooks about {channel} are taken with the right secret alone")

    def _call(self, method: str, channel: str, secret: str, **body: Any) -> int:
        answer = self._api.call(method, f"/giosg_webhooks/{channel}", params={"secret": secret}, **body)
        status: int = answer.status_code
        return status


def _route(channel: str) -> str:
    return f"POST /giosg_webhooks/{channel}"


def probe(channel: str, *, organization_id: str) -> dict[str, Any]:
    """Make a webhook about something in a room that is not the stack's."""
    path = f"/api/v5/orgs/{organization_id}/owned_chats"
    resource = {"id": PROBE_CHAT_ID, "room_id": PROBE_ROOM_ID, "chat_id": PROBE_CHAT_ID}
    return {
        "channel": path if channel == "chats" else f"{path}/{PROBE_CHAT_ID}/messages",
        "action": "changed",
        "resource_id": PROBE_CHAT_ID,
        "resource": resource,
    }


def duration(span: timedelta) -> str:
    """Say a duration in its greatest unit."""
    seconds = max(0, int(span.total_seconds()))
    for unit, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"
