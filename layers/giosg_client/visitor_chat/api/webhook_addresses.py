"""Where webhooks come from: a second check beside the secret, against the networks that Giosg publishes.

https://docs.giosg.com/common_information/domains_and_ip_addresses. Addresses may change, so it is best
to report what would be refused for a while before anything is.
"""

from collections.abc import Collection
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from visitor_chat.domain.errors import WebhookForbidden
from visitor_chat.runtime import telemetry


class AnyAddress:
    """Takes webhooks from everywhere."""

    def check(self, _address: str) -> None: ...


class WebhookAddresses:
    """Knows Giosg's networks; what comes from elsewhere is counted and, if `is_enforced`, refused."""

    def __init__(self, networks: Collection[str], *, is_enforced: bool) -> None:
        self._texts = networks
        self._is_enforced = is_enforced

    def check(self, address: str) -> None:
        """Count a webhook that comes from elsewhere; raise WebhookForbidden if such are refused."""
        if self._is_known(address):
            return
        telemetry.count("WebhookFromElsewhere")
        if self._is_enforced:
            raise WebhookForbidden("not from an address of Giosg's")

    def _is_known(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        plain = (parsed.ipv4_mapped or parsed) if parsed.version == 6 else parsed  # noqa: PLR2004 - the protocol's name
        return any(plain in network for network in self._networks)

    @cached_property
    def _networks(self) -> list[IPv4Network | IPv6Network]:
        return [ip_network(text) for text in self._texts]
