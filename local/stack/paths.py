"""Where the local stack keeps what it makes.

.local/stack.json      the addresses of the stack that came up last
.local/<port>/         one stack: its stack.json and its logs
.local/build/          the built template, shared by all
.local/layers/         the layer's installed packages
.local/tests/          the stacks of tests, while they run
"""

from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCAL = ROOT / ".local"
BUILD = LOCAL / "build"
LAYERS = LOCAL / "layers"
SAM = ROOT / ".venv/sam/bin/sam"
SAM_PYTHON = ROOT / ".venv/sam/bin/python"
EMULATOR_PYTHON = ROOT / ".venv/emulator/bin/python"


def stack_folder(port: int) -> Path:
    return LOCAL / str(port)


def test_folder() -> Path:
    folder = LOCAL / "tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
