"""Where webhooks come from: a second check beside the secret, against the networks that Giosg publishes.

https://docs.giosg.com/common_information/domains_and_ip_addresses. Addresses may change, so it is best
to report what would be refused for a while before anything is.
"""

from collections.abc import Callable, Collection
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from visitor_chat import telemetry
from visitor_chat.errors import WebhookForbidden
from visitor_chat.settings import AddressCheck


class WebhookAddresses:
    """Knows Giosg's networks."""

    def __init__(self, check: AddressCheck, networks: Callable[[], Collection[str]]) -> None:
        self._check = check
        self._texts = networks

    def check(self, address: str) -> None:
        """Count a webhook that comes from elsewhere; raise WebhookForbidden if such are refused."""
        if self._check is AddressCheck.OFF or self._is_known(address):
            return
        telemetry.count("WebhookFromElsewhere")
        if self._check is AddressCheck.ENFORCE:
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
        return [ip_network(text) for text in self._texts()]
