"""Faults, webhooks and logs, over HTTP."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from local.giosg.console.parts import Parts
from local.giosg.console.troubles import Troubles
from local.giosg.console.view import webhooks
from local.giosg.faults.faults import GARBAGE, KINDS, Fault
from local.giosg.faults.misbehaviour import MISHAPS
from local.giosg.http import validation
from local.giosg.http.exchange import Answer, Request, json_answer
from local.giosg.http.validation import field, json_object
from local.giosg.webhooks.delivery import Target

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
    "fields": validation.is_object,
    "name": validation.is_text,
}
TARGET_FIELDS = {
    "chats_url": validation.or_null(validation.is_http_url),
    "messages_url": validation.or_null(validation.is_http_url),
    "delay_seconds": validation.is_number,
    "retry_seconds": validation.is_number_list,
    "timeout_seconds": validation.is_number,
    "concurrency": validation.is_count,
}


def _given(request: Request, checks: Mapping[str, validation.Check], *required: str) -> dict[str, Any]:
    """Read the fields that the body has, each after its check."""
    body = json_object(request)
    values = {name: field(body, name, check, is_required=name in required) for name, check in checks.items()}
    return {name: value for name, value in values.items() if name in body}


def list_faults(parts: Parts, _: Request) -> Answer:
    return json_answer({"faults": [asdict(fault) for fault in parts.faults.all()]})


def add_fault(parts: Parts, request: Request) -> Answer:
    fault = parts.faults.add(Fault(**_given(request, FAULT_FIELDS, "kind")))
    parts.world.touch()
    return json_answer(asdict(fault), status=201)


def remove_faults(parts: Parts, request: Request) -> Answer:
    """Take back the faults of a name, or all."""
    name = request.query.get("name")
    if name is None:
        parts.faults.clear()
    else:
        parts.faults.remove_named(name)
    parts.world.touch()
    return DONE


def list_troubles(parts: Parts, _: Request) -> Answer:
    return json_answer({"troubles": Troubles(parts).show()})


def begin_trouble(parts: Parts, _: Request, name: str) -> Answer:
    Troubles(parts).begin(name)
    return DONE


def end_trouble(parts: Parts, _: Request, name: str) -> Answer:
    Troubles(parts).end(name)
    return DONE


def end_troubles(parts: Parts, _: Request) -> Answer:
    Troubles(parts).clear()
    return DONE


def set_latency(parts: Parts, request: Request) -> Answer:
    checks = {"call_seconds": validation.is_number, "connection_seconds": validation.is_number}
    given = _given(request, checks)
    parts.faults.call_latency_seconds = given.get("call_seconds", 0.0)
    parts.faults.connection_latency_seconds = given.get("connection_seconds", 0.0)
    return DONE


def show_webhooks(parts: Parts, _: Request) -> Answer:
    return json_answer(webhooks(parts))


def set_webhooks(parts: Parts, request: Request) -> Answer:
    """Deliver to other URLs from now on; what the body leaves out stays as it is."""
    given = _given(request, TARGET_FIELDS)
    if "retry_seconds" in given:
        given["retry_seconds"] = tuple(given["retry_seconds"])
    before = parts.webhooks.target or Target(chats_url=None, messages_url=None)
    kept = {known.name: getattr(before, known.name) for known in fields(Target)}
    parts.webhooks.deliver_to(Target(**kept | given))
    parts.world.touch()
    return json_answer(webhooks(parts))


def add_mishap(parts: Parts, request: Request) -> Answer:
    checks = {
        "mishap": validation.one_of(*MISHAPS),
        "times": validation.is_count,
        "endpoint_kind": validation.or_null(validation.one_of(*ENDPOINT_KINDS)),
        "seconds": validation.is_number,
    }
    parts.webhooks.misbehaviour.next(**_given(request, checks, "mishap"))
    parts.world.touch()
    return DONE


def clear_mishaps(parts: Parts, _: Request) -> Answer:
    parts.webhooks.misbehaviour.clear()
    parts.world.touch()
    return DONE


def take_notifications(parts: Parts, _: Request) -> Answer:
    return json_answer({"notifications": [notification._asdict() for notification in parts.webhooks.take()]})


def list_deliveries(parts: Parts, _: Request) -> Answer:
    return json_answer({"deliveries": parts.webhooks.log.entries()})


def list_requests(parts: Parts, _: Request) -> Answer:
    return json_answer({"requests": [asdict(call) for call in parts.requests.all()]})


def clear_requests(parts: Parts, _: Request) -> Answer:
    parts.requests.clear()
    return DONE


def revoke_tokens(parts: Parts, _: Request) -> Answer:
    with parts.world.lock:
        parts.credentials.revoke_visitor_tokens()
    return DONE
