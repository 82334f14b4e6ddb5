"""Bans: Giosg sees all visitors at this stack's address, so an agent who bans that address shuts out everybody at once.

Nothing can be done about it from here but to say so, wherever it shows: `GiosgForbiddenAlarm` watches the count.
"""

from giosg_client.errors import GiosgError, GiosgForbidden
from visitor_chat import telemetry


def notice(error: GiosgError) -> None:
    """Count a call that Giosg forbids, whoever made it and whether or not it mattered."""
    if isinstance(error, GiosgForbidden):
        telemetry.count("GiosgForbidden")
