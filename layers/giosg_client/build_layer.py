"""Build the layer: what Lambda imports, and nothing else.

    build_layer.py FOLDER                       fills FOLDER (the layer's `python/`)
    build_layer.py --function app.py FOLDER     fills FOLDER with a function

Every package is installed as pure Python, so the layer is the same for arm64 and x86_64; a dependency that has no such
wheel fails the build. Unused data is left out and the code is compiled beforehand, because both are paid for again at
every cold start. Needs the standard library and pip alone.

Environment:
    LAYER_CACHE      a folder that keeps the installed packages between builds
    LAYER_PYTHON     the interpreter to compile for, if it is not Lambda's: an emulator has its own
"""

import gzip
import hashlib
import json
import os
import py_compile
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).parent
OWN_PACKAGES = ("giosg_client", "visitor_chat")
RUNTIME = "3.13"
# https://github.com/python/cpython/blob/3.13/Include/internal/pycore_magic_number.h
RUNTIME_MAGIC = 3571
OPERATIONS = {
    "apigatewaymanagementapi": {"DeleteConnection", "PostToConnection"},
    "dynamodb": {
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "PutItem",
        "Query",
        "TransactWriteItems",
        "UpdateItem",
    },
    "events": {"PutEvents"},
    "secretsmanager": {"GetSecretValue"},
    "sns": {"Publish"},
    "sqs": {"ChangeMessageVisibility", "SendMessage"},
}
"""What the functions ask of AWS; botocore is not told of anything else."""
SERVICES = OPERATIONS.keys()
# Parts of Powertools that need packages which the layer does not have.
NOT_INSTALLABLE = ("auth_alpha", "data_masking", "kafka", "parser", "validation")
UNUSED = (
    "*.dist-info",
    "bin",
    "**/__pycache__",
    "**/tests",
    "**/*.pyi",
    "aws_lambda_powertools/**/*.min.*",  # Swagger's page
    *(f"aws_lambda_powertools/utilities/{name}" for name in NOT_INSTALLABLE),
    "botocore/cacert.pem",  # certifi's is used
    "botocore/data/*/*/examples-1.json",
    "botocore/data/*/*/paginators-1*.json",
    "botocore/data/*/*/waiters-2.json",
)
EXPRESSIONS = """
import importlib, pkgutil, sys
sys.path.insert(0, sys.argv[1])
import botocore.session, giosg_client, jwt, requests, visitor_chat
for package in (giosg_client, visitor_chat):
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
for service in sys.argv[2:]:
    botocore.session.get_session().create_client(service, "eu-north-1", aws_access_key_id="", aws_secret_access_key="")
from visitor_chat.runtime import regex_cache
regex_cache.save(__import__("pathlib").Path(regex_cache.__file__).parent)
"""
LAYER_PLACE = "/opt/python"
FUNCTION_PLACE = "/var/task"
# The same time for every file: equal inputs make an equal archive, and the archive's format knows no time before 1980.
BUILT_AT_SECONDS = 946_684_800
WHERE_PYTHONS_ARE = (".pyenv/versions/3.13.*/bin", ".local/share/uv/python/cpython-3.13.*/bin")


def build(target: Path) -> None:
    python = chosen_python() or find_runtime_python()
    if target.exists():
        shutil.rmtree(target)
    with tempfile.TemporaryDirectory(prefix="layer-") as nowhere:
        shutil.copytree(installed_packages(python, cache=Path(os.environ.get("LAYER_CACHE") or nowhere)), target)
    for package in OWN_PACKAGES:
        shutil.copytree(SOURCE / package, target / package, ignore=shutil.ignore_patterns("__pycache__"))
        compile_folder(target / package, python=python, root=target)
    compile_expressions(target, python=python)
    level(target)


def build_function(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    module = target / source.name
    shutil.copyfile(source, module)
    python = chosen_python() or find_runtime_python()
    if python == Path(sys.executable):
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(str(module), dfile=f"{FUNCTION_PLACE}/{module.name}", invalidation_mode=mode, doraise=True)
    else:
        compile_folder(target, python=python, root=target, place=FUNCTION_PLACE, workers=1)
    level(target)


def installed_packages(python: Path | None, *, cache: Path) -> Path:
    """Return a folder with the requirements, trimmed and compiled: an earlier one if they are still the same."""
    folder = cache / f"packages-{fingerprint(python)}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix="unfinished-", dir=cache))
        install(made)
        trim(made)
        compile_folder(made, python=python, root=made)
        made.rename(folder)
    return folder


def fingerprint(python: Path | None) -> str:
    digest = hashlib.sha256()
    for file in (SOURCE / "requirements.txt", Path(__file__)):
        digest.update(file.read_bytes())
    digest.update(str(python).encode())
    return digest.hexdigest()[:16]


def install(folder: Path) -> None:
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile", "--require-hashes"]
    pure = ["--only-binary=:all:", "--implementation=py", "--abi=none", "--platform=any", f"--python-version={RUNTIME}"]
    what = ["--requirement", str(SOURCE / "requirements.txt"), "--target", str(folder)]
    run([sys.executable, "-m", "pip", "install", *options, *pure, *what]).check_returncode()


def trim(folder: Path) -> None:
    for pattern in UNUSED:
        for path in list(folder.glob(pattern)):
            remove(path)
    data = folder / "botocore/data"
    for service in data.iterdir():
        if service.is_dir() and service.name not in SERVICES:
            remove(service)
    for name in SERVICES:
        trim_service(data / name)
    trim_endpoints(data / "endpoints.json")


def trim_service(folder: Path) -> None:
    """Keep the newest version of a service, and of that what is called, in the form that is parsed fastest."""
    *older, newest = sorted(folder.iterdir())
    for version in older:
        remove(version)
    for packed in newest.glob("*.json.gz"):
        document = json.loads(gzip.decompress(packed.read_bytes()))
        if "operations" in document:
            document = without_the_unused(document, OPERATIONS[folder.name])
        packed.with_suffix("").write_text(json.dumps(document, separators=(",", ":")))
        remove(packed)


def without_the_unused(model: dict[str, Any], operations: set[str]) -> dict[str, Any]:
    """Leave out of a service's description what is not called, with the shapes that only that needs, and all prose."""
    model = without_documentation(model)
    model["operations"] = {name: model["operations"][name] for name in sorted(operations)}
    shapes: dict[str, Any] = {}
    wanted = shape_names(model["operations"])
    while wanted:
        name = wanted.pop()
        shapes[name] = model["shapes"][name]
        wanted |= shape_names(shapes[name]) - shapes.keys()
    return model | {"shapes": dict(sorted(shapes.items()))}


def without_documentation(part: Any) -> Any:
    if isinstance(part, list):
        return [without_documentation(each) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        name: without_documentation(each)
        for name, each in part.items()
        if not (name in {"documentation", "documentationUrl"} and isinstance(each, str))
    }


def shape_names(part: Any) -> set[str]:
    if isinstance(part, list):
        return {name for each in part for name in shape_names(each)}
    if not isinstance(part, dict):
        return set()
    own = {part["shape"]} if isinstance(part.get("shape"), str) else set()
    return own.union(*(shape_names(each) for each in part.values()))


def trim_endpoints(file: Path) -> None:
    """Keep the endpoints of these services: botocore parses the whole file for the first client it makes."""
    endpoints = json.loads(file.read_bytes())
    for partition in endpoints["partitions"]:
        partition["services"] = {name: value for name, value in partition["services"].items() if name in SERVICES}
    file.write_text(json.dumps(endpoints, separators=(",", ":")))


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def compile_folder(
    folder: Path, *, python: Path | None, root: Path, place: str = LAYER_PLACE, workers: int = 0
) -> None:
    """Compile for good: an unchecked bytecode file is used whatever time its source was unpacked at.

    As many processes as there are processors do it if `workers` is 0.
    """
    if python is None:
        return
    command = [str(python), "-m", "compileall", "-q", "-j", str(workers), "--invalidation-mode", "unchecked-hash"]
    run([*command, "-s", str(root), "-p", place, str(folder)]).check_returncode()


def compile_expressions(folder: Path, *, python: Path | None) -> None:
    """Compile the regular expressions of all that the functions import."""
    if python is None:
        return
    command = [str(python), "-I", "-S", "-B", "-c", EXPRESSIONS, str(folder), *sorted(SERVICES)]
    if run(command).returncode:
        sys.stderr.write("the layer goes without compiled regular expressions and starts more slowly\n")


def chosen_python() -> Path | None:
    chosen = os.environ.get("LAYER_PYTHON")
    return Path(chosen) if chosen else None


def find_runtime_python() -> Path | None:
    """Return an interpreter that makes bytecode for Lambda's runtime, or none: then each cold start compiles."""
    found = next((python for python in candidates() if is_runtime_python(python)), None)
    if found is None:
        sys.stderr.write(f"no Python {RUNTIME} here: the layer goes without compiled code and starts more slowly\n")
    return found


def candidates() -> Iterator[Path]:
    yield Path(sys.executable)
    yield from (Path(folder) / f"python{RUNTIME}" for folder in os.environ.get("PATH", "").split(os.pathsep))
    for pattern in WHERE_PYTHONS_ARE:
        yield from (folder / f"python{RUNTIME}" for folder in sorted(Path.home().glob(pattern)))


def is_runtime_python(python: Path) -> bool:
    """Ask the interpreter itself: a name on PATH may be a shim that leads nowhere."""
    question = "import importlib.util as u; print(int.from_bytes(u.MAGIC_NUMBER[:2], 'little'))"
    try:
        answer = run([str(python), "-c", question], stderr=subprocess.DEVNULL)
    except OSError:
        return False
    return answer.stdout.strip() == str(RUNTIME_MAGIC)


def run(command: list[str], *, stderr: int | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=stderr, text=True, check=False)  # noqa: S603 (our own)


def level(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (BUILT_AT_SECONDS, BUILT_AT_SECONDS))


if __name__ == "__main__":
    *what, destination = sys.argv[1:]
    if what:
        build_function(Path(what[-1]), Path(destination))
    else:
        build(Path(destination))
