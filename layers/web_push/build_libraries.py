"""Build the layer for one kind of processor: `build_libraries.py arm64 FOLDER` fills FOLDER (the layer's `python/`).

What is compiled is fetched as wheels for Lambda, whatever machine builds. Beside it is this layer's own package. Needs
the builder of the main layer on PYTHONPATH, whose environment variables hold here too.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import build_layer

SOURCE = Path(__file__).parent
REQUIREMENTS = SOURCE / "requirements.txt"
OWN_PACKAGE = "web_push"
# Amazon Linux 2023 has glibc 2.34: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
PLATFORMS = {
    machine: [f"manylinux_2_34_{wheel}", f"manylinux_2_28_{wheel}", f"manylinux2014_{wheel}"]
    for machine, wheel in {"arm64": "aarch64", "x86_64": "x86_64"}.items()
}
UNUSED = ("*.dist-info", "bin", "**/__pycache__", "**/*.pyi", "cryptography/hazmat/bindings/_rust")


def build(machine: str, target: Path) -> None:
    python = build_layer.chosen_python() or build_layer.find_runtime_python()
    if target.exists():
        shutil.rmtree(target)
    with tempfile.TemporaryDirectory(prefix="layer-") as nowhere:
        cache = Path(os.environ.get("LAYER_CACHE") or nowhere)
        shutil.copytree(installed_packages(machine, python, cache=cache), target)
    shutil.copytree(SOURCE / OWN_PACKAGE, target / OWN_PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    build_layer.compile_folder(target / OWN_PACKAGE, python=python, root=target)
    build_layer.level(target)


def installed_packages(machine: str, python: Path | None, *, cache: Path) -> Path:
    """Return a folder with the requirements, trimmed and compiled: an earlier one if they are still the same."""
    folder = cache / f"{OWN_PACKAGE}-{machine}-{fingerprint(python)}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix="unfinished-", dir=cache))
        install(machine, python_version(python), made)
        for pattern in UNUSED:
            for path in list(made.glob(pattern)):
                build_layer.remove(path)
        build_layer.compile_folder(made, python=python, root=made)
        made.rename(folder)
    return folder


def fingerprint(python: Path | None) -> str:
    digest = hashlib.sha256(REQUIREMENTS.read_bytes() + Path(__file__).read_bytes())
    digest.update(str(python).encode())
    return digest.hexdigest()[:16]


def python_version(python: Path | None) -> str:
    """Return the version to fetch for: an emulator runs the functions with an interpreter of its own."""
    if python is None:
        return build_layer.RUNTIME
    question = "import sys; print('%d.%d' % sys.version_info[:2])"
    return build_layer.run([str(python), "-c", question]).stdout.strip()


def install(machine: str, version: str, folder: Path) -> None:
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile", "--require-hashes"]
    compiled = ["--only-binary=:all:", "--implementation=cp", f"--python-version={version}"]
    places = [f"--platform={platform}" for platform in PLATFORMS[machine]]
    what = ["--requirement", str(REQUIREMENTS), "--target", str(folder)]
    build_layer.run([sys.executable, "-m", "pip", "install", *options, *compiled, *places, *what]).check_returncode()


if __name__ == "__main__":
    build(sys.argv[1], Path(sys.argv[2]))
