"""What an agent does, over HTTP."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from local.giosg import validation
from local.giosg.agent import AgentActs
from local.giosg.attachments import SAMPLES
from local.giosg.exchange import Answer, Request, json_answer, not_found
from local.giosg.records import JSON
from local.giosg.representations import COMPOSING_STATUSES
from local.giosg.validation import field, is_attachment_list, json_object

if TYPE_CHECKING:
    from local.giosg.simulation import SimulatedGiosg

DONE = Answer(status=204)


def _agent(giosg: "SimulatedGiosg", body: JSON) -> AgentActs:
    agent_id = field(body, "agent_id", validation.or_null(validation.is_uuid)) or giosg.agent.id
    if agent_id not in giosg.world.agents:
        raise not_found()
    return AgentActs(giosg.world, agent_id)


def add_agent(giosg: "SimulatedGiosg", request: Request) -> Answer:
    body = json_object(request)
    agent = giosg.add_agent(
        field(body, "name", validation.is_filled_text, is_required=True),
        alias=field(body, "alias", validation.or_null(validation.is_text)),
        is_bot=bool(field(body, "is_bot", validation.is_boolean)),
    )
    return json_answer({"id": agent.id}, status=201)


def set_online(giosg: "SimulatedGiosg", request: Request, agent_id: str | None = None) -> Answer:
    is_online = field(json_object(request), "is_online", validation.is_boolean, is_required=True)
    for agent in giosg.agents:
        if agent_id in (None, agent.id):
            (agent.go_online if is_online else agent.go_offline)()
    return DONE


def start_website_chat(giosg: "SimulatedGiosg", request: Request) -> Answer:
    body = json_object(request)
    chat_id = giosg.website_visitor.start_chat(
        field(body, "text", validation.is_text) or "Hello?",
        name=field(body, "name", validation.or_null(validation.is_text)),
        room_id=field(body, "room_id", validation.or_null(validation.one_of(*giosg.world.rooms))),
    )
    return json_answer({"id": chat_id}, status=201)


def say(giosg: "SimulatedGiosg", request: Request, chat_id: str) -> Answer:
    """Say a text, with a sample attachment or with one's own."""
    body = json_object(request)
    text = field(body, "text", validation.or_null(validation.is_text))
    sample = field(body, "sample", validation.or_null(validation.one_of(*SAMPLES)))
    attachments = field(body, "attachments", is_attachment_list) or []
    if sample:
        attachments = [*attachments, SAMPLES[sample](giosg.world)]
    message_id = _agent(giosg, body).say(chat_id, text or None, attachments=attachments)
    return json_answer({"id": message_id}, status=201)


def act(giosg: "SimulatedGiosg", request: Request, chat_id: str, act: str) -> Answer:
    body = json_object(request)
    agent = _agent(giosg, body)
    text = field(body, "text", validation.is_text) or ""
    tag = field(body, "tag", validation.is_text) or "sales"
    status = field(body, "status", validation.one_of(*COMPOSING_STATUSES)) or "typing"
    acts: dict[str, Callable[[], object]] = {
        "join": partial(agent.join, chat_id),
        "leave": partial(agent.leave, chat_id),
        "end": partial(agent.end, chat_id),
        "purge": partial(agent.purge, chat_id),
        "typing": partial(agent.typing, chat_id, status),
        "tag": partial(agent.tag, chat_id, tag),
        "rule": partial(agent.rule_says, chat_id, text),
    }
    acts[act]()
    return DONE


def remove_chat(giosg: "SimulatedGiosg", _: Request, chat_id: str) -> Answer:
    giosg.agent.remove_chat(chat_id)
    return DONE


def edit_message(giosg: "SimulatedGiosg", request: Request, message_id: str) -> Answer:
    text = field(json_object(request), "text", validation.is_message, is_required=True)
    giosg.agent.edit(message_id, text)
    return DONE


def remove_message(giosg: "SimulatedGiosg", _: Request, message_id: str) -> Answer:
    giosg.agent.remove(message_id)
    return DONE
