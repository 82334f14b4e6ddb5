"""A deployed stack's tables, behind the same verbs that its functions use."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from operations.stacks.deployed import DeployedStack
from visitor_chat.runtime.clock import Clock
from visitor_chat.runtime.settings import Settings, read_settings
from visitor_chat.store.store import Store

ANY_FUNCTION = "EraseVisitorFunction"
"""All functions are told the same; this one is always there."""


def now() -> datetime:
    return datetime.now(UTC)


def settings_of(stack: DeployedStack) -> Settings:
    """Return what the stack's functions are told."""
    name = stack.resources()[ANY_FUNCTION][1]
    told = stack.client("lambda").get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    return read_settings(told)


def store_of(stack: DeployedStack, *, clock: Clock = now) -> Store:
    return Store(stack.client("dynamodb"), settings_of(stack), clock=clock, threads=ThreadPoolExecutor())
