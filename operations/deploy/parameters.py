"""The template's other parameters, as an operator may choose them: PARAMETERS="RetentionDays=90 Quotas=off"."""

import shlex
from collections.abc import Mapping
from typing import Any

from operations.terminal import Refused


def chosen(text: str, template: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters that were given as NAME=VALUE, separated by blanks.

    Raises:
        Refused: the template has no such parameter, or it is a secret: command lines can be read by everybody here.
    """
    declared: Mapping[str, Any] = template.get("Parameters", {})
    try:
        pairs = [pair.partition("=") for pair in shlex.split(text)]
    except ValueError as error:
        raise Refused(f"PARAMETERS={text}: a quotation mark is missing") from error
    for name, _, _ in pairs:
        if name not in declared:
            raise Refused(f"PARAMETERS: there is no {name}; there are {', '.join(sorted(declared))}")
        if declared[name].get("NoEcho"):
            raise Refused(f"PARAMETERS: {name} is a secret, which has no place on a command line")
    return {name: value for name, _, value in pairs}
