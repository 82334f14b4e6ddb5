"""moto's expressions, parsed and checked once for each text: what is left for each call are its values and its item.

The parsers, the checks and the execution are moto's own. A tree is used as a pattern of which every call takes a copy.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from moto.dynamodb import comparisons
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.parsing.ast_nodes import (  # type: ignore[attr-defined] # it has no types
    DepthFirstTraverser,
    Expression,
    Node,
    UpdateExpressionAddAction,
    UpdateExpressionDeleteAction,
    UpdateExpressionFunction,
    UpdateExpressionPath,
    UpdateExpressionRemoveAction,
    UpdateExpressionSetAction,
)
from moto.dynamodb.parsing.expressions import UpdateExpressionParser  # type: ignore[attr-defined] # it has no types
from moto.dynamodb.parsing.validators import (
    ActionCountValidator,
    OverlappingPathsValidator,
    UpdateExpressionValidator,
    UpdateHashRangeKeyValidator,
)

ACTIONS = (
    UpdateExpressionAddAction,
    UpdateExpressionDeleteAction,
    UpdateExpressionRemoveAction,
    UpdateExpressionSetAction,
)
OF_TEXT_ALONE = (ActionCountValidator, OverlappingPathsValidator, UpdateHashRangeKeyValidator)
"""What looks at neither the values nor the item."""
Names = tuple[tuple[str, str], ...]


@contextmanager
def quick_expressions() -> Iterator[None]:
    """Let expressions be parsed and checked once."""
    make_operand = ConditionExpressionParser._make_operand

    def with_values(parser: Any, node: Any) -> Any:
        if node.kind == parser.Kind.EXPRESSION_ATTRIBUTE_VALUE:
            return comparisons.AttributeValue(parser.expression_attribute_values[node.text])
        if node.kind == parser.Kind.PATH:
            return comparisons.AttributePath([_named(parser, each) for each in node.children])
        return make_operand(parser, node)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(UpdateExpressionParser, "make", staticmethod(_parsed))
        patch.setattr(UpdateExpressionValidator, "__init__", _prepare)
        patch.setattr(DepthFirstTraverser, "traverse", _traverse)
        patch.setattr(Node, "find_clauses", _find)
        patch.setattr(ConditionExpressionParser, "parse", _parse_condition)
        patch.setattr(ConditionExpressionParser, "_make_operand", with_values)
        yield


_parsed = cache(UpdateExpressionParser.make)


def _prepare(validator: Any, expression: Any, *, table: Any, **facts: Any) -> None:
    """Do what moto's validator does, but check the text only when it is new, and copy no more than the actions."""
    names = facts["expression_attribute_names"] or {}
    used = tuple((name, names[name]) for name in _roots(expression) if name in names)
    _check(expression, used, tuple(table.table_key_attrs))
    vars(validator).update(facts, table=table)
    validator.processors = [each for each in validator.get_ast_processors() if not isinstance(each, OF_TEXT_ALONE)]
    validator.node_to_validate = _copy(_flat(expression), None)


@cache
def _roots(expression: Any) -> list[str]:
    """Return what paths begin with: names further in may be ids, and are not looked at."""
    return sorted({path.children[0].children[0] for path in expression.find_clauses([UpdateExpressionPath])})


@cache
def _check(expression: Any, names: Names, key_attributes: tuple[str, ...]) -> None:
    tree, known = deepcopy(expression), dict(names)
    ActionCountValidator().traverse(tree)
    OverlappingPathsValidator(known).traverse(tree)
    UpdateHashRangeKeyValidator(list(key_attributes), known).traverse(tree)


@cache
def _flat(expression: Any) -> Any:
    """Return an expression's actions, in their order, without the lists in lists that the parser makes of them."""
    flat = _copy(expression, None)
    flat.children = flat.find_clauses(ACTIONS)
    for action in flat.children:
        action.parent = flat
    return flat


def _copy(node: Any, parent: Any) -> Any:
    copied = object.__new__(type(node))
    children = node.children and [_copy(each, copied) if isinstance(each, Node) else each for each in node.children]
    vars(copied).update(vars(node), children=children, parent=parent)
    return copied


def _traverse(traverser: Any, root: Any) -> Any:
    """Do what moto's traverser does, children first."""
    kinds: dict[Any, Callable[[Any], Any]] = traverser._processing_map()
    prepare = traverser.pre_processing_of_child

    def visit(node: Any, child_id: int) -> Any:
        for number, child in enumerate(node.children or ()):
            prepare(node, number)
            if hasattr(child, "children"):
                visit(child, number)
        lineage = type(node).__mro__
        process = next((each for kind, each in kinds.items() if kind in lineage), None)
        if process is None:
            return node
        parent, made = node.parent, process(node)
        made.parent = parent
        if parent:
            parent.children[child_id] = made
        return made

    return visit(root, -1)


def _find(node: Any, kinds: Any) -> list[Any]:
    """Do what moto's `find_clauses` does."""
    found: list[Any] = []
    for child in node.children or ():
        kind: Any = type(child)
        if kind in kinds:
            found.append(child)
        elif _has_clauses(kind):
            found += _find(child, kinds)
    return found


@cache
def _has_clauses(kind: Any) -> bool:
    return issubclass(kind, Expression | UpdateExpressionFunction)


def _parse_condition(parser: Any) -> Any:
    """Do what moto's parser does, with a tree that has placeholders where names and values belong."""
    if not parser.condition_expression:
        return comparisons.OpDefault(None, None)  # type: ignore[arg-type]
    tree = _tree(parser.condition_expression)
    parser.expr_attr_names_found += parser._find_literals(tree)
    parser.expr_attr_values_found += parser._find_expr_attr_values(tree)
    return parser._make_op_condition(tree)


def _named(parser: Any, node: Any) -> Any:
    return parser.expression_attribute_names[node.text] if node.text.startswith("#") else node.value


class _Placeholders(dict[str, Any]):
    """Has for every placeholder just that."""

    def __missing__(self, name: str) -> str:
        return name


@cache
def _tree(expression: str) -> Any:
    parser = ConditionExpressionParser(expression, _Placeholders(), _Placeholders())
    nodes: deque[Any] = parser._parse_paths(parser._lex_condition_expression())
    for apply in (parser._apply_functions, parser._apply_comparator, parser._apply_in, parser._apply_between):
        nodes = apply(nodes)
    tree = parser._apply_parens_and_booleans(nodes)[0]
    parser._assert_no_redundant_parentheses(tree)
    return tree
