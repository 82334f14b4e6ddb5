"""`sam build` for this machine; nothing is built again while its inputs are the same."""

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from local.stack.paths import BUILD, EMULATOR_PYTHON, LAYERS, ROOT, SAM, SAM_PYTHON
from local.stack.programs import run

OUTPUT = BUILD / "output"
TEMPLATE = OUTPUT / "template.yaml"
STAMP = BUILD / "inputs.sha256"
INPUTS = (
    "template.yaml",
    "packaging",
    "functions",
    "layers",
    "web",
    "requirements/sam.txt",
    "requirements/emulator.txt",
)


def build() -> Path:
    """Build the template unless that is done, and return the built one.

    Raises:
        ProgramFailed: sam refuses.
    """
    with lock():
        inputs = fingerprint(ROOT, INPUTS)
        if not (STAMP.exists() and STAMP.read_text() == inputs and TEMPLATE.exists()):
            STAMP.unlink(missing_ok=True)
            run(build_command(), environment=build_environment(), log=BUILD / "build.log", folder=ROOT)
            STAMP.write_text(inputs)
    return TEMPLATE


@contextmanager
def lock() -> Iterator[None]:
    """Let one process build at a time: two stacks can start together."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def build_command() -> list[str]:
    folders = ["--build-dir", str(OUTPUT), "--cache-dir", str(BUILD / "cache")]
    return [str(SAM), "build", "--cached", "--parallel", "--template-file", str(ROOT / "template.yaml"), *folders]


def build_environment() -> dict[str, str]:
    """Return sam's environment: the layer is compiled for the interpreter that runs the functions here."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))},
        "SAM_CLI_TELEMETRY": "0",
        "LAYER_BUILDER": str(SAM_PYTHON),
        "LAYER_CACHE": str(LAYERS),
        "LAYER_PYTHON": str(EMULATOR_PYTHON),
    }


def fingerprint(root: Path, names: Iterable[str]) -> str:
    """Return a digest of files and folders: of their names and their content."""
    digest = hashlib.sha256()
    for name in names:
        for file in files_in(root / name):
            digest.update(f"{file.relative_to(root)}\0{file.stat().st_size}\0".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()


def files_in(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return sorted(file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
