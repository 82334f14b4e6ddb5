"""Rules that need no browser, in Node: every file `client/*.test.js` and `view/*.test.js` is a test of its own."""

import shutil
import subprocess
from pathlib import Path

import pytest

TESTS = sorted(Path(__file__).parent.glob("*/*.test.js"))
ADVICE = "The scripts' tests need Node 20 or later: install it (on Debian `apt-get install nodejs`)"


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.name.partition(".")[0])
def test_the_scripts_keep_their_rules(file: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.fail(ADVICE)

    done = subprocess.run([node, "--test", str(file)], capture_output=True, text=True, check=False)  # noqa: S603 - a test of ours

    assert done.returncode == 0, done.stdout + done.stderr
