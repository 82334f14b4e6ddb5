"""Regular expressions that were compiled when the layer was built.

The libraries compile well over a hundred while they are imported, which is a sixth of a cold start. What `re` makes of
an expression can be kept (https://github.com/python/cpython/blob/3.13/Lib/re/_compiler.py). That is private to `re`, so
it may save time and must never cost a start: whatever is wrong with the file, or with `re`, expressions are compiled as
usual.
"""

import marshal
import re
import sys
from binascii import crc32
from contextlib import suppress
from pathlib import Path
from typing import Any

CHECKSUM_BYTES = 4


class Damaged(Exception):
    """The file is not as it was written."""


def load(folder: Path) -> None:
    """Have `re` know what was compiled for this version of Python, as far as that can be done."""
    with suppress(Exception):
        sre, cache = _sre(), _cache()
        compiled = [(pattern, flags, sre.compile(*parts)) for pattern, flags, parts in _read(_file(folder))]
        cache.update({(type(pattern), pattern, flags): expression for pattern, flags, expression in compiled})


def save(folder: Path) -> None:
    """Keep every expression that `re` has compiled in this process."""
    asked = [(pattern, flags) for kind, pattern, flags in _cache() if kind in {str, bytes}]
    compiled = marshal.dumps([(pattern, int(flags), _parts(pattern, flags)) for pattern, flags in asked])
    _file(folder).write_bytes(_checksum(compiled) + compiled)


def _read(file: Path) -> list[tuple[Any, int, tuple[Any, ...]]]:
    """Return what was kept; a damaged file could end the whole process in `marshal`."""
    content = file.read_bytes()
    compiled = memoryview(content)[CHECKSUM_BYTES:]
    if content[:CHECKSUM_BYTES] != _checksum(compiled):
        raise Damaged
    kept: list[tuple[Any, int, tuple[Any, ...]]] = marshal.loads(compiled)  # noqa: S302 - the layer brings it
    return kept


def _checksum(content: bytes | memoryview) -> bytes:
    return crc32(content).to_bytes(CHECKSUM_BYTES)


def _file(folder: Path) -> Path:
    return folder / f"regex_cache.{sys.implementation.cache_tag}-{_sre().MAGIC}"


def _sre() -> Any:
    return sys.modules["_sre"]


def _cache() -> dict[Any, Any]:
    cache: dict[Any, Any] = vars(re)["_cache"]
    return cache


def _parts(pattern: str | bytes, flags: int) -> tuple[Any, ...]:
    """Return what the last step of compiling an expression is given."""
    taken: list[tuple[Any, ...]] = []
    sre = _sre()
    last_step = sre.compile
    sre.compile = lambda *parts: taken.append(parts)
    try:
        vars(re)["_compiler"].compile(pattern, flags)
    finally:
        sre.compile = last_step
    source, all_flags, code, *groups = taken[0]
    return source, int(all_flags), [int(each) for each in code], *groups
