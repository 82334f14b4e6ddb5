"""The packaged layer holds all that a function needs, compiled, and a function is a few KB that import no more."""

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import botocore.session
import pytest
from botocore import xform_name
from local.stack import builds
from local.stack.paths import LAYERS
from local.stack.settings import architecture
from tests.template import ROOT, functions_by_folder
from tests.toolkit.interpreters import Interpreter

import build_layer

FUNCTIONS = functions_by_folder()
LARGEST_LAYER_BYTES = 6_000_000
LARGEST_FUNCTION_BYTES = 8_000
UNCHECKED_HASH = 1
NEVER = {
    "boto3",  # botocore alone does all that is needed
    "requests",  # the first call to Giosg imports it
    "jwt",  # and the first identity token this
    "aws_lambda_powertools.event_handler",
    "cryptography",  # compiled for one kind of processor
}
ALSO_NOT = {
    "get_health": {"botocore.session", "urllib3", "giosg_client.client"},
    "web_page": {"botocore", "urllib3", "aws_lambda_powertools", "giosg_client.client"},
}
ONLY = {"send_push": {"requests", "jwt", "cryptography"}}
"""It does nothing without them, and has imported them before the first message comes."""
IMPORT = """
import json, sys
import app
print(json.dumps(list(sys.modules)))
"""
CLIENTS = """
import botocore.session, json, sys
for service in json.loads(sys.argv[2]):
    client = botocore.session.get_session().create_client(service, "eu-north-1")
    print(service, *sorted(client.meta.method_to_api_mapping.values()))
"""
SNAPSHOT = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}
"""Nothing is connected then."""
COMPILED = """
import json, re, sys
sys.path[:0] = json.loads(sys.argv[1])
compiled = []
expressions = vars(re)["_compiler"]
usual = expressions.compile
expressions.compile = lambda pattern, *rest: compiled.append(str(pattern)) or usual(pattern, *rest)
import app
print(json.dumps(compiled))
"""


@pytest.fixture(scope="module")
def built() -> Path:
    return builds.build().parent


@pytest.fixture(scope="module")
def interpreter(built: Path) -> Iterator[Interpreter]:
    with Interpreter(layers(built), flags=["-B"]) as interpreter:
        yield interpreter


@pytest.fixture(scope="module")
def empty_interpreter(built: Path) -> Iterator[Interpreter]:
    """Return one for functions that must not import what most of them do."""
    with Interpreter(layers(built), imports=[], flags=["-B"]) as interpreter:
        yield interpreter


@pytest.fixture(scope="module")
def layer(built: Path) -> Path:
    return built / "GiosgClientLayer/python"


@pytest.fixture(scope="module")
def runtime_python() -> Path:
    found = build_layer.find_runtime_python()
    if found is None:
        pytest.skip(f"there is no Python {build_layer.RUNTIME} here")
    return found


@pytest.fixture(scope="module")
def for_lambda(runtime_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the layer and a function as `sam build` does for AWS."""
    place = tmp_path_factory.mktemp("for_lambda")
    script = str(ROOT / "layers/giosg_client/build_layer.py")
    variables = {**os.environ, "LAYER_CACHE": str(LAYERS), "LAYER_PYTHON": str(runtime_python)}
    app = str(ROOT / "functions/send_message/app.py")
    for arguments in ([str(place / "python")], ["--function", app, str(place / "function")]):
        command = [sys.executable, script, *arguments]
        subprocess.run(command, env=variables, capture_output=True, check=True)  # noqa: S603 - it is our own script
    return place


def run(code: str, paths: list[Path], *arguments: str, python: Path = Path(sys.executable), **variables: str) -> str:
    """Run code in an interpreter that finds nothing but the standard library and these folders."""
    command = [str(python), "-I", "-S", "-B", "-c", code, json.dumps([str(path) for path in paths]), *arguments]
    ran = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)  # noqa: S603 - our own code
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def zipped_bytes(folder: Path, place: Path) -> int:
    archive = place / "package.zip"
    with ZipFile(archive, "w", compression=ZIP_DEFLATED) as file:
        for path in folder.rglob("*"):
            file.write(path, path.relative_to(folder))
    return archive.stat().st_size


def layers(built: Path) -> list[Path]:
    return [built / f"{layer}/python" for layer in ("GiosgClientLayer", "WebLayer", of_push())]


def of_push() -> str:
    """Return the layer with the compiled libraries for this machine."""
    return {"arm64": "WebPushArmLayer", "x86_64": "WebPushIntelLayer"}[architecture()]


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_function_imports_from_its_package_and_the_layers_alone(
    built: Path, interpreter: Interpreter, empty_interpreter: Interpreter, function: str
) -> None:
    ran = (empty_interpreter if function in ALSO_NOT else interpreter).run(IMPORT, built / FUNCTIONS[function])

    assert ran.returncode == 0, ran.stderr
    modules = set(json.loads(ran.stdout))

    assert modules.isdisjoint((NEVER | ALSO_NOT.get(function, set())) - ONLY.get(function, set()))


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_function_is_one_small_module_and_its_bytecode(built: Path, tmp_path: Path, function: str) -> None:
    files = [path for path in (built / FUNCTIONS[function]).rglob("*") if path.is_file()]

    assert sorted(path.suffix for path in files) == [".py", ".pyc"]
    assert zipped_bytes(built / FUNCTIONS[function], tmp_path) <= LARGEST_FUNCTION_BYTES


def test_clients_of_all_services_know_just_what_is_called(layer: Path) -> None:
    path = "import json, sys\nsys.path[:0] = json.loads(sys.argv[1])\n"

    said = run(path + CLIENTS, [layer], json.dumps(sorted(build_layer.SERVICES)))

    known = {service: set(operations) for service, *operations in map(str.split, said.splitlines())}
    assert known == build_layer.OPERATIONS


def called_names() -> Iterator[str]:
    for source in [*(ROOT / "layers/giosg_client/visitor_chat").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]:
        yield from (node.attr for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Attribute))


def test_every_operation_that_the_code_calls_is_in_the_layer() -> None:
    session = botocore.session.get_session()
    names = {
        xform_name(operation): operation
        for service in build_layer.SERVICES
        for operation in session.get_service_model(service).operation_names
    }

    called = {names[name] for name in called_names() if name in names}

    assert called == set().union(*build_layer.OPERATIONS.values())


@pytest.mark.long
def test_everything_is_compiled_for_good_for_lambdas_python(for_lambda: Path) -> None:
    for source in for_lambda.rglob("*.py"):
        (bytecode,) = (source.parent / "__pycache__").glob(f"{source.stem}.cpython-313.pyc")
        header = bytecode.read_bytes()[:8]
        assert int.from_bytes(header[:2], "little") == build_layer.RUNTIME_MAGIC
        assert int.from_bytes(header[4:], "little") == UNCHECKED_HASH


@pytest.mark.long
def test_lambdas_python_compiles_no_expression_of_a_library_again(for_lambda: Path, runtime_python: Path) -> None:
    paths = [for_lambda / "function", for_lambda / "python"]

    usual = json.loads(run(COMPILED, paths, python=runtime_python))
    again = json.loads(run(COMPILED, paths, python=runtime_python, AWS_LAMBDA_FUNCTION_NAME="f", **SNAPSHOT))

    assert len(usual) > 50
    assert len(again) <= 5


@pytest.mark.long
def test_the_layer_is_small_for_lambda(for_lambda: Path, tmp_path: Path) -> None:
    assert zipped_bytes(for_lambda / "python", tmp_path) <= LARGEST_LAYER_BYTES


@pytest.mark.parametrize(
    ("layer", "machine"), [("WebPushArmLayer", 0xB7), ("WebPushIntelLayer", 0x3E)], ids=["arm64", "x86_64"]
)
def test_a_layer_of_compiled_libraries_is_for_its_processor(
    built: Path, tmp_path: Path, layer: str, machine: int
) -> None:
    """The machine's number stands at the 18th byte: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html."""
    compiled = list((built / layer).rglob("*.so"))

    assert [int.from_bytes(file.read_bytes()[18:20], "little") for file in compiled] == [machine] * 2
    assert zipped_bytes(built / layer, tmp_path) <= LARGEST_LAYER_BYTES
