"""The socket that brings answers at once: a ticket, a connection, a pong."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from operations.doctor.edge import StackApi
from operations.doctor.findings import Finding, Look, note, ok, wrong
from operations.doctor.visitor import ProbeVisitor, StepFailed

CHECK = "stack.socket"
NOT_NOW = {
    "no_agents_online": ("nobody is online in the room", "look again when agents are"),
    "challenge_failed": ("new visitors have to pass a challenge", ""),
    "too_many_requests": ("this address has started too many chats", "wait ten minutes"),
}
"""Why no visitor can be made from here, though nothing is wrong with the socket."""


def looks(api: StackApi) -> Mapping[str, Look]:
    return {CHECK: lambda: look(ProbeVisitor(api))}


def look(visitor: ProbeVisitor) -> Iterator[Finding]:
    """Try it with a chat in which nothing is said, which agents never see; nothing of it stays."""
    try:
        visitor.start()
        visitor.open_socket()
        visitor.end()
        yield ok(CHECK, "The socket opens and answers", seconds=round(visitor.seconds["socket"], 3))
    except StepFailed as failure:
        yield not_done(failure)
    finally:
        with suppress(StepFailed):
            visitor.leave()


def not_done(failure: StepFailed) -> Finding:
    if failure.step == "start":
        reason, advice = NOT_NOW.get(failure.code, ("", ""))
        if reason:
            return note(CHECK, f"The socket was not tried, since {reason}", advice)
        advice = "look at Giosg above; then read the log group's lines of level ERROR"
        return wrong("stack.start", f"No chat can be started ({failure.code})", advice, code=failure.code)
    says = f"The socket does not work ({failure.step}: {failure.code})"
    advice = (
        "the page still reads every few seconds; read the lines of socket_connect and socket_message in the log group"
    )
    return wrong(CHECK, says, advice, step=failure.step, code=failure.code)
