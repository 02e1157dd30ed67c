"""Reads bound dataclasses from nodes, collecting every violation instead of stopping at the first."""

from typing import Any, TypeVar

from ..errors import VietnamError, Violation, violation
from ..reasons import Reason
from .binding import ABSENT, Binding, bindings
from .leaf import Leaf
from .node import Node

T = TypeVar("T")


def read_fields(kind: type[T], node: Node, path: str, found: list[Violation], **others: object) -> T:
    """Build `kind` from a node; what cannot be read is a placeholder and a violation in `found`."""
    values: dict[str, Any] = {
        binding.attribute: _read(binding, node, f"{path}.{binding.path}", found) for binding in bindings(kind)
    }
    return kind(**values, **others)


def single(node: Node, name: str, field: str, found: list[Violation]) -> Node | None:
    """Return the only child of that name, None where there is none; more than one is a violation."""
    children = node.children.get(name)
    if not children:
        return None
    if len(children) > 1:
        found.append(violation(field, Reason.DUPLICATE_ELEMENT))
    return children[0]


def _read(binding: Binding, node: Node, field: str, found: list[Violation]) -> object:
    if binding.repeated:
        return tuple(_repeated(binding, node, field, found))
    child = single(node, binding.element.name, field, found)
    if binding.leaf is None:
        return _nested(binding, child, field, found)
    text = _text(child, field, found) if child is not None else ""
    if text:
        return _parse(binding.leaf, text, field, found)
    if binding.default is not ABSENT:
        return binding.default
    if binding.leaf.placeholder != "":  # empty text is a value; where it is not allowed, the rules say so
        found.append(violation(field, Reason.REQUIRED))
    return binding.leaf.placeholder


def _nested(binding: Binding, child: Node | None, field: str, found: list[Violation]) -> object:
    if child is None and binding.default is not ABSENT:
        return binding.default
    return read_fields(binding.nested, child or Node(), field, found)


def _repeated(binding: Binding, node: Node, field: str, found: list[Violation]) -> list[object]:
    parent: Node | None = node
    if binding.element.inside:
        parent = single(node, binding.element.inside, field.rpartition(".")[0], found)
    children = parent.children.get(binding.element.name, ()) if parent else ()
    values: list[object] = []
    for index, child in enumerate(children):
        where = f"{field}[{index}]"
        if binding.leaf is None:
            values.append(read_fields(binding.nested, child, where, found))
        elif text := _text(child, where, found):
            values.append(_parse(binding.leaf, text, where, found))
    return values


def _text(node: Node, field: str, found: list[Violation]) -> str:
    if node.children:
        found.append(violation(field, Reason.UNEXPECTED_ELEMENT))
    return node.text


def _parse(leaf: Leaf, text: str, field: str, found: list[Violation]) -> object:
    try:
        return leaf.parse(text)
    except VietnamError as error:
        found.extend(problem.at(field) for problem in error.violations)
        return leaf.placeholder
