"""Clients that are generated from openapi.yaml, with their types checked, take a visitor's journey through the stack.

`make clients` runs this: the generators are installed for it alone, and no other test needs them.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from tests.giosg_client.raw_server import RawServer, answer, answering
from tests.template import ROOT
from tests.toolkit.deployment import Stack

HERE = Path(__file__).parent
BINARIES = ROOT / ".venv/clients/bin"
MODULES = HERE / "node_modules"
SPECIFICATION = ROOT / "openapi.yaml"
JOURNEY_SECONDS = 60
NOT_INSTALLED = "The generators are not installed: run `make clients`"


@pytest.fixture
def gateway_url() -> Iterator[str]:
    """Return the URL of an API whose stage is throttled, as the gateway says by itself."""
    throttled = answer(429, {"message": "Too Many Requests"}, {"Content-Type": "application/json"})
    with RawServer(answering(throttled)) as gateway:
        yield gateway.url


def run(command: list[str | Path], *, folder: Path, **environment: str) -> None:
    """Run a command that must succeed."""
    done = subprocess.run(  # noqa: S603 - commands of ours
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def python_client(tmp_path: Path) -> list[str | Path]:
    """Generate the client in Python and check the journey's types against it; return the command of the journey."""
    if not BINARIES.exists():
        pytest.fail(NOT_INSTALLED)
    path = f"{BINARIES}{os.pathsep}{os.environ['PATH']}"
    generate = (
        f"{BINARIES}/openapi-python-client generate --fail-on-warning --meta none --output-path visitor_chat_client"
    )
    run([*generate.split(), "--path", SPECIFICATION], folder=tmp_path, PATH=path)
    journey = Path(shutil.copy(HERE / "journey.py", tmp_path))
    (tmp_path / "mypy.ini").write_text("[mypy]\nstrict = true\nfollow_imports = silent\n")
    run([sys.executable, "-m", "mypy", "--python-executable", BINARIES / "python", journey.name], folder=tmp_path)
    return [BINARIES / "python", journey]


@pytest.fixture
def typescript_client(tmp_path: Path) -> list[str | Path]:
    """Generate the types and compile the journey with them; return the command of the journey."""
    node = shutil.which("node")
    if node is None or not MODULES.exists():
        pytest.fail(NOT_INSTALLED)
    for file in ("journey.ts", "tsconfig.json", "package.json"):
        shutil.copy(HERE / file, tmp_path)
    (tmp_path / "node_modules").symlink_to(MODULES)
    run([MODULES / ".bin/openapi-typescript", SPECIFICATION, "--output", "api.d.ts"], folder=tmp_path)
    run([MODULES / ".bin/tsc"], folder=tmp_path)
    return [node, tmp_path / "journey.js"]


@contextmanager
def journey(command: list[str | Path], stack: Stack, gateway_url: str) -> Iterator[tuple[IO[str], IO[str]]]:
    """Let a client make its journey; give what it reads and what it says."""
    begin = [*command, stack.local.api_url, gateway_url]
    with subprocess.Popen(begin, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdin, process.stdout
        process.stdin.close()
        assert process.wait(timeout=JOURNEY_SECONDS) == 0


@pytest.mark.parametrize("generated", ["python_client", "typescript_client"])
def test_a_generated_client_takes_the_whole_journey(
    request: pytest.FixtureRequest, deployed_stack: Stack, gateway_url: str, generated: str
) -> None:
    with journey(request.getfixturevalue(generated), deployed_stack, gateway_url) as (client_reads, client_says):
        chat_id = client_says.readline().strip()
        deployed_stack.giosg.agent.say(chat_id, "We do!")
        deployed_stack.settle()

        client_reads.write("An agent has answered\n")
