"""What a failed call to Giosg means to somebody who sets the stack up, and what to do.

https://docs.giosg.com/tutorials/http_status_codes
"""

import requests

from giosg_client.errors import (
    GiosgBadResponse,
    GiosgError,
    GiosgServerError,
    GiosgTimeout,
    GiosgUnavailable,
    GiosgUnreachable,
)
from operations.doctor.findings import Finding, wrong
from operations.doctor.giosg_account import Account

TOO_MANY = requests.codes.too_many_requests
TROUBLES = (GiosgUnreachable, GiosgTimeout, GiosgUnavailable, GiosgServerError, GiosgBadResponse)
"""What says nothing about the caller's rights."""


def trouble(check: str, error: GiosgError, account: Account) -> Finding:
    """Say what keeps Giosg from answering anything at all."""
    says, advice = _meaning(error, account)
    return wrong(check, says, advice, status=error.status)


def _meaning(error: GiosgError, account: Account) -> tuple[str, str]:
    status = "" if error.status is None else f" ({error.status})"
    if isinstance(error, GiosgUnreachable):
        says = f"Giosg cannot be reached at {account.base_url} ({error.args[0]})"
        return says, "is the address right, and does the network here let calls through?"
    if isinstance(error, GiosgTimeout):
        says = f"Giosg gave no answer within {account.timeout_seconds:g} s"
        return says, "try again; if it stays so, ask Giosg's support whether there is a disturbance"
    if error.status == TOO_MANY:
        says = f"Giosg takes no more calls for now{status}: of this organisation or address, or of anybody"
        return says, "is a script behind it? Else wait; if it stays so, ask Giosg's support for its limit"
    if isinstance(error, GiosgUnavailable | GiosgServerError):
        return f"Giosg is in trouble itself{status}", "wait and try again; if it stays so, ask Giosg's support"
    says = f"What answers at {account.base_url} is not Giosg's API as it is documented{status}"
    return says, "its own address is https://service.giosg.com; is there a proxy in between?"
