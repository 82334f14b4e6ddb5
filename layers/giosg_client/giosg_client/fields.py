"""How a resource of Giosg's JSON becomes a dataclass.

A field says how it is read where it is declared, so that whole resources and partial ones (a `changed` webhook) are
read by the same description. One that cannot be read is as good as absent: an odd field costs nothing but itself.

    @resource
    class Room(Resource):
        id: str = required(read.uuid)
        estimated_waiting_time_seconds: int | None = nullable(read.whole_number, key="estimated_waiting_time")
"""

from collections.abc import Callable, Mapping
from dataclasses import field, fields
from functools import cache
from typing import Any, NamedTuple, Self, TypeVar, dataclass_transform

from giosg_client.errors import InvalidDocument
from giosg_client.frozen import Frozen, frozen

Value = TypeVar("Value")
Model = TypeVar("Model")

_MISSING: Any = object()
_SOURCE = "giosg"


class _Source(NamedTuple):
    """Where a field comes from: Giosg's key (None: as the field is called), its reader, what it is when absent."""

    key: str | None
    read: Callable[[Any], Any]
    absent: Any


class Present(NamedTuple):
    """What a document says of a model's fields, and the names of those that it has, but that cannot be read."""

    values: dict[str, Any]
    odd: set[str]


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


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(required, nullable))
def resource(cls: type[Model]) -> type[Model]:
    """Make it a frozen dataclass whose fields say how they are read."""
    return frozen(cls)


class Resource(Frozen):
    """What can be read from Giosg's JSON as it is."""

    __slots__ = ()

    @classmethod
    def from_json(cls, document: object) -> Self:
        """Read a whole resource; raise InvalidDocument naming a field that is indispensable, and missing or odd."""
        return cls(**whole(cls, read_present(cls, document)))


def whole(model: type, present: Present) -> dict[str, Any]:
    """Return every field of the model; raise InvalidDocument naming one that is indispensable, and missing or odd."""
    table = _table(model).items()
    return {
        name: present.values[name] if name in present.values else _absent(key, source) for name, (key, source) in table
    }


def read_present(model: type, document: object) -> Present:
    """Read the fields of the model that a partial resource has; raise InvalidDocument when it is no JSON object."""
    if not isinstance(document, Mapping):
        raise InvalidDocument("not a JSON object", field="resource")
    present = Present({}, set())
    for name, (key, source) in _table(model).items():
        if key in document:
            _read(present, name, source, document[key])
    return present


def _read(present: Present, name: str, source: _Source, value: Any) -> None:
    try:
        present.values[name] = source.read(value)
    except ValueError:
        present.odd.add(name)


@cache
def _table(model: type) -> dict[str, tuple[str, _Source]]:
    sources = ((part.name, part.metadata.get(_SOURCE)) for part in fields(model))
    return {name: (source.key or name, source) for name, source in sources if source}


def _absent(key: str, source: _Source) -> Any:
    if source.absent is _MISSING:
        raise InvalidDocument("missing or odd", field=key)
    return source.absent
