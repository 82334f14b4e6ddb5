"""Expressions that were compiled beforehand save time; nothing that is wrong with them costs a start."""

import marshal
import os
import re
import shutil
import subprocess
import sys
from binascii import crc32
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.visitor_chat.runtime.test_initialization import PLACES

from visitor_chat.runtime import regex_cache

TEXT, OCTETS = re.compile("(?P<a>[a-z]+)|\u00e4", re.IGNORECASE), re.compile(rb"\d{2,3}(x)?")
TEXT_KEY, OCTETS_KEY = (str, TEXT.pattern, re.IGNORECASE.value), (bytes, OCTETS.pattern, 0)
START = """
import re, visitor_chat.api.routing, visitor_chat.runtime.telemetry
assert re.compile("(a+)b").fullmatch("aab")[1] == "aa"
print(sorted(module for module in __import__("sys").modules if module == "visitor_chat"))
"""


def known() -> dict[Any, Any]:
    cache: dict[Any, Any] = vars(re)["_cache"]
    return cache


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Path]:
    """Return a folder with two expressions, which `re` does not know any more."""
    re.purge()
    re.compile(TEXT.pattern, TEXT.flags & re.IGNORECASE)
    re.compile(OCTETS.pattern)
    regex_cache.save(tmp_path)
    re.purge()
    yield tmp_path
    re.purge()


def file_in(folder: Path) -> Path:
    (file,) = folder.glob("regex_cache.*-*")
    return file


def test_an_expression_that_was_kept_is_what_would_be_compiled(kept: Path) -> None:
    regex_cache.load(kept)

    assert known()[TEXT_KEY] == TEXT
    assert known()[TEXT_KEY].groupindex == {"a": 1}
    assert known()[OCTETS_KEY] == OCTETS


def with_checksum(content: bytes) -> bytes:
    return crc32(content).to_bytes(4) + content


def rewrite(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda file: file.write_bytes(change(file.read_bytes()))


def become_a_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


DAMAGES: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "a folder": become_a_folder,
    "empty": rewrite(lambda _content: b""),
    "cut short": rewrite(lambda content: content[: len(content) // 2]),
    "one bit turned": rewrite(lambda content: content[:-3] + bytes([content[-3] ^ 1]) + content[-2:]),
    "something else": rewrite(lambda _content: b"\x80\x04\x95" * 100),
    "not marshalled": rewrite(lambda _content: with_checksum(b"no such thing")),
    "of another shape": rewrite(lambda _content: with_checksum(marshal.dumps({"a": 1}))),
    "of other parts": rewrite(lambda _content: with_checksum(marshal.dumps([("a", 0, ("a", 0))]))),
    "of code that `re` refuses": rewrite(
        lambda _content: with_checksum(marshal.dumps([("a", 0, ("a", 32, [99, 99, 99], 0, {}, (None,)))]))
    ),
    "nothing in it": rewrite(lambda _content: with_checksum(marshal.dumps(None))),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_whatever_is_wrong_with_the_file_expressions_are_compiled_as_usual(kept: Path, damage: str) -> None:
    DAMAGES[damage](file_in(kept))

    regex_cache.load(kept)

    assert TEXT_KEY not in known()
    assert re.compile(TEXT.pattern, re.IGNORECASE).fullmatch("\u00c4")
    assert re.compile(OCTETS.pattern).fullmatch(b"123x")


def refuse(*_parts: object) -> None:
    raise TypeError("compile() takes other arguments now")


OTHER_PRIVATES: dict[str, tuple[str, Any]] = {
    "no module _sre": ("_sre", {}),
    "no MAGIC": ("_sre", SimpleNamespace(compile=refuse)),
    "compile is gone": ("_sre", SimpleNamespace(MAGIC=sys.modules["_sre"].MAGIC)),
    "compile takes other arguments": (
        "_sre",
        SimpleNamespace(MAGIC=sys.modules["_sre"].MAGIC, compile=refuse),
    ),
    "no cache": ("_cache", None),
    "a cache of another kind": ("_cache", ()),
}


@pytest.mark.parametrize("change", OTHER_PRIVATES)
def test_whatever_becomes_of_res_private_parts_expressions_are_compiled_as_usual(
    kept: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    name, changed = OTHER_PRIVATES[change]
    with monkeypatch.context() as patch:
        if changed == {}:
            patch.setattr(regex_cache, "sys", SimpleNamespace(modules={}, implementation=sys.implementation))
        elif name == "_sre":
            patch.setitem(sys.modules, "_sre", changed)
        else:
            patch.setattr(regex_cache, "re", SimpleNamespace() if changed is None else SimpleNamespace(_cache=changed))

        regex_cache.load(kept)

    assert TEXT_KEY not in known()
    assert re.compile(TEXT.pattern, re.IGNORECASE).fullmatch("\u00c4")


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the layer's packages, where a file can be put beside the module that loads it."""
    place = tmp_path_factory.mktemp("layer")
    for package in ("giosg_client", "visitor_chat"):
        shutil.copytree(PLACES[0] / package, place / package)
    return place


@pytest.mark.parametrize("damage", ["intact", *DAMAGES])
def test_the_package_is_imported_in_lambda_whatever_is_wrong_with_the_file(copied: Path, damage: str) -> None:
    folder = copied / "visitor_chat/runtime"
    regex_cache.save(folder)
    file = file_in(folder)
    if damage in DAMAGES:
        DAMAGES[damage](file)

    ran = subprocess.run(  # noqa: S603 - it is this interpreter
        [sys.executable, "-c", START],
        env={"PYTHONPATH": f"{copied}:{PLACES[1]}", "AWS_LAMBDA_FUNCTION_NAME": "f", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, ran.stderr, ran.stdout) == (0, "", "['visitor_chat']\n")
    if file.is_dir():
        file.rmdir()
