"""Python as Lambda runs it: the interpreter, its runtime client, the packaged layer, and what is compared with it.

Packages are kept in a folder for each set of versions; nothing of them is taken from this process's own environment.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType

from local.stack.settings import architecture

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements/bench.txt"
LAYERS = str(ROOT / ".local/layers")
KEPT = ROOT / ".local/bench"
RUNTIME_CLIENT = ("awslambdaric", "simplejson", "snapshot_restore_py*", "runtime_client*")


class Missing(Exception):
    """Something that this benchmark needs is not on this machine."""


@cache
def build_layer() -> ModuleType:
    """Return the script that builds the layer; it is not a module of any package."""
    spec = importlib.util.spec_from_file_location("build_layer", ROOT / "layers/giosg_client/build_layer.py")
    if spec is None or spec.loader is None:
        raise Missing("layers/giosg_client/build_layer.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def lambdas_python() -> Path:
    """Find an interpreter of Lambda's version, as building the layer does; raise Missing."""
    found = build_layer().find_runtime_python()
    if found is None:
        raise Missing(f"Python {build_layer().RUNTIME}")
    command = [str(found), "-c", "import sys; print(sys.executable)"]
    return Path(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip())


def packaged_layer(folder: Path) -> Path:
    """Build the layer into a folder, and give the one to put on the path."""
    script, target = ROOT / "layers/giosg_client/build_layer.py", folder / "python"
    environment = os.environ | {"LAYER_CACHE": LAYERS}
    subprocess.run([sys.executable, str(script), str(target)], env=environment, check=True)
    return target


def packaged_libraries(folder: Path) -> Path:
    """Build the layer of web push, for this machine's processor, into a folder, and give the one to put on the path."""
    script, target = ROOT / "layers/web_push/build_libraries.py", folder / "python"
    environment = os.environ | {"LAYER_CACHE": LAYERS, "PYTHONPATH": str(ROOT / "layers/giosg_client")}
    subprocess.run([sys.executable, str(script), architecture(), str(target)], env=environment, check=True)
    return target


def packaged_function(name: str, folder: Path) -> Path:
    """Build a function into a folder, as the layer is built."""
    script, source, target = ROOT / "layers/giosg_client/build_layer.py", ROOT / "functions" / name, folder / name
    command = [sys.executable, str(script), "--function", str(source / "app.py"), str(target)]
    subprocess.run(command, check=True)
    return target


def packaged_page(folder: Path) -> Path:
    """Lay the visitor's page out as its layer does."""
    subprocess.run([sys.executable, str(ROOT / "web/package.py"), str(folder)], check=True)
    return folder


def usual_packages() -> Path:
    """Return the folder with what the usual composition needs, as pip leaves it without compiling."""
    return _kept("usual", _install)


def runtime_client(python: Path) -> Path:
    """Return the folder with Lambda's runtime client, compiled."""

    def fill(folder: Path) -> None:
        for pattern in RUNTIME_CLIENT:
            for path in usual_packages().glob(pattern):
                if path.is_dir():
                    shutil.copytree(path, folder / path.name)
                else:
                    shutil.copy(path, folder)
        compile_all(python, folder)

    return _kept("runtime", fill)


def compiled_copy(python: Path) -> Path:
    """Return a folder with the usual composition's packages, compiled."""

    def fill(folder: Path) -> None:
        shutil.copytree(usual_packages(), folder, dirs_exist_ok=True)
        compile_all(python, folder)

    return _kept("usual-compiled", fill)


def compile_all(python: Path, folder: Path) -> None:
    command = [str(python), "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([*command, str(folder)], check=True)


def _kept(name: str, fill: Callable[[Path], None]) -> Path:
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    folder = KEPT / f"{name}-{digest}"
    if not folder.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix="unfinished-", dir=KEPT))
        fill(made)
        made.rename(folder)
    return folder


def _install(folder: Path) -> None:
    options = ["-qq", "--disable-pip-version-check", "--no-deps", "--no-compile", "--require-hashes"]
    # pip would hold some packages against its own Python all the same.
    wheels = ["--only-binary=:all:", f"--python-version={build_layer().RUNTIME}", "--ignore-requires-python"]
    what = ["--requirement", str(REQUIREMENTS), "--target", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, *wheels, *what], check=True)
