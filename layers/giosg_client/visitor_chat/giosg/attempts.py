"""What is told of the calls to Giosg: how long each took, and what became of those that failed.

Two of Giosg's refusals concern the whole stack, and nothing can be done about them from here but to say so, wherever
they show. All visitors' calls come from this stack's address: an agent who bans it shuts out everybody at once. And the
organisation's own token may have been revoked.
"""

from giosg_client.calls import Call
from giosg_client.errors import GiosgError, GiosgForbidden, GiosgRefused, GiosgUnauthorized
from visitor_chat.runtime import telemetry


def notice(call: Call, seconds: float, failure: GiosgError | None) -> None:
    """Tell of one attempt of a call, whoever made it and whether or not it mattered."""
    milliseconds = round(seconds * 1000)
    telemetry.took(call.name, milliseconds)
    telemetry.count("GiosgLatency", milliseconds, unit=telemetry.MILLISECONDS)
    if (metric := _metric_of(call, failure)) is not None:
        telemetry.count(metric)
    is_trouble = failure is not None and not isinstance(failure, GiosgRefused)
    telemetry.outcome(
        "giosg call",
        level="warning" if is_trouble else "debug",
        call=call.name,
        duration_ms=milliseconds,
        reason=None if failure is None else str(failure),
    )


def _metric_of(call: Call, failure: GiosgError | None) -> str | None:
    """Return what counts such a failure; most refusals are part of the daily work."""
    if isinstance(failure, GiosgForbidden):
        return "GiosgForbidden"
    if isinstance(failure, GiosgUnauthorized) and call.is_of_organization:
        return "GiosgTokenRefused"
    return "GiosgFailed" if failure is not None and not isinstance(failure, GiosgRefused) else None
