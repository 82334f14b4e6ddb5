"""What is remembered of a stack on this machine: its region and the answers of the deployment, but no secret.

.deployed/<stack>.json, which git ignores.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from local.stack.paths import ROOT
from local.stack.stack_file import write_whole

from operations.terminal import Refused

FOLDER = ROOT / ".deployed"
_STACK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is remembered of a stack.

    Attributes:
        region: where it was deployed.
        answers: the template's parameters that were asked for, but the secret ones.
    """

    region: str | None = None
    answers: Mapping[str, str] = field(default_factory=dict)


def checked_stack_name(name: str) -> str:
    """Return the name; raise Refused when CloudFormation takes no such one.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-using-console-create-stack-parameters.html
    """
    if not _STACK_NAME.fullmatch(name):
        raise Refused(f"STACK={name}: a stack's name has letters, digits and hyphens, and begins with a letter")
    return name


def read(stack: str, *, folder: Path = FOLDER) -> Kept:
    """Return what is remembered; nothing of a stack that was not deployed from here."""
    file = folder / f"{checked_stack_name(stack)}.json"
    try:
        document = json.loads(file.read_text())
    except FileNotFoundError:
        return Kept()
    except ValueError as error:
        raise Refused(f"{file} is no JSON: mend or delete it") from error
    return Kept(region=document.get("region"), answers=document.get("answers", {}))


def write(stack: str, kept: Kept, *, folder: Path = FOLDER) -> None:
    write_whole(folder / f"{checked_stack_name(stack)}.json", json.dumps(asdict(kept), indent=2) + "\n")


def forget(stack: str, *, folder: Path = FOLDER) -> None:
    (folder / f"{checked_stack_name(stack)}.json").unlink(missing_ok=True)
