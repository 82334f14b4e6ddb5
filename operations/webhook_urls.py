"""The URLs to enter in Giosg, with what to choose beside them."""

from dataclasses import asdict, astuple

from local.stack.webhook_urls import WebhookUrls

from operations.command import Call, Command

SUBSCRIPTIONS = "additions, changes, removals"
PATTERNS = {
    "chats": "/api/v5/orgs/{organization_id}/owned_chats",
    "messages": "/api/v5/orgs/{organization_id}/owned_chats/*/messages",
}
"""Channels (https://docs.giosg.com/tutorials/messaging/external_visitor_chat/); Giosg itself fills in the braces."""


def instructions(urls: WebhookUrls) -> str:
    """Say what to type where."""
    return "\n".join(["In Giosg, in your app's settings, under Webhooks:", *map(_entry, PATTERNS, astuple(urls))])


def _entry(channel: str, url: str) -> str:
    fields = {"Endpoint URL": url, "Channel pattern": PATTERNS[channel], "Subscribe to": SUBSCRIPTIONS}
    return "\n".join([f"  {channel}", *(f"    {name:<16} {value}" for name, value in fields.items())])


def act(call: Call) -> int:
    urls = call.stack().webhook_urls
    return call.done(instructions(urls), **asdict(urls))


COMMAND = Command(name="webhook-urls", help="print the URLs for Giosg's webhooks, with their secret", act=act)
