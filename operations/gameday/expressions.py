"""Sums with metrics, as far as this template's alarms do them.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

Value = float | None
"""None is a metric without data."""

_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.GtE: operator.ge,
    ast.Gt: operator.gt,
    ast.LtE: operator.le,
    ast.Lt: operator.lt,
    ast.Eq: operator.eq,
}
_FUNCTIONS: Mapping[str, Callable[..., Value]] = {
    "IF": lambda condition, then, otherwise: then if condition else otherwise,
    "FILL": lambda value, filling: filling if value is None else value,
    "ABS": lambda value: None if value is None else abs(value),
}


class UnknownExpression(ValueError):
    """An expression does something that is not known here."""


def evaluate(expression: str, values: Mapping[str, Value]) -> Value:
    """Return what an expression comes to; raise UnknownExpression."""
    found: Value = _value(ast.parse(_in_python(expression), mode="eval").body, values)
    return found


def _in_python(expression: str) -> str:
    return re.sub(r"\b(AND|OR)\b", lambda word: word[0].lower(), expression)


def _value(node: ast.expr, values: Mapping[str, Value]) -> Any:
    match node:
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.Call(func=ast.Name(id=name), args=arguments) if name in _FUNCTIONS:
            return _FUNCTIONS[name](*(_value(each, values) for each in arguments))
        case ast.BoolOp(op=joined, values=parts):
            every = [_value(each, values) for each in parts]
            return all(every) if isinstance(joined, ast.And) else any(every)
        case ast.Compare(left=left, ops=[comparison], comparators=[right]) if type(comparison) in _COMPARISONS:
            return _COMPARISONS[type(comparison)](_value(left, values), _value(right, values))
    raise UnknownExpression(ast.unparse(node))
