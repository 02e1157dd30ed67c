"""What the scanner makes of the header: a small tree without positions, prefixes or order between names."""

from collections.abc import Mapping
from typing import Final

_NO_ATTRIBUTES: Final[Mapping[str, str]] = {}


class Node:
    """An element: its text, its attributes, and its children by name (names spelled canonically)."""

    __slots__ = ("attributes", "children", "length", "parts")

    def __init__(self, attributes: Mapping[str, str] = _NO_ATTRIBUTES) -> None:
        self.attributes = attributes
        self.children: dict[str, list[Node]] = {}
        self.parts: list[str] = []
        self.length = 0

    @property
    def text(self) -> str:
        """The text without surrounding white space."""
        return "".join(self.parts).strip()

    def all(self, *path: str) -> "list[Node]":
        """Return every node at that path."""
        nodes = [self]
        for name in path:
            nodes = [child for node in nodes for child in node.children.get(name, ())]
        return nodes
