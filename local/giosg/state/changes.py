"""The channels of chats, messages and memberships, and the telling of what changed in them.

A resource's channel is its path in the API: https://docs.giosg.com/api_reference/giosg_live/giosg_real_time_api.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from local.giosg.state.memberships import organization_membership
from local.giosg.state.records import Chat, Member, Message
from local.giosg.state.representations import organization_chat, organization_message
from local.giosg.state.world import Change, World

EndpointKind = Literal["chats", "messages"]


def endpoint_kind(change: Change) -> EndpointKind:
    """Tell which of the two webhooks subscribes to a channel; the one for messages has the memberships too."""
    return "messages" if change.channel.endswith(("/messages", "/memberships")) else "chats"


def chats_channel(world: World) -> str:
    return f"/api/v5/orgs/{world.organization_id}/owned_chats"


def messages_channel(world: World, chat: Chat) -> str:
    return f"{chats_channel(world)}/{chat.id}/messages"


@contextmanager
def changing_chat(world: World, chat: Chat) -> Iterator[None]:
    with world.telling_changes(chats_channel(world), chat.id, lambda: organization_chat(world, chat)):
        yield
        chat.updated_at = world.now()


@contextmanager
def changing_member(world: World, chat: Chat, member: Member) -> Iterator[None]:
    channel = f"{chats_channel(world)}/{chat.id}/memberships"
    with world.telling_changes(channel, member.id, lambda: organization_membership(world, chat, member)):
        yield
        member.updated_at = world.now()


@contextmanager
def changing_message(world: World, message: Message) -> Iterator[None]:
    channel = messages_channel(world, world.chats[message.chat_id])
    with world.telling_changes(channel, message.id, lambda: organization_message(message)):
        yield
