"""What is inside of a stack: its code, its secrets, its template."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import requests
from local.stack.http_api import load_template
from local.stack.paths import ROOT

from operations.doctor.findings import Finding, Look, note, ok
from operations.stacks.deployed import DeployedStack

COMPILED = "python/visitor_chat/__pycache__/wiring."
DOWNLOAD_SECONDS = 60.0
PARTS = ("Parameters", "Conditions", "Globals", "Resources", "Outputs")
BUILT = {"CodeUri", "ContentUri"}
"""Where sam has put what the template names as a folder."""
SHOWN = 3


class InsideLooks:
    """Looks at what was deployed, with the operator's rights."""

    def __init__(self, stack: DeployedStack) -> None:
        self._stack = stack

    def all(self) -> Mapping[str, Look]:
        return {"stack.layer": self.layer, "stack.token": self.token, "stack.template": self.template}

    def token(self) -> Iterator[Finding]:
        self._stack.read_secret("GiosgTokenSecretArn")
        yield ok("stack.token", "The secrets can be read")

    def layer(self) -> Iterator[Finding]:
        """Look into the layer that the functions use."""
        functions = self._stack.client("lambda")
        name = self._stack.resources()["StartChatFunction"][1]
        arn = functions.get_function_configuration(FunctionName=name)["Layers"][0]["Arn"]
        content = functions.get_layer_version_by_arn(Arn=arn)["Content"]
        archive = requests.get(content["Location"], timeout=DOWNLOAD_SECONDS)
        archive.raise_for_status()
        with zipfile.ZipFile(io.BytesIO(archive.content)) as layer:
            is_compiled = any(each.startswith(COMPILED) for each in layer.namelist())
        if is_compiled:
            yield ok("stack.layer", "The functions' code was compiled beforehand")
        else:
            advice = "install Python 3.13 (uv python install 3.13) and deploy again"
            yield note("stack.layer", "The functions' code is compiled at each cold start", advice)

    def template(self) -> Iterator[Finding]:
        """Compare the template here with the deployed one, code left out."""
        changed = differences(load_template(ROOT / "template.yaml"), self._stack.template())
        if not changed:
            yield ok("stack.template", "The template is the deployed one")
            return
        names = ", ".join(changed[:SHOWN]) + (f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else "")
        advice = f"if it is newer: make deploy STACK={self._stack.name}"
        yield note("stack.template", f"The template here differs from the deployed one ({names})", advice)


def differences(here: Mapping[str, Any], there: Mapping[str, Any]) -> list[str]:
    """Return the names of what is not the same."""
    return sorted(
        name
        for part in PARTS
        for name in {*(here.get(part) or {}), *(there.get(part) or {})}
        if comparable((here.get(part) or {}).get(name)) != comparable((there.get(part) or {}).get(name))
    )


def comparable(value: Any) -> Any:
    """Leave out what building adds, and the order of keys."""
    if isinstance(value, Mapping):
        return {key: comparable(each) for key, each in value.items() if key not in BUILT and key != "Metadata"}
    return [comparable(each) for each in value] if isinstance(value, list) else value
