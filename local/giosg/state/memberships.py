"""How the platform names and shows the members of a chat."""

from local.giosg.state.records import JSON, Chat, Member, Visitor
from local.giosg.state.representations import COMPOSING_SECONDS, avatar, is_present
from local.giosg.state.world import World


def visitor_variable(visitor: Visitor | None, room_id: str, key: str) -> str | None:
    """Look up what the room knows of a visitor; empty text counts as nothing."""
    room_visitor = visitor and visitor.rooms.get(room_id)
    known = room_visitor and room_visitor.variables.get(key)
    return (known.value or None) if known else None


def names(world: World, chat: Chat, member_id: str) -> tuple[str | None, str | None]:
    """Return a member's internal and public name: a visitor has one name, the `username` variable."""
    if agent := world.agents.get(member_id):
        return agent.name, agent.alias or agent.name
    name = visitor_variable(world.visitors.get(member_id), chat.room_id, "username")
    return name, name


def picture(world: World, chat: Chat, member_id: str) -> JSON | None:
    if agent := world.agents.get(member_id):
        return avatar(world, agent.id, agent.avatar_url)
    return avatar(world, member_id, visitor_variable(world.visitors.get(member_id), chat.room_id, "avatar"))


def composing_status(world: World, member: Member) -> str:
    """Show that somebody typed a while ago as idle: https://docs.giosg.com/ (@giosg/types, ChatMembership)."""
    is_stale = member.composing_status == "typed" and world.epoch() - member.composing_epoch > COMPOSING_SECONDS
    return "idle" if is_stale else member.composing_status


def public_membership(world: World, chat: Chat, member: Member) -> JSON:
    agent = world.agents.get(member.id)
    return {
        "member_id": member.id,
        "member_type": member.type,
        "member_public_name": names(world, chat, member.id)[1],
        "member_avatar": picture(world, chat, member.id),
        "room_id": chat.room_id,
        "chat_id": chat.id,
        "created_at": member.created_at,
        "updated_at": member.updated_at,
        "is_participating": member.is_participating,
        "is_present": is_present(world, chat, member),
        "composing_status": composing_status(world, member),
        "message_count": member.message_count,
        "room_organization_id": world.organization_id,
        "member_organization_id": world.organization_id,
        "is_bot": agent.is_bot if agent else None,
        "last_seen_at": member.last_seen_at,
        "unread_message_count": 0,
        "legacy_member_id": member.id[:8],
    }


def organization_membership(world: World, chat: Chat, member: Member) -> JSON:
    return public_membership(world, chat, member) | {"member_name": names(world, chat, member.id)[0]}
