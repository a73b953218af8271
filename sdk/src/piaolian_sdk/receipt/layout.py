"""Names and order of the XML elements, read once from the model's classes."""

from dataclasses import dataclass
from typing import get_args

from piaolian_sdk.receipt.model import AuxItem, Element, Header, Item, Main, MainExtension, Signature


@dataclass(frozen=True, slots=True)
class Child:
    """One child of an element.

    Attributes:
        position: Place among the children, from zero.
        name: Name of the field in the model.
        alias: Name of the XML element.
        layout: Layout of its own children, or None for text.
    """

    position: int
    name: str
    alias: str
    layout: "Layout | None"


@dataclass(frozen=True, slots=True)
class Layout:
    """The children of one kind of element.

    Attributes:
        children: By the name of the XML element.
        is_ordered: Whether another order than the written one is refused.
        steps: Of each child its position, its end tag without the first character, and its own layout.
    """

    children: dict[str, Child]
    is_ordered: bool
    steps: "dict[str, tuple[int, str, Layout | None]]"


def layout_of(model: type[Element]) -> Layout:
    """Return the layout that a class describes."""
    children = {}
    for position, (name, field) in enumerate(model.model_fields.items()):
        alias = field.alias or name
        candidates = (field.annotation, *get_args(field.annotation))
        nested = [kind for kind in candidates if isinstance(kind, type) and issubclass(kind, Element)]
        below = layout_of(nested[0]) if nested else None
        children[alias] = Child(position, name, alias, below)
    steps = {alias: (child.position, f"/{alias}>", child.layout) for alias, child in children.items()}
    return Layout(children, model is not MainExtension, steps)


def all_children(layout: Layout) -> list[Child]:
    """Return every child of a layout and of the layouts within it."""
    within = [below for child in layout.children.values() if child.layout for below in all_children(child.layout)]
    return [*layout.children.values(), *within]


HEADER = layout_of(Header)
MAIN = layout_of(Main)
ITEM = layout_of(Item)
AUX_ITEM = layout_of(AuxItem)
SIGNATURE = layout_of(Signature)
