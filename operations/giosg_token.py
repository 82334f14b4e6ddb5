"""Giosg's API token as an operator gives it: by the environment or a file, never on a command line."""

from collections.abc import Mapping
from pathlib import Path

from operations.terminal import Refused

TOKEN = "GIOSG_API_TOKEN"  # noqa: S105 - the variable's name


def given_token(environment: Mapping[str, str]) -> str | None:
    """Return the token that the environment holds, or the file that it names; None without either.

    Raises:
        Refused: the file cannot be read.
    """
    if environment.get(TOKEN):
        return environment[TOKEN].strip()
    file = environment.get(f"{TOKEN}_FILE")
    if not file:
        return None
    try:
        return Path(file).expanduser().read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{TOKEN}_FILE={file} cannot be read ({type(error).__name__})") from error
