"""Items of Giosg's lists that cannot be read: they are left out, and it is said so."""

from visitor_chat.runtime import telemetry


def notice(call: str, number: int) -> None:
    """Count items that a list was read without."""
    telemetry.outcome("items left out", level="warning", reason=f"{call}: {number} of them cannot be read")
    telemetry.count("GiosgItemsLeftOut", number)
