"""openapi.yaml is a valid document of just the routes that there are; each tested answer is checked against it too."""

from typing import Any

import pytest
from openapi_spec_validator import validate
from tests import public_api
from tests.template import routes

from visitor_chat import errors


def error_classes() -> list[type[errors.VisitorChatError]]:
    found = [each for each in vars(errors).values() if isinstance(each, type)]
    return [each for each in found if issubclass(each, errors.VisitorChatError) and "code" in vars(each)]


def test_the_document_is_valid() -> None:
    validate(public_api.document())


def test_the_documented_operations_are_the_routes_of_the_template() -> None:
    assert set(public_api.operations()) == set(routes())


@pytest.mark.parametrize(("place", "schema", "value"), list(public_api.examples()), ids=lambda part: str(part)[:40])
def test_an_example_is_of_its_schema(place: str, schema: dict[str, Any], value: Any) -> None:
    assert place
    public_api.check_example(schema, value)


@pytest.mark.parametrize("route", list(public_api.operations()), ids=" ".join)
def test_an_operation_says_what_a_client_has_to_know(route: tuple[str, str]) -> None:
    operation = public_api.operations()[route]
    assert operation["operationId"]
    assert operation["summary"]
    assert operation["tags"]


def test_the_ids_of_operations_are_unique() -> None:
    ids = [operation["operationId"] for operation in public_api.operations().values()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("error", error_classes(), ids=lambda error: error.code)
def test_every_error_is_in_the_table_of_errors(error: type[errors.VisitorChatError]) -> None:
    assert f"| {error.status} | `{error.code}` |" in public_api.document()["info"]["description"]


def test_only_what_needs_no_visitor_is_open_to_everybody() -> None:
    is_open = {
        route
        for route, operation in public_api.operations().items()
        if not operation.get("security", public_api.document()["security"])
    }
    assert is_open == {("GET", "/availability"), ("GET", "/health"), ("GET", "/chat"), ("GET", "/chat/{file}")}
