"""Who may import whom: functions, then visitor_chat, then giosg_client. Nothing points back."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.template import ROOT

LAYER = ROOT / "layers/giosg_client"
OURS = {"functions", "visitor_chat", "giosg_client", "local", "tests", "web", "bench"}
ALLOWED = {
    ROOT / "functions": {"visitor_chat", "giosg_client"},
    LAYER / "visitor_chat": {"visitor_chat", "giosg_client"},
    LAYER / "giosg_client": {"giosg_client"},
    ROOT / "local": {"local"},
}
INWARD = ["errors", "models", "client"]


def sources(place: Path) -> list[Path]:
    return sorted(place.rglob("*.py"))


def imports(source: Path) -> Iterator[str]:
    """Give the dotted names that a module imports."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{source} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def of(source: Path) -> str:
    return str(source.relative_to(ROOT))


@pytest.mark.parametrize("place", list(ALLOWED), ids=lambda place: place.name)
def test_imports_point_inward(place: Path) -> None:
    wrong = [
        (of(source), name)
        for source in sources(place)
        for name in imports(source)
        if name.split(".")[0] in OURS - ALLOWED[place]
    ]

    assert wrong == []


@pytest.mark.parametrize("package", ["giosg_client", "visitor_chat"])
def test_a_package_of_the_layer_imports_no_tool_of_the_developers(package: str) -> None:
    allowed = {*sys.stdlib_module_names, *OURS, "requests", "urllib3", "botocore", "aws_lambda_powertools", "jwt"}
    foreign = {name.split(".")[0] for source in sources(LAYER / package) for name in imports(source)} - allowed

    assert foreign == set()


def test_the_client_of_giosg_knows_nothing_of_aws() -> None:
    names = {name.split(".")[0] for source in sources(LAYER / "giosg_client") for name in imports(source)}

    assert not names & {"boto3", "botocore", "aws_lambda_powertools"}


@pytest.mark.parametrize("lower", range(len(INWARD) - 1))
def test_inside_the_client_errors_know_nothing_of_models_nor_models_of_the_client(lower: int) -> None:
    outer = {f"giosg_client.{name}" for name in INWARD[lower + 1 :]}
    names = set(imports(LAYER / "giosg_client" / f"{INWARD[lower]}.py"))

    assert not {name for name in names if any(name == each or name.startswith(f"{each}.") for each in outer)}


@pytest.mark.parametrize("source", sources(ROOT / "functions"), ids=lambda source: source.parent.name)
def test_a_function_imports_the_standard_library_and_the_layer_alone(source: Path) -> None:
    names = {name.split(".")[0] for name in imports(source)}

    assert names <= {*sys.stdlib_module_names, "visitor_chat", "giosg_client", "aws_lambda_powertools"}


@pytest.mark.parametrize(
    "place", [ROOT / "functions", ROOT / "local", LAYER / "visitor_chat", LAYER / "giosg_client"], ids=lambda p: p.name
)
def test_nobody_imports_what_is_private_to_another(place: Path) -> None:
    private = [
        (of(source), name)
        for source in sources(place)
        for name in imports(source)
        if any(part.startswith("_") and not part.startswith("__") for part in name.split("."))
    ]

    assert private == []


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        of(source)
        for package in ("giosg_client", "visitor_chat")
        for source in sources(LAYER / package)
        if "environ" in source.read_text()
    }

    assert readers == {"layers/giosg_client/visitor_chat/settings.py"}
