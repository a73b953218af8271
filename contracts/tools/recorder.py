"""Writes changed rules beside the original ones, each behind a condition on the block's coinbase."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from contracts.tools.edits import Page

Node = dict[str, Any]

_LONGEST_SNIPPET: Final = 100


@dataclass(frozen=True)
class Mutant:
    """One changed rule.

    Attributes:
        number: Coinbase at which it is in force; 1 is the first.
        file: Source name.
        function: Contract and function.
        line: Line of the original, from 1.
        change: The original, an arrow, and what stands in its place.
    """

    number: int
    file: str
    function: str
    line: int
    change: str


def span(node: Node) -> tuple[int, int]:
    """Return the first byte of a node and the byte after its last."""
    start, length, _ = (int(part) for part in node["src"].split(":"))
    return start, start + length


def children(node: object) -> Iterator[Node]:
    """Give every node below a node."""
    if isinstance(node, dict):
        for value in node.values():
            yield from _nodes(value)


def _nodes(value: object) -> Iterator[Node]:
    if isinstance(value, dict) and "nodeType" in value:
        yield value
        yield from children(value)
    elif isinstance(value, list):
        for item in value:
            yield from _nodes(item)


class Recorder:
    """Takes down the changes of one file: lists each as a mutant and writes it into the page."""

    def __init__(self, file: str, text: bytes, first: int) -> None:
        """Begin with a file.

        Args:
            file: Source name.
            text: Its text.
            first: Number of the first mutant.
        """
        self.page = Page(text)
        self.mutants: list[Mutant] = []
        self.function = ""
        self._file = file
        self._next = first

    def never(self, condition: Node, label: str = "never: ") -> None:
        """Make a condition false."""
        number = self._add(condition, f"{label}{self.snippet(condition)}")
        self.page.wrap(*span(condition), f"({_unless(number)} && (", "))")

    def always(self, condition: Node, label: str = "always: ") -> None:
        """Make a condition true."""
        number = self._add(condition, f"{label}{self.snippet(condition)}")
        self.page.wrap(*span(condition), f"({_when(number)} || (", "))")

    def turn(self, node: Node) -> None:
        """Turn a truth value around."""
        self.instead(node, f"!({self.snippet(node)})")

    def operator(self, node: Node, operator: str) -> None:
        """Put another operator between the same operands."""
        left, right = self.snippet(node["leftExpression"]), self.snippet(node["rightExpression"])
        self.instead(node, f"{left} {operator} {right}")

    def instead(self, node: Node, changed: str, kind: str = "") -> None:
        """Put another expression in the place of one.

        Args:
            node: The expression.
            changed: What stands in its place.
            kind: Type of the two; needed where both are plain numbers.
        """
        number = self._add(node, f"{self.snippet(node)} -> {changed}")
        self.page.wrap(*span(node), f"{kind}({_when(number)} ? {changed} : ", ")")

    def leave_out(self, statement: Node) -> None:
        """Leave a statement out."""
        start, end = span(statement)
        stop = self.page.original.index(b";", end) + 1
        number = self._add(statement, f"{self.snippet(statement)} -> left out")
        self.page.wrap(start, stop, f"{{ if ({_unless(number)}) ", " }")

    def leave_out_modifier(self, invocation: Node, body: Node, checks: str) -> None:
        """Take a modifier off a function, and do what it does at the beginning of the function unless left out."""
        number = self._add(invocation, f"modifier {self.snippet(invocation)} -> left out")
        self.page.cut(*span(invocation))
        self.page.insert(span(body)[0] + 1, f" if ({_unless(number)}) {{ {checks} }} ")

    def assembly(self, block: Node) -> None:
        """Change the conditions and numbers of an assembly block."""
        for node in children(block):
            if node["nodeType"] == "YulIf":
                condition = node["condition"]
                number = self._add(condition, f"never: {self.snippet(condition)}")
                self.page.wrap(*span(condition), f"and(iszero({_yul(number)}), ", ")")
            elif node["nodeType"] == "YulLiteral" and node["value"] != "0":
                number = self._add(node, f"{node['value']} -> {node['value']} + 1")
                self.page.wrap(*span(node), "add(", f", {_yul(number)})")

    def snippet(self, node: Node) -> str:
        """Return the node's source on one line."""
        start, end = span(node)
        return " ".join(self.page.original[start:end].decode().split())

    def _add(self, node: Node, change: str) -> int:
        number = self._next
        self._next += 1
        line = self.page.original.count(b"\n", 0, span(node)[0]) + 1
        if len(change) > 2 * _LONGEST_SNIPPET:
            change = change[:_LONGEST_SNIPPET] + " ... " + change[-_LONGEST_SNIPPET:]
        self.mutants.append(Mutant(number, self._file, self.function, line, change))
        return number


def _when(number: int) -> str:
    return f"block.coinbase == address({number})"


def _unless(number: int) -> str:
    return f"block.coinbase != address({number})"


def _yul(number: int) -> str:
    return f"eq(coinbase(), {number})"
