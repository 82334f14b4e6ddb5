"""Who may import whom: functions, then visitor_chat, then giosg_client. Nothing points back."""

import ast
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from tests.template import ROOT

LAYER = ROOT / "layers/giosg_client"
WEB_PUSH = ROOT / "layers/web_push/web_push"
OURS = {"functions", "visitor_chat", "giosg_client", "web_push", "local", "operations", "tests", "web", "bench"}
ALLOWED = {
    ROOT / "functions": {"visitor_chat", "giosg_client"},
    LAYER / "visitor_chat": {"visitor_chat", "giosg_client", "web_push"},
    LAYER / "giosg_client": {"giosg_client"},
    WEB_PUSH: {"web_push"},
    ROOT / "local": {"local"},
    ROOT / "operations": {"operations", "local", "visitor_chat", "giosg_client"},
}
INWARD = ["errors", "models", "client"]
ORDER = ["runtime", "domain", "store", "giosg", "auth|realtime", "sync", "chats|api", "wiring", "warm_up"]
"""The floors of `visitor_chat`, from the ground up: a module imports its own folder and those below. Folders on one
floor do not know each other."""
GIOSG_ORDER = ["state", "http", "faults", "webhooks|agents|api|server", "console", "simulation", "__init__|__main__"]
"""The same of the simulated Giosg, `local.giosg`."""


def floors(order: list[str]) -> dict[str, int]:
    return {folder: number for number, floor in enumerate(order) for folder in floor.split("|")}


def sources(place: Path) -> list[Path]:
    return sorted(place.rglob("*.py"))


def imports(source: Path) -> Iterator[str]:
    """Return the dotted names that a module imports."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{source} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def of(source: Path) -> str:
    return str(source.relative_to(ROOT))


def dotted(source: Path) -> str:
    """Return the name by which a module is imported."""
    home = next(place for place in (LAYER, WEB_PUSH.parent, ROOT) if source.is_relative_to(place))
    return ".".join(source.relative_to(home).with_suffix("").parts)


def folder(name: str, package: str) -> str | None:
    """Return the folder of a package that a dotted name belongs to; None for the package itself and others."""
    return name.removeprefix(f"{package}.").split(".")[0] if name.startswith(f"{package}.") else None


def upward(source: Path, package: str, order: list[str]) -> list[str]:
    """Return what a module imports from its own floor, its own folder aside, and from above."""
    own, floor_of = folder(dotted(source), package), floors(order)
    assert own in floor_of
    others = [(name, folder(name, package)) for name in imports(source)]
    return [name for name, other in others if other not in (None, own) and floor_of[other] >= floor_of[own]]


@pytest.mark.parametrize("source", sources(LAYER / "visitor_chat"), ids=of)
def test_a_module_imports_its_own_folder_and_those_below(source: Path) -> None:
    if source == LAYER / "visitor_chat/__init__.py":
        assert set(imports(source)) == {"visitor_chat.runtime.initialization"}
        return

    assert upward(source, "visitor_chat", ORDER) == []


@pytest.mark.parametrize("source", sources(ROOT / "local/giosg"), ids=of)
def test_the_simulated_giosg_has_its_own_order(source: Path) -> None:
    assert upward(source, "local.giosg", GIOSG_ORDER) == []


def test_no_module_imports_itself_by_way_of_others() -> None:
    modules = {dotted(source): source for place in ALLOWED for source in sources(place)}
    graph = {
        name: {other for each in imports(source) for other in (each, each.rpartition(".")[0]) if other in modules}
        for name, source in modules.items()
    }

    TopologicalSorter(graph).prepare()  # a circle is a CycleError that names its modules


@pytest.mark.parametrize(
    "source",
    sorted(p for place in (LAYER / "visitor_chat", ROOT / "local/giosg") for p in place.glob("*/__init__.py")),
    ids=of,
)
def test_a_folder_runs_nothing_of_its_own_when_it_is_imported(source: Path) -> None:
    assert source.read_text() == ""


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


def test_compiled_libraries_are_met_in_the_layer_of_web_push_alone_and_by_one_module() -> None:
    everywhere = [source for place in ALLOWED if place != WEB_PUSH for source in sources(place)]
    names = {of(source): {name.split(".")[0] for name in imports(source)} for source in everywhere}

    assert [source for source, found in names.items() if "web_push" in found] == [
        "layers/giosg_client/visitor_chat/wiring.py"
    ]
    assert [source for source, found in names.items() if found & {"cryptography", "cffi"}] == []


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


def test_only_the_settings_and_the_initialization_read_the_environment() -> None:
    readers = {
        of(source)
        for package in ("giosg_client", "visitor_chat")
        for source in sources(LAYER / package)
        if "environ" in source.read_text()
    }

    runtime = "layers/giosg_client/visitor_chat/runtime"
    assert readers == {f"{runtime}/settings.py", f"{runtime}/initialization.py"}
