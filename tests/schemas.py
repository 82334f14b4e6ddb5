"""The schemas of openapi.yaml and asyncapi.yaml, which refer to each other's, and whether a value is of one of them."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT202012

ROOT = Path(__file__).parent.parent
DOCUMENTS = ("openapi.yaml", "asyncapi.yaml")
_BASE = "urn:stack:"


class _Loader(yaml.CSafeLoader):
    """Reads YAML, and refuses a name that stands twice in one place: PyYAML itself would take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - as PyYAML's
        names = [key.value for key, _value in node.value]
        twice = {name for name in names if names.count(name) > 1}
        assert not twice, f"{twice} twice{node.start_mark}"
        return super().construct_mapping(node, deep=deep)


@cache
def document(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load((ROOT / name).read_text(), _Loader)  # noqa: S506 - a SafeLoader
    return loaded


def resolved(name: str, part: dict[str, Any]) -> dict[str, Any]:
    """Follow references inside a document."""
    while "$ref" in part:
        place: Any = document(name)
        for step in part["$ref"].removeprefix("#/").split("/"):
            place = place[step]
        part = place
    return part


def check(name: str, schema: Mapping[str, Any], value: Any) -> None:
    """Fail unless the value is of a schema that stands in a document, with no field that it does not name."""
    errors = [
        f"{error.json_path}: {error.message}" for error in _validator(name, json.dumps(schema)).iter_errors(value)
    ]
    assert not errors, "; ".join(errors)


_found_right: set[tuple[str, str]] = set()


def _refer(validator: Any, reference: str, value: Any, schema: Any) -> Iterator[ValidationError]:
    """Follow a reference, unless just this value has been found right by it: lists show the same things again."""
    seen = reference, repr(value)
    if seen in _found_right:
        return
    errors = list(Draft202012Validator.VALIDATORS["$ref"](validator, reference, value, schema))
    if not errors:
        _found_right.add(seen)
    yield from errors


_Validator = extend(Draft202012Validator, {"$ref": _refer})  # type: ignore[no-untyped-call] # it has no types


@cache
def _validator(name: str, schema: str) -> Any:
    return _Validator(_closed(_absolute(name, json.loads(schema))), registry=_registry())


@cache
def _registry() -> Registry[Any]:
    resources = [
        (_BASE + name, DRAFT202012.create_resource(_closed(_absolute(name, document(name))))) for name in DOCUMENTS
    ]
    registry: Registry[Any] = Registry().with_resources(resources)
    return registry


def _absolute(name: str, part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _address(name, value) if key == "$ref" else _absolute(name, value) for key, value in part.items()}
    return [_absolute(name, each) for each in part] if isinstance(part, list) else part


def _address(name: str, reference: str) -> str:
    return _BASE + (name + reference if reference.startswith("#") else reference.removeprefix("./"))


def _closed(part: Any) -> Any:
    """Let an object have no property but those described: what clients must put up with, tests need not."""
    if isinstance(part, list):
        return [_closed(each) for each in part]
    if not isinstance(part, dict):
        return part
    closed = {key: _closed(value) for key, value in part.items()}
    is_object = part.get("type") == "object" or "$ref" in part
    return closed | {"unevaluatedProperties": False} if is_object and "properties" in part else closed
