"""The public API as openapi.yaml states it, and whether an answer keeps to it."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests import schemas

DOCUMENT = "openapi.yaml"
FAILURE = 400
PROBLEM = "application/problem+json"
METHODS = ("get", "head", "post", "put", "patch", "delete")


def document() -> dict[str, Any]:
    return schemas.document(DOCUMENT)


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    """Return every operation by its method (upper case) and path."""
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
    response = resolved(responses[str(status)])
    found = {name.lower(): value for name, value in headers.items()}
    media_type = found.get("content-type", "").partition(";")[0]
    if not _is_of_the_gateway(status, media_type):
        _check_headers(response.get("headers", {}), found)
    _check_content({} if method == "HEAD" else response.get("content", {}), media_type, text)


def check_schema(name: str, value: Any) -> None:
    """Fail unless the value is of one of the document's schemas, with no field that it does not name."""
    _check_value({"$ref": f"#/components/schemas/{name}"}, value)


def _route(method: str, path: str) -> tuple[str, str] | None:
    plain = path.rstrip("/")
    known = [route for route in operations() if route[0] == method and _matches(route[1], plain)]
    return min(known, key=lambda route: "{" in route[1], default=None)


def _matches(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) is not None


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    return schemas.resolved(DOCUMENT, part)


def _is_of_the_gateway(status: int, media_type: str) -> bool:
    return status >= FAILURE and media_type == "application/json"


def _check_headers(documented: Mapping[str, Any], found: Mapping[str, str]) -> None:
    for name, header in documented.items():
        assert name.lower() in found, f"the header {name} is missing"
        _check_value(resolved(header)["schema"], found[name.lower()])


def _check_content(documented: Mapping[str, Any], media_type: str, text: str) -> None:
    if not documented:
        assert not text, f"a body that is not documented: {text}"
        return
    assert media_type in documented, f"{media_type} is not documented"
    if media_type == PROBLEM:
        _check_problem(documented[media_type], json.loads(text))
    elif media_type.endswith("json"):
        _check_value(documented[media_type]["schema"], json.loads(text))


def _check_problem(documented: Mapping[str, Any], problem: dict[str, Any]) -> None:
    """Fail unless it is a problem of the stack's own, whose code this answer is documented to have."""
    check_schema("Problem", problem)
    assert problem["code"] in documented["examples"], f"the code {problem['code']} is not documented here"


def _check_value(schema: Mapping[str, Any], value: Any) -> None:
    schemas.check(DOCUMENT, schema, value)


def error_examples() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Return the place, the name and the value of every example of the stack's own errors."""
    for place, response in document()["components"]["responses"].items():
        for name, example in response["content"].get(PROBLEM, {}).get("examples", {}).items():
            yield place, name, resolved(example)["value"]


def examples() -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Return every example of a body with its place and its schema."""
    parts = {f"{' '.join(route)}": operation for route, operation in operations().items()}
    parts |= {
        f"responses {name}": {"responses": {"": each}} for name, each in document()["components"]["responses"].items()
    }
    for name, operation in parts.items():
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        for body in [*bodies, *operation.get("responses", {}).values()]:
            for media_type, content in resolved(body).get("content", {}).items():
                values = [resolved(each)["value"] for each in content.get("examples", {}).values()]
                values += [content["example"]] if "example" in content else []
                yield from ((f"{name} {media_type}", content["schema"], value) for value in values)


def check_example(schema: Mapping[str, Any], value: Any) -> None:
    _check_value(schema, value)
