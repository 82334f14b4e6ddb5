"""Python values to DynamoDB's attribute values and back.

boto3's own (de)serializer lives behind its resource layer, which costs a tenth of a cold start, and turns every number
into a Decimal. The tables hold only what JSON holds, with whole numbers.
"""

from collections.abc import Mapping
from typing import Any

Record = dict[str, Any]


def to_attribute(value: Any) -> dict[str, Any]:
    """Encode one value; raise TypeError for a type that the tables do not hold."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case list() | tuple():
            return {"L": [to_attribute(each) for each in value]}
        case Mapping():
            return {"M": to_item(value)}
    raise TypeError(f"the tables hold no {type(value).__name__}")


def to_item(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: to_attribute(value) for name, value in record.items()}


def from_attribute(attribute: Mapping[str, Any]) -> Any:
    """Decode one value."""
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return int(value)
        case "NULL":
            return None
        case "L":
            return [from_attribute(each) for each in value]
        case "M":
            return from_item(value)
    return value


def from_item(item: Mapping[str, Any]) -> Record:
    return {name: from_attribute(attribute) for name, attribute in item.items()}
