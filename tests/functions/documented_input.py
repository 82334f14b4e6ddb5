"""Bodies that openapi.yaml allows, made from its schemas."""

from typing import Any

from hypothesis import strategies as st
from tests import public_api

BMP = st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"])
"""Characters of one UTF-16 code unit: schemas cannot count those of two as the API does, nor patterns name them."""


def body(name: str, **known: str) -> st.SearchStrategy[dict[str, Any]]:
    """Make objects of one of the document's schemas; for some fields only what is `known` means anything."""
    return _values({"$ref": f"#/components/schemas/{name}"}).map(lambda made: made | known)


def _values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    described = public_api.resolved(schema)
    if "oneOf" in described:
        return st.one_of(*[_values(each) for each in described["oneOf"]])
    if described["type"] == "object" and "properties" in described:
        return _object(described)
    if described["type"] == "object":
        names, values = _values({"type": "string", **described["propertyNames"]}), described["additionalProperties"]
        return st.dictionaries(names, _values(values), max_size=described["maxProperties"])
    assert described["type"] == "string", f"no strategy for {described}"
    return _texts(described)


def _object(described: dict[str, Any]) -> st.SearchStrategy[Any]:
    fields = {name: _values(value) for name, value in described["properties"].items()}
    required = {name: fields.pop(name) for name in described.get("required", [])}
    return st.fixed_dictionaries(required, optional=fields)


def _texts(described: dict[str, Any]) -> st.SearchStrategy[str]:
    shortest, longest = described.get("minLength", 0), described.get("maxLength", 100)
    full = st.just("x" * longest) if "maxLength" in described else st.nothing()
    made = st.from_regex(described["pattern"], alphabet=BMP, fullmatch=True)
    return made.filter(lambda text: shortest <= len(text) <= longest) | full
