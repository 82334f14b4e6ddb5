"""The SAM template as data: schema, permissions and routes live there alone, and tests read them from there."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short functions in their long form."""


def _long_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        return {name: str(value).split(".", 1) if suffix == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    raise TypeError(f"!{suffix} is used with a mapping")


_Loader.add_multi_constructor("!", _long_form)


@cache
def template() -> dict[str, Any]:
    document: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(), _Loader)  # noqa: S506 - a SafeLoader
    return document


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Give the resources of a type by their logical ids."""
    return {name: each for name, each in template()["Resources"].items() if each["Type"] == kind}


def routes() -> dict[tuple[str, str], str]:
    """Give the HTTP API's routes, by method and path, and the folder of the function that answers each."""
    return {
        (event["Properties"]["Method"].upper(), event["Properties"]["Path"]): folder(function)
        for function in resources("AWS::Serverless::Function").values()
        for event in function["Properties"].get("Events", {}).values()
        if event["Type"] == "HttpApi"
    }


def folder(function: dict[str, Any]) -> str:
    """Give the name of a function's folder below functions/."""
    return str(function["Properties"]["CodeUri"]).removeprefix("functions/")
