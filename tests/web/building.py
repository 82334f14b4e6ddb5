"""Lays the page out as the layer has it, in a folder on the import path, so that its function finds it."""

import runpy
import sys
from pathlib import Path

PACKAGE_SCRIPT = Path(__file__).parents[2] / "web" / "package.py"


def build_page(folder: Path) -> Path:
    """Return the folder of the served files."""
    runpy.run_path(str(PACKAGE_SCRIPT))["write_package"](folder)
    sys.path.insert(0, str(folder))
    return folder / "visitor_page"
