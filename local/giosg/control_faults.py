"""Faults, webhooks and logs, over HTTP."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from local.giosg import validation
from local.giosg.console_view import webhooks
from local.giosg.delivery import Target
from local.giosg.exchange import Answer, Request, json_answer
from local.giosg.faults import GARBAGE, KINDS, Fault
from local.giosg.misbehaviour import MISHAPS
from local.giosg.validation import field, json_object

if TYPE_CHECKING:
    from local.giosg.simulation import SimulatedGiosg

DONE = Answer(status=204)
ENDPOINT_KINDS = ("chats", "messages")
FAULT_FIELDS = {
    "kind": validation.one_of(*KINDS),
    "method": validation.or_null(validation.is_text),
    "path": validation.is_pattern,
    "times": validation.or_null(validation.is_count),
    "probability": validation.is_number,
    "seconds": validation.is_number,
    "status": validation.is_count,
    "headers": validation.is_text_map,
    "garbage": validation.one_of(*GARBAGE),
    "name": validation.is_text,
}
TARGET_FIELDS = {
    "chats_url": validation.or_null(validation.is_http_url),
    "messages_url": validation.or_null(validation.is_http_url),
    "delay_seconds": validation.is_number,
    "retry_seconds": validation.is_number_list,
    "timeout_seconds": validation.is_number,
}


def _given(request: Request, checks: Mapping[str, validation.Check], *required: str) -> dict[str, Any]:
    """Read the fields that the body has, each after its check."""
    body = json_object(request)
    values = {name: field(body, name, check, is_required=name in required) for name, check in checks.items()}
    return {name: value for name, value in values.items() if name in body}


def list_faults(giosg: "SimulatedGiosg", _: Request) -> Answer:
    return json_answer({"faults": [asdict(fault) for fault in giosg.faults.all()]})


def add_fault(giosg: "SimulatedGiosg", request: Request) -> Answer:
    fault = giosg.faults.add(Fault(**_given(request, FAULT_FIELDS, "kind")))
    giosg.world.touch()
    return json_answer(asdict(fault), status=201)


def remove_faults(giosg: "SimulatedGiosg", request: Request) -> Answer:
    """Take back the faults of a name, or all."""
    name = request.query.get("name")
    if name is None:
        giosg.faults.clear()
    else:
        giosg.faults.remove_named(name)
    giosg.world.touch()
    return DONE


def set_latency(giosg: "SimulatedGiosg", request: Request) -> Answer:
    checks = {"call_seconds": validation.is_number, "connection_seconds": validation.is_number}
    given = _given(request, checks)
    giosg.faults.call_latency_seconds = given.get("call_seconds", 0.0)
    giosg.faults.connection_latency_seconds = given.get("connection_seconds", 0.0)
    return DONE


def show_webhooks(giosg: "SimulatedGiosg", _: Request) -> Answer:
    return json_answer(webhooks(giosg))


def set_webhooks(giosg: "SimulatedGiosg", request: Request) -> Answer:
    """Deliver to other URLs from now on; what the body leaves out stays as it is."""
    given = _given(request, TARGET_FIELDS)
    if "retry_seconds" in given:
        given["retry_seconds"] = tuple(given["retry_seconds"])
    before = giosg.webhooks.target or Target(chats_url=None, messages_url=None)
    kept = {known.name: getattr(before, known.name) for known in fields(Target)}
    giosg.webhooks.deliver_to(Target(**kept | given))
    giosg.world.touch()
    return json_answer(webhooks(giosg))


def add_mishap(giosg: "SimulatedGiosg", request: Request) -> Answer:
    checks = {
        "mishap": validation.one_of(*MISHAPS),
        "times": validation.is_count,
        "endpoint_kind": validation.or_null(validation.one_of(*ENDPOINT_KINDS)),
        "seconds": validation.is_number,
    }
    giosg.webhooks.misbehaviour.next(**_given(request, checks, "mishap"))
    giosg.world.touch()
    return DONE


def clear_mishaps(giosg: "SimulatedGiosg", _: Request) -> Answer:
    giosg.webhooks.misbehaviour.clear()
    giosg.world.touch()
    return DONE


def take_notifications(giosg: "SimulatedGiosg", _: Request) -> Answer:
    return json_answer({"notifications": [notification._asdict() for notification in giosg.webhooks.take()]})


def list_deliveries(giosg: "SimulatedGiosg", _: Request) -> Answer:
    return json_answer({"deliveries": giosg.webhooks.log.entries()})


def list_requests(giosg: "SimulatedGiosg", _: Request) -> Answer:
    return json_answer({"requests": [asdict(call) for call in giosg.requests.all()]})


def clear_requests(giosg: "SimulatedGiosg", _: Request) -> Answer:
    giosg.requests.clear()
    return DONE


def revoke_tokens(giosg: "SimulatedGiosg", _: Request) -> Answer:
    with giosg.world.lock:
        giosg.credentials.revoke_visitor_tokens()
    return DONE
