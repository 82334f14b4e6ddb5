"""Everything about one visitor erased, as the visitor could do it: for who asks for it and has no token any more."""

import argparse
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from operations.command import Call, Command
from operations.stacks.stored import store_of
from operations.terminal import Refused
from operations.visitors import checked_visitor_id, export_visitor
from visitor_chat.store.store import Store
from visitor_chat.sync.erasure import CHATS_AT_ONCE, Eraser


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much there is about a visitor, by table."""

    items: Counter[str]

    def __bool__(self) -> bool:
        return self.items.total() > 0

    @property
    def words(self) -> str:
        return ", ".join(f"{count} in {table}" for table, count in self.items.items() if count)


def erase(store: Store, visitor_id: str) -> None:
    """Erase all, also what arrives later; open sockets are forgotten, and end with their next ping."""
    with ThreadPoolExecutor(CHATS_AT_ONCE) as threads:
        Eraser(store, threads=threads).erase(visitor_id)


def act(call: Call) -> int:
    visitor_id = checked_visitor_id(call.arguments.visitor)
    stack = call.stack()
    extent = Extent(items=Counter({table: len(items) for table, items in export_visitor(stack, visitor_id).items()}))
    if not extent:
        raise Refused(f"Nothing is stored about visitor {visitor_id}")
    call.terminal.say(f"Erased for good will be what is stored about visitor {visitor_id}: {extent.words}")
    call.terminal.say("What Giosg holds is erased in Giosg")
    if call.arguments.dry_run:
        return call.done("Nothing was changed", visitor_id=visitor_id, items=extent.items, is_erased=False)
    call.terminal.confirm_by_name("", visitor_id)
    erase(store_of(stack), visitor_id)
    return call.done("Erased", visitor_id=visitor_id, items=extent.items, is_erased=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--visitor", required=True, help="a visitor's id")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be erased")


COMMAND = Command(
    name="erase-visitor", help="erase everything that is stored about a visitor", act=act, add_arguments=add_arguments
)
