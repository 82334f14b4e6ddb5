"""Frozen dataclasses that cost next to nothing to import.

A dataclass compiles its methods for each class anew, which takes about a millisecond, and every cold start pays for it.
Here the methods are written once; `dataclasses.fields`, `replace` and `asdict` work all the same.

Which form a value takes:
    Frozen       it means something by itself: a record, a request, an event. Its fields are given by name.
    NamedTuple   it is what a function returns together, or a row of a table: at most four fields, given in their order.
    dataclass    it changes; a frozen one there is none of.
"""

from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from functools import cache
from typing import Any, NamedTuple, NoReturn, TypeVar, dataclass_transform

Model = TypeVar("Model")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def frozen(cls: type[Model]) -> type[Model]:
    """Make a subclass of Frozen a dataclass with slots whose fields are given by name.

    Without its base a class would have neither a constructor nor an equality, and could be changed.
    """
    if not issubclass(cls, Frozen):
        raise TypeError(f"{cls.__name__} has to be a subclass of Frozen")
    return dataclass(init=False, repr=False, eq=False, slots=True, kw_only=True)(cls)


class Frozen:
    """The methods of a frozen dataclass."""

    __slots__ = ()

    def __init__(self, **values: Any) -> None:
        shape = _shape_of(self)
        made = {name: make() for name, make in shape.factories.items() if name not in values}
        every = {**shape.defaults, **made, **values}
        if every.keys() != shape.names:
            odd = ", ".join(sorted(every.keys() ^ shape.names))
            raise TypeError(f"{type(self).__name__} has to be given, or does not have: {odd}")
        for name, value in every.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and _values(other) == _values(self)

    def __hash__(self) -> int:
        return hash(_values(self))

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in _shape_of(self).shown)
        return f"{type(self).__name__}({', '.join(shown)})"


class _Shape(NamedTuple):
    names: frozenset[str]
    shown: tuple[str, ...]
    defaults: dict[str, Any]
    factories: dict[str, Callable[[], Any]]


def _shape_of(instance: object) -> _Shape:
    model: Any = type(instance)
    return _shape(model)


@cache
def _shape(model: Any) -> _Shape:
    parts = fields(model)
    return _Shape(
        names=frozenset(part.name for part in parts),
        shown=tuple(part.name for part in parts if part.repr),
        defaults={part.name: part.default for part in parts if part.default is not MISSING},
        factories={part.name: part.default_factory for part in parts if part.default_factory is not MISSING},
    )


def _values(instance: object) -> tuple[Any, ...]:
    return tuple(getattr(instance, name) for name in _shape_of(instance).names)
