"""What the sources say about themselves: NatSpec comments, signatures, and the errors that a function can end in."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from contracts.tools.recorder import Node, children

_TAG: Final = re.compile(r"^\s*@(\w+)(?:\s+|$)", re.MULTILINE)
_NAMED: Final = {"param", "return"}
_MODIFIER_ERRORS: Final = {"restricted": "AccessManagedUnauthorized"}


@dataclass
class Comment:
    """One NatSpec comment.

    Attributes:
        texts: Paragraphs by tag (``title``, ``notice``, ``dev``).
        params: Text of each parameter by name.
        returns: Text of each named result.
    """

    texts: dict[str, list[str]] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    returns: dict[str, str] = field(default_factory=dict)

    def text(self, tag: str) -> str:
        """Return a tag's paragraphs as one."""
        return " ".join(self.texts.get(tag, []))


def comment_of(node: Node) -> Comment:
    """Take a declaration's comment apart; without a tag it is the notice."""
    documentation = node.get("documentation")
    text = str(documentation["text"]) if documentation else ""
    found = Comment()
    parts = _TAG.split(text)
    pairs = [("notice", parts[0]), *zip(parts[1::2], parts[2::2], strict=True)]
    for tag, body in pairs:
        paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", body) if part.strip()]
        if not paragraphs:
            continue
        if tag in _NAMED:
            name, _, rest = " ".join(paragraphs).partition(" ")
            (found.params if tag == "param" else found.returns)[name] = rest
        else:
            found.texts.setdefault(tag, []).extend(paragraphs)
    return found


def signature_of(node: Node) -> str:
    """Return name and parameters with their types, as a reader would call it."""
    return f"{node['name']}({', '.join(_variable(item) for item in node['parameters']['parameters'])})"


def results_of(node: Node) -> str:
    """Return the types and names of the results, or an empty text."""
    return ", ".join(_variable(item) for item in node["returnParameters"]["parameters"])


def type_of(node: Node) -> str:
    """Return a declared type without data location and without the contract that declares it."""
    text = str(node["typeDescriptions"]["typeString"])
    text = re.sub(r"\b(struct|enum|contract) ", "", text)
    text = re.sub(r" (calldata|memory|storage( ref| pointer)?)\b", "", text)
    return re.sub(r"\b\w+\.(\w+)", r"\1", text)


def _variable(node: Node) -> str:
    return f"{type_of(node)} {node['name']}".strip()


class CallGraph:
    """Follows calls inside the contracts, over their interfaces as well, to the errors that they end in."""

    def __init__(self, trees: Iterable[Node]) -> None:
        """Read every function and modifier of the sources."""
        self._bodies: dict[int, Node] = {}
        self._implementations: dict[int, list[int]] = {}
        for tree in trees:
            for node in children(tree):
                if node["nodeType"] in {"FunctionDefinition", "ModifierDefinition"}:
                    self._bodies[node["id"]] = node
                    for base in node.get("baseFunctions", []):
                        self._implementations.setdefault(base, []).append(node["id"])
        self._errors: dict[int, set[str]] = {}

    def errors_of(self, function: Node) -> list[str]:
        """Return the names of the errors in which a call of the function can end."""
        return sorted(self._errors_below(function["id"], set()))

    def _errors_below(self, identifier: int, seen: set[int]) -> set[str]:
        if identifier in seen or identifier not in self._bodies:
            return set()
        seen.add(identifier)
        found: set[str] = set()
        for implementation in self._implementations.get(identifier, []):
            found |= self._errors_below(implementation, seen)
        for node in children(self._bodies[identifier]):
            if node["nodeType"] == "RevertStatement":
                called = node["errorCall"]["expression"]
                found.add(called.get("name") or called["memberName"])
            elif node["nodeType"] == "ModifierInvocation":
                name = node["modifierName"]["name"]
                if name in _MODIFIER_ERRORS:
                    found.add(_MODIFIER_ERRORS[name])
                found |= self._errors_below(node["modifierName"]["referencedDeclaration"], seen)
            elif node["nodeType"] == "FunctionCall":
                target = node["expression"].get("referencedDeclaration")
                if isinstance(target, int):
                    found |= self._errors_below(target, seen)
        return found
