"""What functions write that are called in this process: nothing, or it would stand between the tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from visitor_chat.runtime import telemetry


@contextmanager
def quiet() -> Iterator[None]:
    def say_nothing(*_args: object, **_facts: object) -> None:
        pass

    with patch.multiple(telemetry, outcome=say_nothing, count=say_nothing):
        yield
