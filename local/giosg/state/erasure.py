"""How texts are changed, taken back and erased. Callers hold the world's lock."""

from local.giosg.state.changes import changing_chat, changing_message, chats_channel, messages_channel
from local.giosg.state.lifecycle import count
from local.giosg.state.records import Chat, Message
from local.giosg.state.world import Change, World


def remove_message(world: World, message: Message) -> None:
    chat = world.chats[message.chat_id]
    with changing_chat(world, chat):
        del world.messages[message.id]
        chat.message_ids.remove(message.id)
        if message.type == "msg":
            count(chat, message, by=-1)
        channel = messages_channel(world, chat)
        world.tell(Change(channel=channel, action="removed", resource_id=message.id, resource=None))


def remove_chat(world: World, chat: Chat) -> None:
    """Take a chat out of the platform with its messages; only the chat's removal is told."""
    for message_id in chat.message_ids:
        del world.messages[message_id]
    if chat.visitor_id and (visitor := world.visitors.get(chat.visitor_id)):
        visitor.chat_ids.remove(chat.id)
    del world.chats[chat.id]
    world.tell(Change(channel=chats_channel(world), action="removed", resource_id=chat.id, resource=None))


def purge(world: World, chat: Chat) -> None:
    """Erase the texts and the visitor's names: https://docs.giosg.com/common_information/data_retention."""
    for message in world.messages_of(chat):
        with changing_message(world, message):
            message.message = None
            message.encrypted_message = None
            message.attachments = [] if message.attachments else message.attachments
            message.answer = {}
            message.sensitive_data_purged_at = world.now()
            if message.sender_type == "visitor":
                message.sender_name = message.sender_public_name = message.sender_avatar = None
