"""The SAM template as data: schema, permissions and routes live there alone, and tests read them from there."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent


class _Loader(yaml.CSafeLoader):
    """Reads CloudFormation's short functions in their long form."""


def _long_form(loader: yaml.CSafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
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
    """Return the resources of a type by their logical ids."""
    return {name: each for name, each in template()["Resources"].items() if each["Type"] == kind}


def routes() -> dict[tuple[str, str], str]:
    """Return the HTTP API's routes, by method and path, and the folder of the function that answers each."""
    return {
        (event["Properties"]["Method"].upper(), event["Properties"]["Path"]): folder(function)
        for function in resources("AWS::Serverless::Function").values()
        for event in function["Properties"].get("Events", {}).values()
        if event["Type"] == "HttpApi"
    }


def functions_by_folder() -> dict[str, str]:
    """Return the functions' logical ids by the names of their folders."""
    return {folder(function): name for name, function in resources("AWS::Serverless::Function").items()}


def folder(function: dict[str, Any]) -> str:
    """Return the name of a function's folder below functions/."""
    return str(function["Properties"]["CodeUri"]).removeprefix("functions/")


def properties(name: str) -> dict[str, Any]:
    """Return a function's properties with those of all functions, whose lists come first.

    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html
    """
    shared: dict[str, Any] = template()["Globals"]["Function"]
    own = function(name)
    lists = {key: [*shared[key], *own[key]] for key in shared.keys() & own.keys() if isinstance(own[key], list)}
    return shared | own | lists


def function(name: str) -> dict[str, Any]:
    found: dict[str, Any] = resources("AWS::Serverless::Function")[name]["Properties"]
    return found


def environment(name: str) -> dict[str, Any]:
    of_all: dict[str, Any] = template()["Globals"]["Function"]["Environment"]["Variables"]
    own: dict[str, Any] = function(name).get("Environment", {}).get("Variables", {})
    return of_all | own


def statements(name: str) -> list[dict[str, Any]]:
    """Return what a function may do, by its own policies and by those that it shares, with everything optional."""
    documents = (_document(policy) for policy in function(name).get("Policies", []))
    return [each["Fn::If"][1] if "Fn::If" in each else each for document in documents for each in document["Statement"]]


def _document(policy: dict[str, Any]) -> dict[str, Any]:
    if "Fn::If" in policy:
        return _document(policy["Fn::If"][1])
    if "Ref" not in policy:
        return policy
    shared: dict[str, Any] = resources("AWS::IAM::ManagedPolicy")[policy["Ref"]]["Properties"]["PolicyDocument"]
    return shared


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def references(value: Any) -> set[str]:
    """Return the logical ids that a value refers to, however it does."""
    if isinstance(value, list):
        return {found for each in value for found in references(each)}
    if not isinstance(value, dict):
        return set()
    found: set[str] = set().union(*(references(each) for each in value.values()))
    if "Ref" in value:
        found.add(value["Ref"])
    if "Fn::GetAtt" in value:
        found.add(value["Fn::GetAtt"][0])
    if "Fn::Sub" in value:
        text = value["Fn::Sub"][0] if isinstance(value["Fn::Sub"], list) else value["Fn::Sub"]
        found |= {name.split(".")[0] for name in re.findall(r"\$\{([\w.]+)\}", text)}
    return found
