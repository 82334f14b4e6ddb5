"""Much that is stored already: put straight into the mocked tables, in the form that the store itself gives it."""

import heapq
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from datetime import timedelta
from operator import itemgetter
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table
from tests import aws
from tests.toolkit.visitors import Chatting

from visitor_chat import wiring
from visitor_chat.domain.records import Chat, StoredMessage
from visitor_chat.runtime import clock
from visitor_chat.store.store import Store

OPEN = frozenset({"open_shard", "sync_due_at"})
LATER = timedelta(days=1)


@contextmanager
def quick_tables() -> Iterator[None]:
    """Let moto sort only what a query can find, and copy no table for a transaction, which it might have to take back.

    With many items it would not answer within the functions' patience; none of our transactions fails here.
    """
    query = Table.query

    def narrowed(table: Any, hash_key: Any, comparison: Any, values: Any, *rest: Any, **options: Any) -> Any:
        limit, _start, is_forward, _projection, index_name, *_more = rest
        view = copy(table)
        if index_name:
            found = _in_index(
                table, index_name, hash_key, lambda place: not comparison or place.compare(comparison, values)
            )
            view.items = _first(found, limit, is_forward=is_forward is not False)
        else:
            view.items = {hash_key: table.items.get(hash_key, {})}
        return query(view, hash_key, comparison, values, *rest, **options)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Table, "__deepcopy__", lambda table, _memo: table, raising=False)
        patched.setattr(Table, "query", narrowed)
        yield


def _in_index(
    table: Any, index_name: str, hash_key: Any, is_wanted: Callable[[Any], bool]
) -> Iterator[tuple[Any, Any]]:
    """Return the items that are in a partition of an index, each after its place there."""
    schema = next(index.schema for index in table.all_indexes() if index.name == index_name)
    hash_name, range_name = (key["AttributeName"] for key in schema)
    of_key = [table.items.get(hash_key, {})] if hash_name == table.hash_key_attr else table.items.values()
    for item in (each for partition in of_key for each in partition.values()):
        place = item.attrs.get(range_name)
        if place and item.attrs.get(hash_name) == hash_key and is_wanted(place):
            yield place.cast_value, item


def _first(found: Iterator[tuple[Any, Any]], limit: int | None, *, is_forward: bool) -> dict[Any, dict[Any, Any]]:
    """Return as many of the first items as tell that there are more than may be given; all where there is no limit."""
    choose = heapq.nsmallest if is_forward else heapq.nlargest
    items: dict[Any, dict[Any, Any]] = {}
    for _place, item in found if limit is None else choose(limit + 1, found, key=itemgetter(0)):
        items.setdefault(item.hash_key, {})[item.range_key] = item
    return items


class _Loader:
    """Stands for DynamoDB's client: puts the items of a transaction into the tables, and looks at nothing."""

    def __init__(self, *, leave_out: frozenset[str] = frozenset()) -> None:
        self._leave_out = leave_out
        self._tables = dynamodb_backends[DEFAULT_ACCOUNT_ID][aws.REGION].tables

    def transact_write_items(self, TransactItems: list[Mapping[str, Any]]) -> None:  # noqa: N803 - the client's name
        for write in TransactItems:
            put = write["Put"]
            item = {name: value for name, value in put["Item"].items() if name not in self._leave_out}
            self._tables[put["TableName"]].put_item(item, overwrite=True)


def _store(**options: Any) -> Store:
    return Store(_Loader(**options), wiring.settings(), clock=clock.now, threads=wiring.threads())


def chats(visitor_id: str, count: int, *, is_open: bool) -> None:
    """Store chats of a visitor; the open ones are to be compared with Giosg tomorrow, the others never."""
    store = _store(leave_out=frozenset() if is_open else OPEN)
    now = clock.now()
    for number in range(count):
        began_at = now - timedelta(hours=1, seconds=number)
        chat = Chat(
            id=str(uuid.uuid4()),
            visitor_id=visitor_id,
            visitor_name="Aino",
            created_at=began_at,
            updated_at=began_at,
            ended_at=None if is_open else began_at,
            is_ended=not is_open,
        )
        store.chats.open(chat, sync_due_at=now + LATER, guards=())


def messages(chatting: Chatting, count: int) -> None:
    """Fill a chat up to so many messages of an agent's."""
    store, chat = _store(), _chat(chatting)
    tables = _Loader()
    for seq in range(chat.seq + 1, count + 1):
        content: dict[str, Any] = {
            "type": "msg",
            "created_at": clock.to_text(clock.now()),
            "updated_at": None,
            "sender_type": "user",
            "sender_public_name": "Inka",
            "message": f"This is message {seq} of a long chat.",
            "attachments": [],
        }
        message = StoredMessage(chat_id=chat.id, id=str(uuid.uuid4()), content=content, seq=seq)
        tables.transact_write_items(
            [{"Put": store.messages.put(chat, None, message).parameters(clock.to_epoch_seconds(clock.now()))}]
        )
        chat = replace(chat, seq=seq, tail_id=message.id, tail_seq=seq)
    store.chats.open(chat, sync_due_at=clock.now() + LATER, guards=())


def due(chatting: Chatting) -> None:
    """Let it be a chat's turn to be compared with Giosg."""
    _store().chats.open(_chat(chatting), sync_due_at=clock.now() - LATER, guards=())


def _chat(chatting: Chatting) -> Chat:
    chat = wiring.store().chats.find(chatting.chat_id)
    if not isinstance(chat, Chat):
        raise TypeError(f"{chatting.chat_id} is not stored")
    return chat
