"""The public API as openapi.yaml states it, and whether an answer keeps to it."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

METHODS = ("get", "post", "put", "patch", "delete")
_URI = "urn:openapi"


@cache
def document() -> dict[str, Any]:
    text = (Path(__file__).parent.parent / "openapi.yaml").read_text()
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    """Give every operation by its method (upper case) and path."""
    return {
        (method.upper(), path): item[method]
        for path, item in document()["paths"].items()
        for method in METHODS
        if method in item
    }


def check(method: str, path: str, *, status: int, headers: Mapping[str, str], text: str) -> None:
    """Fail unless this is an answer that the document promises, with no field that it does not name."""
    route = _route(method, path)
    assert route is not None, f"{method} {path} is not documented"
    responses = operations()[route]["responses"]
    assert str(status) in responses, f"{' '.join(route)} is not documented to answer {status}: {text}"
    response = _resolved(responses[str(status)])
    found = {name.lower(): value for name, value in headers.items()}
    _check_headers(response.get("headers", {}), found)
    _check_content(response.get("content", {}), found.get("content-type"), text)


def check_schema(name: str, value: Any) -> None:
    """Fail unless the value is of one of the document's schemas, with no field that it does not name."""
    _check_value({"$ref": f"#/components/schemas/{name}"}, value)


def _route(method: str, path: str) -> tuple[str, str] | None:
    known = [route for route in operations() if route[0] == method and _matches(route[1], path)]
    return min(known, key=lambda route: "{" in route[1], default=None)


def _matches(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) is not None


def _resolved(part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        place: Any = document()
        for name in part["$ref"].removeprefix("#/").split("/"):
            place = place[name]
        part = place
    return part


def _check_headers(documented: Mapping[str, Any], found: Mapping[str, str]) -> None:
    for name, header in documented.items():
        described = _resolved(header)
        assert name.lower() in found or not described.get("required"), f"the header {name} is missing"
        if name.lower() in found:
            _check_value(described["schema"], found[name.lower()])


def _check_content(documented: Mapping[str, Any], content_type: str | None, text: str) -> None:
    if not documented:
        assert not text, f"a body that is not documented: {text}"
        return
    media_type = (content_type or "").partition(";")[0]
    assert media_type in documented, f"{content_type} is not documented"
    if media_type.endswith("json"):
        _check_value(documented[media_type]["schema"], json.loads(text))


def _check_value(schema: Mapping[str, Any], value: Any) -> None:
    errors = [f"{error.json_path}: {error.message}" for error in _validator(json.dumps(schema)).iter_errors(value)]
    assert not errors, "; ".join(errors)


@cache
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator(_closed(_absolute(json.loads(schema))), registry=_registry())


@cache
def _registry() -> Registry[Any]:
    resource = DRAFT202012.create_resource(_closed(document()))
    registry: Registry[Any] = Registry().with_resource(_URI, resource)
    return registry


def _absolute(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _URI + value if key == "$ref" else _absolute(value) for key, value in part.items()}
    return [_absolute(each) for each in part] if isinstance(part, list) else part


def _closed(part: Any) -> Any:
    """Let an object have no property but those described: what clients must put up with, tests need not."""
    if isinstance(part, list):
        return [_closed(each) for each in part]
    if not isinstance(part, dict):
        return part
    closed = {key: _closed(value) for key, value in part.items()}
    is_object = part.get("type") == "object" or "$ref" in part
    return closed | {"unevaluatedProperties": False} if is_object and "properties" in part else closed


def examples() -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Give every example of a body with its place and its schema."""
    parts = {f"{' '.join(route)}": operation for route, operation in operations().items()}
    parts |= {
        f"responses {name}": {"responses": {"": each}} for name, each in document()["components"]["responses"].items()
    }
    for name, operation in parts.items():
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        for body in [*bodies, *operation.get("responses", {}).values()]:
            for media_type, content in _resolved(body).get("content", {}).items():
                values = [each["value"] for each in content.get("examples", {}).values()]
                values += [content["example"]] if "example" in content else []
                yield from ((f"{name} {media_type}", content["schema"], value) for value in values)


def check_example(schema: Mapping[str, Any], value: Any) -> None:
    _check_value(schema, value)
