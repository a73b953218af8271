"""Changes what is computed: operators, constants, numbers and truth values. ``rules.py`` lists the changes."""

from typing import Final

from contracts.tools.recorder import Node, Recorder

_MIRRORED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_MOVED: Final = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
_TURNED: Final = {"==": "!=", "!=": "=="}
_OPPOSITE: Final = {"+": "-", "-": "+", "*": "/", "/": "*", "%": "/", "&": "|", "|": "&", "<<": ">>", ">>": "<<"}
_BITS: Final = {"&", "|", "<<", ">>"}
_LOGICAL: Final = {"&&", "||"}
# Where one more would be the moved boundary, one less is taken.
_LESS: Final = {"<", ">="}


class Values:
    """Changes the expressions of one file. The place of an expression says what its value is for."""

    def __init__(self, recorder: Recorder, constants: dict[int, str]) -> None:
        """Begin with a file.

        Args:
            recorder: Takes the changes down.
            constants: Type of every constant of all files by its declaration.
        """
        self._recorder = recorder
        self._constants = constants

    def change(self, node: Node, place: str) -> None:
        """Change an expression and everything below it.

        Args:
            node: The expression.
            place: ``condition``, ``value``, ``operand``, ``index``, ``converted``, or the comparison that it stands
                to the right of.
        """
        match node["nodeType"]:
            case "BinaryOperation" if node["operator"] in _LOGICAL:
                self._clauses(node)
            case "BinaryOperation":
                self._binary(node, place)
            case "UnaryOperation":
                self._unary(node, place)
            case "Conditional":
                self._choice(node, place)
            case "TupleExpression":
                for component in filter(None, node["components"]):
                    self.change(component, place)
            case "Identifier" | "MemberAccess" if node.get("referencedDeclaration") in self._constants:
                self._constant(node, place)
            case "MemberAccess" if _is_enum_value(node):
                # Beside `==` the clause or the comparison is changed already.
                if place != "operand":
                    self._recorder.instead(node, f"{self._recorder.snippet(node['expression'])}(0)")
            case "Literal":
                self._literal(node, place)
            case _:
                self.go_on_below(node)

    def go_on_below(self, node: Node) -> None:
        """Change what stands below a node that has no change of its own."""
        match node["nodeType"]:
            case "FunctionCall":
                if node["expression"]["nodeType"] != "Identifier":
                    self.go_on_below(node["expression"])
                for argument in node["arguments"]:
                    self.change(argument, "converted" if node["kind"] == "typeConversion" else "value")
            case "MemberAccess" | "FunctionCallOptions":
                self.go_on_below(node["expression"])
            case "IndexAccess" | "IndexRangeAccess":
                self.change_places(node)
            case "UnaryOperation" if node["operator"] not in {"++", "--", "delete"}:
                self.change(node["subExpression"], "value")

    def change_places(self, node: Node) -> None:
        """Change the indexes of an element that is read or written, not what it stands in."""
        match node["nodeType"]:
            case "IndexAccess" | "IndexRangeAccess":
                self.change_places(node["baseExpression"])
                for edge in ("indexExpression", "startExpression", "endExpression"):
                    if node.get(edge):
                        self.change(node[edge], "index")
            case "MemberAccess":
                self.change_places(node["expression"])
            case "FunctionCall":
                self.go_on_below(node)

    def _clauses(self, node: Node) -> None:
        operator = node["operator"]
        for clause in (node["leftExpression"], node["rightExpression"]):
            if _bare(clause).get("operator") != operator:
                drop = self._recorder.never if operator == "||" else self._recorder.always
                drop(clause, "clause dropped: ")
            self.change(clause, "condition")

    def _binary(self, node: Node, place: str) -> None:
        operator, shared = str(node["operator"]), str(node["commonType"]["typeString"])
        if operator in _MOVED:
            self._recorder.operator(node, _MOVED[operator])
        if operator in _TURNED and place != "condition":
            self._recorder.operator(node, _TURNED[operator])
        if operator in _OPPOSITE and not shared.startswith("int_const"):
            self._recorder.operator(node, _OPPOSITE[operator])
        mirrored = _MIRRORED.get(operator, operator)
        for operand, sense in ((node["leftExpression"], mirrored), (node["rightExpression"], operator)):
            if operand["nodeType"] != "Literal":
                self.change(operand, sense if operator in _MOVED else "operand")
            elif shared.startswith("uint") and operator not in _TURNED | dict.fromkeys(_BITS):
                # Widths and masks are exchanged together with their operator.
                self._number(operand, sense, shared)

    def _unary(self, node: Node, place: str) -> None:
        if node["operator"] == "!":
            if place != "condition":
                self._recorder.turn(node)
            self.change(node["subExpression"], "condition")
        elif node["operator"] == "++" and node["prefix"]:
            self._recorder.instead(node, self._recorder.snippet(node["subExpression"]))
        else:
            self.go_on_below(node)

    def _choice(self, node: Node, place: str) -> None:
        self._recorder.never(node["condition"])
        self._recorder.always(node["condition"])
        self.change(node["condition"], "condition")
        self.change(node["trueExpression"], place)
        self.change(node["falseExpression"], place)

    def _constant(self, node: Node, place: str) -> None:
        kind, text = self._constants[node["referencedDeclaration"]], self._recorder.snippet(node)
        if kind.startswith("uint"):
            self._recorder.instead(node, f"{text} - 1" if place in _LESS else f"{text} + 1")
        elif kind.startswith("bytes"):
            self._recorder.instead(node, f"~{text}")

    def _literal(self, node: Node, place: str) -> None:
        if node["kind"] == "bool" and place != "converted":
            self._recorder.turn(node)
        elif node["kind"] == "number" and place == "value":
            self._recorder.instead(node, f"{self._recorder.snippet(node)} + 1")

    def _number(self, node: Node, sense: str, kind: str) -> None:
        text = self._recorder.snippet(node)
        if sense in _LESS and node["value"] != "0":
            self._recorder.instead(node, f"{text} - 1", kind)
        elif sense not in _LESS:
            self._recorder.instead(node, f"{text} + 1", kind)


def _bare(node: Node) -> Node:
    while node["nodeType"] == "TupleExpression" and len(node["components"]) == 1:
        node = node["components"][0]
    return node


def _is_enum_value(node: Node) -> bool:
    return bool(node["expression"]["typeDescriptions"]["typeString"].startswith("type(enum "))
