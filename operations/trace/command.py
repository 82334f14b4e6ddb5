"""`make trace`: one timeline of a chat from the log, the tables and Giosg, with what differs."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from giosg_client.client import GiosgClient
from giosg_client.identifiers import is_uuid
from operations import replay
from operations.command import Call, Command
from operations.doctor.giosg_account import Answers, client_of
from operations.doctor.subjects import account_of
from operations.stacks.deployed import DeployedStack
from operations.stacks.log_lines import LogLines
from operations.stacks.stored import now, store_of
from operations.terminal import Colour, Refused, Terminal
from operations.trace import compared, logged
from operations.trace.moments import Moment, in_order, lines_of
from operations.visitors import checked_visitor_id
from visitor_chat.domain.records import Chat
from visitor_chat.runtime import tracing
from visitor_chat.store.store import Store

MOST_CHATS = 5
"""Of a visitor, the newest."""
LOOK_BACK = timedelta(days=14)
"""How far back a message is looked for, and a chat that is not stored."""
BEFORE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One chat's story."""

    chat_id: str
    stored: compared.Stored
    giosg: compared.AtGiosg
    moments: list[Moment]
    differences: list[str]

    @property
    def headline(self) -> str:
        chat = self.stored.chat
        if not isinstance(chat, Chat):
            return f"Chat {self.chat_id}: not stored"
        count = sum(each.seq is not None for each in self.stored.messages.values())
        under_way = f", {len(chat.claims)} being sent" if chat.claims else ""
        state = f"{chat.status}, seq {chat.seq}, {count} messages{under_way}"
        return f"Chat {self.chat_id} of visitor {chat.visitor_id}: {state}"

    def document(self) -> dict[str, Any]:
        moments = [moment.document() for moment in self.moments]
        return {"chat_id": self.chat_id, "says": self.headline, "moments": moments, "differences": self.differences}


class Tracer:
    """Reads all that is known of chats."""

    def __init__(self, stack: DeployedStack) -> None:
        self.lines = LogLines(stack)
        self._store: Store = store_of(stack)
        account = account_of(stack)
        self._giosg: GiosgClient = client_of(account, Answers.from_host(account.base_url))

    def trace(self, chat_id: str, *, about: str | None = None) -> Trace:
        """Return a chat's story; `about` leaves of it what concerns one message, or one trace."""
        stored, giosg = compared.read_stored(self._store, chat_id), compared.read_giosg(self._giosg, chat_id)
        since = stored.chat.created_at - BEFORE if isinstance(stored.chat, Chat) else now() - LOOK_BACK
        found = in_order(compared.moments(stored, giosg), logged.moments(self.lines, chat_id, since=since))
        return Trace(
            chat_id=chat_id,
            stored=stored,
            giosg=giosg,
            moments=[each for each in found if about is None or each.is_about(about)],
            differences=[each for each in compared.differences(stored, giosg) if about is None or about in each],
        )

    def chat_of(self, kind: str, wanted: str) -> str:
        """Return the chat that a message is in, or that a trace is about; raise Refused when no line tells it."""
        for line in self.lines.search(wanted, since=now() - LOOK_BACK):
            if is_uuid(line.fields.get("chat_id")):
                return str(line.fields["chat_id"])
        says = f"No line of the last {LOOK_BACK.days} days names {kind} {wanted} and a chat"
        raise Refused(f"{says}: say CHAT=… too, if you know it")

    def chats_of(self, visitor_id: str) -> list[str]:
        chat_ids, _ = self._store.chats.ids_of_visitor(visitor_id, before=None, limit=MOST_CHATS)
        if not chat_ids:
            raise Refused(f"No chats of visitor {visitor_id} are stored")
        return chat_ids


def act(call: Call) -> int:
    stack = call.stack()
    tracer = Tracer(stack)
    traces = list(traces_of(tracer, call.arguments))
    waiting = {"repair_queue": replay.queue_length(stack, stack.outputs["SyncQueueUrl"]), "dead": replay.waiting(stack)}
    if call.terminal.is_json:
        documents = [trace.document() for trace in traces]
        call.terminal.show({"chats": documents, "waiting": waiting, "is_whole": not tracer.lines.is_cut})
        return 0
    for trace in traces:
        tell(call.terminal, stack, trace)
    queued, dead = waiting["repair_queue"], waiting["dead"]
    call.terminal.say(f"{queued} chats wait for their comparison, {dead} have failed for good")
    if tracer.lines.is_cut:
        call.terminal.say("The log was too long to be read to its end: what is shown may not be all")
    return 0


def traces_of(tracer: Tracer, arguments: argparse.Namespace) -> Iterator[Trace]:
    if arguments.message or arguments.trace:
        kind = "message" if arguments.message else "trace"
        wanted = checked_uuid("MESSAGE", arguments.message) if arguments.message else checked_trace(arguments.trace)
        chat_id = checked_uuid("CHAT", arguments.chat) if arguments.chat else tracer.chat_of(kind, wanted)
        yield tracer.trace(chat_id, about=wanted)
    elif arguments.chat:
        yield tracer.trace(checked_uuid("CHAT", arguments.chat))
    elif arguments.visitor:
        yield from (tracer.trace(chat_id) for chat_id in tracer.chats_of(checked_visitor_id(arguments.visitor)))
    else:
        raise Refused("Of what? Say CHAT=<id>, MESSAGE=<id>, VISITOR=<id> or TRACE=<id>")


def checked_uuid(name: str, given: str) -> str:
    if not is_uuid(given.lower()):
        raise Refused(f"{name}={given}: this id is a UUID")
    return given.lower()


def checked_trace(given: str) -> str:
    trace = tracing.checked(given)
    if trace is None:
        raise Refused(f"TRACE={given}: this id is a trace's, as lines have it in trace_id")
    return trace


def tell(terminal: Terminal, stack: DeployedStack, trace: Trace) -> None:
    terminal.say(terminal.paint(trace.headline, Colour.BOLD))
    for line in lines_of(trace.moments):
        terminal.say(line)
    for difference in trace.differences:
        terminal.say(f"  {terminal.paint('differs', Colour.RED)}  {difference}")
    if trace.differences:
        terminal.say(f"  What differs is mended by make replay STACK={stack.name} CHAT={trace.chat_id}")
    terminal.say()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--chat", help="a chat's id")
    parser.add_argument("--message", help="a message's id")
    parser.add_argument("--visitor", help="a visitor's id: the newest five chats")
    parser.add_argument("--trace", help="a trace's id, as callers and lines have it: what came of one request")


COMMAND = Command(
    name="trace", help="tell what happened to a chat, a message, a visitor", act=act, add_arguments=add_arguments
)
