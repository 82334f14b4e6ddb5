"""openapi.yaml is a valid document of just the routes that there are; each tested answer is checked against it too."""

from typing import Any

import pytest
from openapi_spec_validator import validate
from tests import public_api
from tests.template import routes

from visitor_chat.api import problems
from visitor_chat.domain import errors

ONLY_A_SLASH = "/{rest+}"
"""Stands for nothing, so that an address may end with a slash."""
OF_WEBHOOKS = ("GET", "HEAD", "POST")
"""What their functions take of any method."""
EXAMPLE_FIELDS = [errors.FieldError("message", "must be at most 2000 characters")]


def error_classes() -> list[type[errors.VisitorChatError]]:
    found = [each for each in vars(errors).values() if isinstance(each, type)]
    return [each for each in found if issubclass(each, errors.VisitorChatError) and "code" in vars(each)]


def test_the_document_is_valid() -> None:
    validate(public_api.document())


def test_the_documented_operations_are_the_routes_of_the_template() -> None:
    plain = {route for route in routes() if not route[1].endswith(ONLY_A_SLASH)}
    taken = {(method, path) for kind, path in plain for method in (OF_WEBHOOKS if kind == "ANY" else [kind])}

    assert set(public_api.operations()) == taken


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


def test_whatever_takes_a_body_says_which_it_refuses() -> None:
    taking = [each for each in public_api.operations().values() if "requestBody" in each]

    assert taking
    assert [each["operationId"] for each in taking if not {"400", "413", "415"} <= each["responses"].keys()] == []


def test_the_ids_of_operations_are_unique() -> None:
    ids = [operation["operationId"] for operation in public_api.operations().values()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("error", error_classes(), ids=lambda error: error.code)
def test_every_error_is_in_the_table_of_errors(error: type[errors.VisitorChatError]) -> None:
    assert f"| {error.status} | `{error.code}` |" in public_api.document()["info"]["description"]


@pytest.mark.parametrize("error", error_classes(), ids=lambda error: error.code)
def test_every_error_has_an_example_of_what_the_stack_says(error: type[errors.VisitorChatError]) -> None:
    said: Any = EXAMPLE_FIELDS if error is errors.InvalidRequest else "not for visitors"

    assert public_api.document()["components"]["examples"][error.code]["value"] == problems.document(error(said))


@pytest.mark.parametrize(
    ("place", "name", "problem"), list(public_api.error_examples()), ids=lambda part: str(part)[:40]
)
def test_an_example_of_an_error_is_named_by_its_code(place: str, name: str, problem: dict[str, Any]) -> None:
    assert problem["code"] == name, place


def test_the_codes_are_those_of_the_errors_and_of_a_file_that_does_not_exist() -> None:
    codes = public_api.document()["components"]["schemas"]["ErrorCode"]["enum"]

    assert sorted(codes) == sorted([*(error.code for error in error_classes()), "not_found"])


@pytest.mark.parametrize("route", list(public_api.operations()), ids=" ".join)
def test_an_error_is_described_once_for_all_operations(route: tuple[str, str]) -> None:
    responses = public_api.operations()[route]["responses"]

    assert [status for status, response in responses.items() if status >= "400" and list(response) != ["$ref"]] == []


def test_only_what_needs_no_visitor_is_open_to_everybody() -> None:
    is_open = {
        route
        for route, operation in public_api.operations().items()
        if not operation.get("security", public_api.document()["security"])
    }
    assert is_open == {
        ("GET", "/availability"),
        ("GET", "/rooms"),
        ("GET", "/push"),
        ("GET", "/health"),
        ("HEAD", "/health"),
        ("GET", "/chat"),
        ("GET", "/chat/{file}"),
    }
