"""How a resource of Giosg's JSON becomes a dataclass.

A field says how it is read where it is declared, so that whole resources and partial ones (a `changed` webhook) are
read by the same description:

    @resource
    class Room(Resource):
        id: str = required(read.uuid)
        estimated_waiting_time_seconds: int | None = nullable(read.whole_number, key="estimated_waiting_time")
"""

from collections.abc import Callable, Mapping
from dataclasses import field, fields
from functools import cache
from typing import Any, NamedTuple, Self, TypeVar, dataclass_transform

from giosg_client.errors import InvalidWebhook
from giosg_client.frozen import Frozen, frozen
from giosg_client.readers import lenient

Value = TypeVar("Value")
Model = TypeVar("Model")

_MISSING: Any = object()
_SOURCE = "giosg"


class _Source(NamedTuple):
    """Where a field comes from: Giosg's key (None: as the field is called), its reader, what it is when absent."""

    key: str | None
    read: Callable[[Any], Any]
    absent: Any


def required(
    read: Callable[[Any], Value], *, key: str | None = None, absent: Any = _MISSING, shown: bool = True
) -> Value:
    """Declare a field that is never null, and that a whole resource must have unless `absent` says what to take.

    One that is not `shown` is left out of the repr.
    """
    made: Value = field(metadata={_SOURCE: _Source(key, read, absent)}, repr=shown)
    return made


def nullable(read: Callable[[Any], Value], *, key: str | None = None, shown: bool = True) -> Value | None:
    """Declare a field that may be null or absent; both are None."""
    return required(lambda value: None if value is None else read(value), key=key, absent=None, shown=shown)


def decoration(read: Callable[[Any], Value], *, key: str | None = None, shown: bool = True) -> Value | None:
    """Declare a field that is not worth an error: whatever is wrong with it, it is None."""
    return required(lenient(read), key=key, absent=None, shown=shown)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(required, nullable, decoration))
def resource(cls: type[Model]) -> type[Model]:
    """Make it a frozen dataclass whose fields say how they are read."""
    return frozen(cls)


class Resource(Frozen):
    """What can be read from Giosg's JSON as it is."""

    __slots__ = ()

    @classmethod
    def from_json(cls, document: object) -> Self:
        """Read a whole resource; raise InvalidWebhook naming the field that is missing or wrong."""
        return cls(**read_all(cls, document))


def read_all(model: type, document: object) -> dict[str, Any]:
    """Read every field of the model; raise InvalidWebhook naming the one that is missing or wrong."""
    values = read_present(model, document)
    for name, (key, source) in _table(model).items():
        if name not in values:
            values[name] = _absent(key, source)
    return values


def read_present(model: type, document: object) -> dict[str, Any]:
    """Read the fields of the model that a partial resource has; raise InvalidWebhook naming the one that is wrong."""
    if not isinstance(document, Mapping):
        raise InvalidWebhook("not a JSON object", field="resource")
    table = _table(model).items()
    return {name: _value(key, source, document[key]) for name, (key, source) in table if key in document}


@cache
def _table(model: type) -> dict[str, tuple[str, _Source]]:
    sources = ((part.name, part.metadata.get(_SOURCE)) for part in fields(model))
    return {name: (source.key or name, source) for name, source in sources if source}


def _absent(key: str, source: _Source) -> Any:
    if source.absent is _MISSING:
        raise InvalidWebhook("missing", field=key)
    return source.absent


def _value(key: str, source: _Source, value: Any) -> Any:
    try:
        return source.read(value)
    except ValueError:
        raise InvalidWebhook("not of the documented type", field=key) from None
