"""Frozen dataclasses: as the standard library's, and refused where they would not be."""

import ast
from dataclasses import FrozenInstanceError, asdict, dataclass, field, replace
from typing import Any

import pytest
from tests.template import ROOT

from giosg_client.frozen import Frozen, frozen

SOURCES = sorted((ROOT / "layers/giosg_client").rglob("*.py"))


@frozen
class Point(Frozen):
    """A value."""

    x: int
    y: int = 0
    names: list[str] = field(default_factory=list, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """The same, as the standard library has it."""

    x: int
    y: int = 0
    names: list[str] = field(default_factory=list, repr=False)


def test_it_is_what_the_standard_library_makes() -> None:
    point, usual = Point(x=1, names=["a"]), Usual(x=1, names=["a"])

    assert repr(point) == repr(usual).replace("Usual", "Point")
    assert asdict(point) == asdict(usual)
    assert replace(point, y=2) == Point(x=1, y=2, names=["a"])
    assert point != Point(x=2, names=["a"])
    assert Point(x=1).names is not Point(x=1).names


@pytest.mark.parametrize("given", [{}, {"x": 1, "z": 2}])
def test_a_field_that_is_missing_or_does_not_exist_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="x" if not given else "z"):
        Point(**given)


def test_nothing_can_be_changed() -> None:
    point: Any = Point(x=1)
    with pytest.raises(FrozenInstanceError):
        point.x = 2
    with pytest.raises(FrozenInstanceError):
        del point.x
    with pytest.raises((FrozenInstanceError, AttributeError)):
        point.other = 2


def test_a_class_without_the_base_is_refused() -> None:
    with pytest.raises(TypeError, match="Bare has to be a subclass of Frozen"):

        @frozen
        class Bare:
            x: int


def classes() -> list[ast.ClassDef]:
    trees = [ast.walk(ast.parse(source.read_text())) for source in SOURCES]
    return [node for tree in trees for node in tree if isinstance(node, ast.ClassDef)]


def test_a_named_tuple_has_few_fields() -> None:
    sizes = {
        each.name: sum(isinstance(part, ast.AnnAssign) for part in each.body)
        for each in classes()
        if any("NamedTuple" in ast.unparse(base) for base in each.bases)
    }

    assert {name for name, size in sizes.items() if size > 4} == set()


def test_what_is_frozen_is_frozen_in_one_way() -> None:
    decorators = [ast.unparse(decorator) for each in classes() for decorator in each.decorator_list]

    assert [text for text in decorators if text.startswith("dataclass") and "frozen" in text] == []
