"""Regular expressions that were compiled when the layer was built.

The libraries compile well over a hundred while they are imported, which is a sixth of a cold start. What `re` makes of
an expression can be kept (https://github.com/python/cpython/blob/3.13/Lib/re/_compiler.py). That is private to `re`, so
only the very version uses it that the layer was built for; any other compiles as usual.
"""

import marshal
import re
import sys
from pathlib import Path
from typing import Any

_sre: Any = sys.modules["_sre"]


def load(folder: Path) -> None:
    """Have `re` know what was compiled for this version of Python, if anything was."""
    try:
        compiled = marshal.loads(_file(folder).read_bytes())  # noqa: S302 - the layer brings it
    except FileNotFoundError:
        return
    for pattern, flags, parts in compiled:
        _cache()[type(pattern), pattern, flags] = _sre.compile(*parts)


def save(folder: Path) -> None:
    """Keep every expression that `re` has compiled in this process."""
    asked = [(pattern, flags) for kind, pattern, flags in _cache() if kind in {str, bytes}]
    compiled = [(pattern, int(flags), _parts(pattern, flags)) for pattern, flags in asked]
    _file(folder).write_bytes(marshal.dumps(compiled))


def _file(folder: Path) -> Path:
    return folder / f"expressions.{sys.implementation.cache_tag}-{_sre.MAGIC}"


def _cache() -> dict[Any, Any]:
    cache: dict[Any, Any] = vars(re)["_cache"]
    return cache


def _parts(pattern: str | bytes, flags: int) -> tuple[Any, ...]:
    """Give what the last step of compiling an expression is given."""
    taken: list[tuple[Any, ...]] = []
    last_step = _sre.compile
    _sre.compile = lambda *parts: taken.append(parts)
    try:
        vars(re)["_compiler"].compile(pattern, flags)
    finally:
        _sre.compile = last_step
    source, all_flags, code, *groups = taken[0]
    return source, int(all_flags), [int(each) for each in code], *groups
