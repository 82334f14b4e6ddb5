"""The packaged layer holds all that a function needs, and a function is a few KB."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from local.stack import builds
from tests.template import ROOT, folder, resources

import build_layer

FUNCTIONS = sorted({folder(function) for function in resources("AWS::Serverless::Function").values()} - {"web_page"})
LARGEST_FUNCTION_BYTES = 8_000
IMPORT = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
import app
"""
CLIENTS = """
import botocore.session, json, sys
for service in json.loads(sys.argv[2]):
    botocore.session.get_session().create_client(service, "eu-north-1")
"""


@pytest.fixture(scope="module")
def layer() -> Path:
    return builds.build().parent / "GiosgClientLayer/python"


def run(code: str, paths: list[Path], *arguments: str) -> None:
    """Run code in an interpreter that finds nothing but the standard library and these folders."""
    command = [sys.executable, "-I", "-S", "-c", code, json.dumps([str(path) for path in paths]), *arguments]
    ran = subprocess.run(command, env={}, capture_output=True, text=True, check=False)  # noqa: S603 - it is this interpreter
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_imports_with_the_packaged_layer_alone(layer: Path, function: str) -> None:
    run(IMPORT, [ROOT / "functions" / function, layer])


def test_clients_of_all_services_can_be_made_from_the_packaged_layer(layer: Path) -> None:
    path = "import json, sys\nsys.path[:0] = json.loads(sys.argv[1])\n"

    run(path + CLIENTS, [layer], json.dumps(sorted(build_layer.SERVICES)))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_small(function: str) -> None:
    assert sum(path.stat().st_size for path in (ROOT / "functions" / function).glob("*.py")) <= LARGEST_FUNCTION_BYTES
