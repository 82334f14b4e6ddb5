"""What makes functions start faster, and the same layer with one of these levers switched off."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import pythons
from bench.function_process import Package

FIRST_STEPS = "first steps while initialising"


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where layers are changed, and with what."""

    python: Path
    place: Path

    def changed(self, package: Package, change: Callable[["Workshop", Path], None]) -> Package:
        """Return a function whose layer, the first on its path, is a changed copy."""
        layer, *others = package.path
        copy = self.place / change.__name__
        if not copy.exists():
            shutil.copytree(layer, copy)
            change(self, copy)
        return with_path(package, [copy, *others])

    def rewrite(self, module: Path, old: str, new: str) -> None:
        text = module.read_text()
        if old not in text:
            raise ValueError(f"there is no {old!r} in {module}")
        module.write_text(text.replace(old, new))
        pythons.compile_all(self.python, module.parent)

    def put_back(self, layer: Path, *folders: str) -> None:
        """Bring folders of the installed packages back to what pip made of them."""
        whole = pythons.compiled_copy(self.python)
        for folder in folders:
            shutil.rmtree(layer / folder)
            shutil.copytree(whole / folder, layer / folder)


def with_path(package: Package, path: list[Path]) -> Package:
    return Package(python=package.python, folder=package.folder, path=path, variables=package.variables)


def without_bytecode(_workshop: Workshop, layer: Path) -> None:
    for folder in list(layer.rglob("__pycache__")):
        shutil.rmtree(folder)


def without_compiled_expressions(_workshop: Workshop, layer: Path) -> None:
    (found,) = (layer / "visitor_chat/runtime").glob("regex_cache.*-*")
    found.unlink()


def with_all_of_botocores_data(workshop: Workshop, layer: Path) -> None:
    workshop.put_back(layer, "botocore/data")


def with_the_collector_at_work(workshop: Workshop, layer: Path) -> None:
    workshop.rewrite(layer / "visitor_chat/runtime/initialization.py", "        gc.disable()\n", "")


def with_requests_at_once(workshop: Workshop, layer: Path) -> None:
    workshop.rewrite(
        layer / "giosg_client/client.py",
        "from giosg_client.retries import",
        "import giosg_client.transport\nfrom giosg_client.retries import",
    )


def without_first_steps(workshop: Workshop, layer: Path) -> None:
    workshop.rewrite(layer / "visitor_chat/runtime/initialization.py", "        _take(steps)\n", "        pass\n")


LAYER_LEVERS = {
    "the layer's bytecode": without_bytecode,
    "regular expressions compiled beforehand": without_compiled_expressions,
    "botocore's data cut down to what is called": with_all_of_botocores_data,
    "no garbage collection while importing": with_the_collector_at_work,
    "requests imported by the first call": with_requests_at_once,
    FIRST_STEPS: without_first_steps,
}


def switched_off(package: Package, workshop: Workshop) -> dict[str, Package]:
    """Return a function without each of the levers."""
    layers = {name: workshop.changed(package, change) for name, change in LAYER_LEVERS.items()}
    source = pythons.ROOT / "functions" / package.folder.name
    uncompiled = Package(python=package.python, folder=source, path=package.path, variables=package.variables)
    return {**layers, "the function's bytecode": uncompiled}
