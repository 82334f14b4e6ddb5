"""The examples in docs/known-users.md sign what the stack takes, in each language that this machine speaks."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from local.giosg import SimulatedGiosg
from tests.aws import IDENTITY_SECRET, Functions
from tests.template import ROOT

NAME = '\u00c4in\u00f6 "O\'Hara" <\U0001f642>'
"""A name that a careless encoder breaks."""
LANGUAGES: Mapping[str, tuple[str, str, str]] = {
    "python": (
        sys.executable,
        "signs.py",
        """{example}
import json, sys, types
print(identity_token(types.SimpleNamespace(**json.loads(sys.argv[1])), sys.argv[2]), end="")
""",
    ),
    "js": (
        "node",
        "signs.mjs",
        """{example}
process.stdout.write(identityToken(JSON.parse(process.argv[2]), process.argv[3]));
""",
    ),
    "php": (
        "php",
        "signs.php",
        """<?php
class User {{ public string $id; public string $name; }}
{example}
$user = new User();
foreach (json_decode($argv[1], true) as $field => $value) $user->$field = $value;
echo identity_token($user, $argv[2]);
""",
    ),
}
SPOKEN = [language for language, (program, _file, _harness) in LANGUAGES.items() if shutil.which(program)]


def example(language: str) -> str:
    """Return the first example in a language."""
    found = re.search(rf"```{language}\n(.*?)```", (ROOT / "docs/known-users.md").read_text(), re.DOTALL)
    assert found, f"there is no example in {language}"
    return found[1]


def sign(language: str, folder: Path, **user: str) -> str:
    program, file, harness = LANGUAGES[language]
    (folder / file).write_text(harness.format(example=example(language)))
    command = [shutil.which(program) or program, file, json.dumps(user), IDENTITY_SECRET]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout  # noqa: S603 - see above


def test_node_is_here() -> None:
    assert "js" in SPOKEN, "the page's tests need Node as well"


@pytest.mark.parametrize("language", SPOKEN)
def test_what_an_example_signs_opens_a_session(
    known: tuple[SimulatedGiosg, Functions], tmp_path: Path, language: str
) -> None:
    _giosg, functions = known
    identity_token = sign(language, tmp_path, id=f"customer in {language}", name=NAME)

    reply = functions.call("open_session", "POST", "/sessions", body={"identity_token": identity_token})

    assert reply.status == 201, reply.text
    assert reply.json["visitor"]["name"] == NAME


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_an_example(language: str) -> None:
    assert "visitor-chat" in example(language)
