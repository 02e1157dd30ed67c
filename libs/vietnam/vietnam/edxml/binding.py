"""Binds dataclasses to elements: one annotation a field drives reading, checking and writing.

    organ_name: Annotated[str, Element("OrganName", text(200))] = ""

A `tuple[X, ...]` is repeated, an `X | None` optional, anything else stands once. `inside` names an element
around a repeated one. The order of the fields is the order of the elements.
"""

from dataclasses import MISSING, dataclass, fields
from types import NoneType, UnionType
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

from .leaf import Leaf

ABSENT: Final = MISSING


@dataclass(frozen=True, slots=True)
class Element:
    """The element of a field; without a `leaf` the field holds a dataclass that is bound itself."""

    name: str
    leaf: Leaf | None = None
    inside: str = ""


@dataclass(frozen=True, slots=True)
class Binding:
    """A field and its element, ready to use.

    `path` is where it stands below its parent (`ToPlaces.Place`); `default` is ABSENT where it must be given.
    """

    attribute: str
    element: Element
    leaf: Leaf | None
    nested: Any
    repeated: bool
    default: Any
    path: str


_known: Final[dict[type, tuple[Binding, ...]]] = {}


def bindings(kind: type) -> tuple[Binding, ...]:
    """Return the bindings of a dataclass, in order; fields without an `Element` are left out."""
    if kind not in _known:
        _known[kind] = _bindings(kind)
    return _known[kind]


def _bindings(kind: type) -> tuple[Binding, ...]:
    hints = get_type_hints(kind, include_extras=True)
    defaults = {field.name: field.default for field in fields(kind)}
    return tuple(
        _bind(name, *get_args(hint), default=defaults[name])
        for name, hint in hints.items()
        if get_origin(hint) is Annotated
    )


def _bind(attribute: str, hint: Any, element: Element, *, default: Any) -> Binding:
    arguments = get_args(hint)
    repeated = get_origin(hint) is tuple
    optional = isinstance(hint, UnionType) and NoneType in arguments
    nested = arguments[0] if repeated or optional else hint
    path = f"{element.inside}.{element.name}".lstrip(".")
    return Binding(attribute, element, element.leaf, nested, repeated, default, path)
