"""Attachments in the documented shape: https://docs.giosg.com/tutorials/rich_text_messages/."""

from local.giosg.state.records import JSON
from local.giosg.state.world import World


def complete(world: World, attachment: JSON) -> JSON:
    """Fill a partial attachment up with ids and the documented fields."""
    return {
        "id": world.new_id(),
        "title": None,
        "title_link_url": None,
        "text": None,
        "image_url": None,
        "image_link_url": None,
        "link_target": "_blank",
        "attachment_url": None,
        "interaction_id": None,
        "parameters": None,
        **attachment,
        "actions": [_complete_action(world, action) for action in attachment.get("actions") or []],
    }


def _complete_action(world: World, action: JSON) -> JSON:
    return {
        "id": world.new_id(),
        "text": "",
        "type": "button",
        "link_target": None,
        "value": None,
        "style": "primary",
        "is_disabled_on_selection": True,
        "is_disabled_on_visitor_message": False,
        **action,
    }


def picture(world: World) -> JSON:
    """A picture that the console's own server serves: the demonstration needs no network."""
    return {"title": "The red one", "image_url": world.url("/console/picture.svg"), "text": "In stock: three left."}


def link(_: World) -> JSON:
    return {
        "title": "Opening hours and delivery",
        "title_link_url": "https://example.com/delivery",
        "text": "Orders before noon leave the same day.",
    }


def buttons(_: World) -> JSON:
    return {
        "title": "How would you like to have it?",
        "actions": [
            {"text": "Deliver it", "value": "deliver", "style": "primary"},
            {"text": "I pick it up", "value": "pick_up", "style": "secondary"},
            {"text": "Read more", "type": "link_button", "value": "https://example.com/delivery", "style": "link"},
        ],
    }


SAMPLES = {"picture": picture, "link": link, "buttons": buttons}
