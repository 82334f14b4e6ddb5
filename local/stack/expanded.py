"""The template as CloudFormation gets it, for tools that do not know SAM: `python -m local.stack.expanded <file>`."""

import json
import sys
from pathlib import Path

from local.stack.http_api import load_template, transformed
from local.stack.parameters import resolved
from local.stack.paths import ROOT

GIVEN = {
    "GiosgOrganizationId": "00000000-0000-4000-8000-000000000001",
    "GiosgRoomId": "00000000-0000-4000-8000-000000000002",
    "GiosgApiToken": "no-such-token",
    "ChallengeUrl": "https://challenge.example.com",
    "KnownUsers": "on",
    "WebPush": "on",
    "PushContent": "text",
}
"""With everything that is optional."""


def write_expanded(file: Path) -> None:
    template = load_template(ROOT / "template.yaml")
    expanded = transformed(template, resolved(template, GIVEN))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(expanded, indent=1, default=str))


if __name__ == "__main__":
    write_expanded(Path(sys.argv[1]))
