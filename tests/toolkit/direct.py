"""moto's DynamoDB without HTTP: botocore's client hands each call to moto's own code, and gets its answer as it is.

Signing, headers, URLs and the checking of answers against AWS's models are most of what a call costs on one machine,
and none of what the stack depends on. Hooks (`before-send`, `after-call`) see each call as they always do.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from threading import RLock
from types import SimpleNamespace
from typing import Any

import pytest
from botocore import xform_name
from botocore.client import BaseClient
from botocore.endpoint import Endpoint
from botocore.hooks import first_non_none_response
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.exceptions import JsonRESTError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler
from tests.toolkit.expressions import quick_expressions
from tests.toolkit.items import quick_items

Json = dict[str, Any]

EVENT = "before-send.dynamodb."
OF_ITEMS = ("Item", "Items", "Query", "Scan")
"""How the names of those operations end that are no administration."""


class Request(SimpleNamespace):
    """A call that is never one over HTTP, as hooks see it."""

    body: bytes

    def reset_stream(self) -> None:
        """Do nothing: the body is no stream."""


@dataclass(frozen=True)
class Answer:
    """An answer that needs no parsing."""

    status_code: int
    parsed: Json
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""


@contextmanager
def direct_tables(region: str) -> Iterator[None]:
    """Let DynamoDB be called directly; moto must be active."""
    one_at_a_time = RLock()
    """moto stumbles over tables that change while it looks through them."""
    create, stub = Endpoint.create_request, BotocoreStubber.__call__
    respond = Endpoint._do_get_response  # type: ignore[attr-defined] # botocore's stubs leave out what is private

    def create_request(endpoint: Any, params: Json, operation_model: Any = None) -> Any:
        if is_of_items(operation_model):
            return Request(body=params["body"])
        return create(endpoint, params, operation_model)

    def do_get_response(endpoint: Any, request: Any, operation_model: Any, context: Any) -> Any:
        if not isinstance(request, Request):
            return respond(endpoint, request, operation_model, context)
        try:
            answers = endpoint._event_emitter.emit(f"{EVENT}{operation_model.name}", request=request)
        except Exception as error:  # noqa: BLE001 - botocore hands on what went wrong
            return None, error
        answer = first_non_none_response(answers)
        return (answer, answer.parsed), None

    def answer(stubber: Any, event_name: str, request: Any, **rest: Any) -> Any:
        if not isinstance(request, Request):
            return stub(stubber, event_name, request, **rest)
        with one_at_a_time:
            return _answer(event_name.removeprefix(EVENT), request.body, region)

    with (
        pytest.MonkeyPatch.context() as patch,
        quick_requests(),
        quick_transactions(),
        quick_expressions(),
        quick_items(),
    ):
        patch.setattr(Endpoint, "create_request", create_request)
        patch.setattr(Endpoint, "_do_get_response", do_get_response)
        patch.setattr(BotocoreStubber, "__call__", answer)
        yield


def is_of_items(operation: Any) -> bool:
    """Tell whether an operation is one that is called directly."""
    return bool(operation.service_model.service_name == "dynamodb" and operation.name.endswith(OF_ITEMS))


@contextmanager
def quick_requests() -> Iterator[None]:
    """Let a call that is never one over HTTP have no address and no user agent, and its parameters as they are."""
    resolve, convert = BaseClient._resolve_endpoint_ruleset, BaseClient._convert_to_request_dict  # type: ignore[attr-defined]

    def resolve_endpoint(client: Any, operation_model: Any, *facts: Any, **rest: Any) -> Any:
        return ("", {}, {}) if is_of_items(operation_model) else resolve(client, operation_model, *facts, **rest)

    def convert_to_request(client: Any, *, operation_model: Any, **facts: Any) -> Any:
        if not is_of_items(operation_model):
            return convert(client, operation_model=operation_model, **facts)
        return {"body": json.dumps(facts["api_params"]).encode(), "headers": {}, "context": facts["context"]}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_resolve_endpoint_ruleset", resolve_endpoint)
        patch.setattr(BaseClient, "_convert_to_request_dict", convert_to_request)
        yield


def _answer(operation: str, body: bytes, region: str) -> Answer:
    handler = DynamoHandler()
    handler.body, handler.region, handler.current_account = json.loads(body), region, DEFAULT_ACCOUNT_ID
    try:
        result = getattr(handler, xform_name(operation))().result
    except JsonRESTError as refusal:
        return _refusal(json.loads(refusal.description))
    return Answer(200, result | {"ResponseMetadata": {"HTTPStatusCode": 200}})


def _refusal(facts: Json) -> Answer:
    """Return an error as botocore reads it: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html."""
    error = {"Code": facts.pop("__type").rpartition("#")[2], "Message": facts.get("message", facts.get("Message", ""))}
    return Answer(400, facts | {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}})


@contextmanager
def quick_transactions() -> Iterator[None]:
    """Let a transaction that fails put back what it has touched: moto copies whole tables before each."""
    transact = DynamoDBBackend.transact_write_items

    def transact_write_items(backend: Any, transact_items: list[Json]) -> None:
        writes = [write for item in transact_items for write in item.values()]
        before = [(backend.tables[each["TableName"]], deepcopy(_find(backend, each))) for each in writes]
        try:
            transact(backend, transact_items)
        except Exception:
            for write, (table, item) in zip(writes, before, strict=True):
                _put_back(backend, write, table, item)
            raise

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DynamoDBBackend, "transact_write_items", transact_write_items)
        patch.setattr(Table, "__deepcopy__", lambda table, _memo: table, raising=False)
        yield


def _keys(backend: Any, write: Json) -> tuple[Any, Any]:
    table = backend.tables[write["TableName"]]
    keys: tuple[Any, Any] = backend.get_keys_value(table, write.get("Key") or write["Item"])
    return keys


def _find(backend: Any, write: Json) -> Any:
    return backend.tables[write["TableName"]].get_item(*_keys(backend, write))


def _put_back(backend: Any, write: Json, table: Table, item: Any) -> None:
    hash_key, range_key = _keys(backend, write)
    table.delete_item(hash_key, range_key)
    if item is not None and range_key:
        table.items[hash_key][range_key] = item
    elif item is not None:
        table.items[hash_key] = item
