"""What an agent does, over HTTP."""

from collections.abc import Callable
from functools import partial

from local.giosg.agents.agent import AgentActs
from local.giosg.agents.attachments import SAMPLES
from local.giosg.console.parts import Parts
from local.giosg.http import validation
from local.giosg.http.exchange import Answer, Request, json_answer, not_found
from local.giosg.http.validation import field, is_attachment_list, json_object
from local.giosg.state.records import JSON
from local.giosg.state.representations import COMPOSING_STATUSES

DONE = Answer(status=204)


def _agent(parts: Parts, body: JSON) -> AgentActs:
    agent_id = field(body, "agent_id", validation.or_null(validation.is_uuid)) or parts.team.first.id
    if agent_id not in parts.world.agents:
        raise not_found()
    return AgentActs(parts.world, agent_id)


def add_agent(parts: Parts, request: Request) -> Answer:
    body = json_object(request)
    agent = parts.team.hire(
        field(body, "name", validation.is_filled_text, is_required=True),
        alias=field(body, "alias", validation.or_null(validation.is_text)),
        is_bot=bool(field(body, "is_bot", validation.is_boolean)),
    )
    return json_answer({"id": agent.id}, status=201)


def set_online(parts: Parts, request: Request, agent_id: str | None = None) -> Answer:
    """Let one agent come or go, or those of a room, or all."""
    body = json_object(request)
    is_online = field(body, "is_online", validation.is_boolean, is_required=True)
    room_id = field(body, "room_id", validation.or_null(validation.one_of(*parts.world.rooms)))
    for agent in parts.team.of_room(room_id) if room_id else parts.team.all():
        if agent_id in (None, agent.id):
            (agent.go_online if is_online else agent.go_offline)()
    return DONE


def change_room(parts: Parts, request: Request, room_id: str) -> Answer:
    """Change a room's service hours, its router, or what it says about waiting."""
    body = json_object(request)
    checks = {"is_open": validation.is_boolean, "has_router": validation.is_boolean}
    given = {name: field(body, name, check) for name, check in checks.items() if name in body}
    if "estimated_waiting_time" in body:
        given["estimated_waiting_time"] = field(body, "estimated_waiting_time", validation.or_null(validation.is_count))
    with parts.world.lock:
        room = parts.world.rooms[room_id]
        for name, value in given.items():
            setattr(room, name, value)
        room.updated_at = parts.world.now()
    parts.world.touch()
    return DONE


def start_website_chat(parts: Parts, request: Request) -> Answer:
    body = json_object(request)
    chat_id = parts.website_visitor.start_chat(
        field(body, "text", validation.is_text) or "Hello?",
        name=field(body, "name", validation.or_null(validation.is_text)),
        room_id=field(body, "room_id", validation.or_null(validation.one_of(*parts.world.rooms))),
    )
    return json_answer({"id": chat_id}, status=201)


def say(parts: Parts, request: Request, chat_id: str) -> Answer:
    """Say a text, with a sample attachment or with one's own."""
    body = json_object(request)
    text = field(body, "text", validation.or_null(validation.is_text))
    sample = field(body, "sample", validation.or_null(validation.one_of(*SAMPLES)))
    attachments = field(body, "attachments", is_attachment_list) or []
    if sample:
        attachments = [*attachments, SAMPLES[sample](parts.world)]
    message_id = _agent(parts, body).say(chat_id, text or None, attachments=attachments)
    return json_answer({"id": message_id}, status=201)


def act(parts: Parts, request: Request, chat_id: str, act: str) -> Answer:
    body = json_object(request)
    agent = _agent(parts, body)
    text = field(body, "text", validation.is_text) or ""
    tag = field(body, "tag", validation.is_text) or "sales"
    status = field(body, "status", validation.one_of(*COMPOSING_STATUSES)) or "typing"
    acts: dict[str, Callable[[], object]] = {
        "join": partial(agent.join, chat_id),
        "leave": partial(agent.leave, chat_id),
        "end": partial(agent.end, chat_id),
        "purge": partial(agent.purge, chat_id),
        "bot": partial(parts.bot.ask, chat_id),
        "typing": partial(agent.typing, chat_id, status),
        "tag": partial(agent.tag, chat_id, tag),
        "rule": partial(agent.rule_says, chat_id, text),
    }
    acts[act]()
    return DONE


def remove_chat(parts: Parts, _: Request, chat_id: str) -> Answer:
    parts.team.first.remove_chat(chat_id)
    return DONE


def edit_message(parts: Parts, request: Request, message_id: str) -> Answer:
    text = field(json_object(request), "text", validation.is_message, is_required=True)
    parts.team.first.edit(message_id, text)
    return DONE


def remove_message(parts: Parts, _: Request, message_id: str) -> Answer:
    parts.team.first.remove(message_id)
    return DONE
