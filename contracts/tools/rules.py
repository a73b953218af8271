"""Finds every rule of the contracts in their syntax trees, and what to change in each.

A changed rule is written beside the original one, behind a condition on the block's coinbase: one build holds all
mutants, and a test run chooses one of them by a setting. The changes are:

    ``if (bad) revert``       the check is left out
    ``a || b``, ``a && b``    either clause is dropped (which also kills an exchange of the two operators)
    ``if``, ``?:``, ``while`` the branch is always taken, or never
    ``<  <=  >  >=``          the boundary moves to the other side
    ``==  !=  !x  true``      turned around, where the value is kept or handed on
    ``+ - * / % & | << >>``   replaced by the opposite
    constants and numbers     one more, or one less where one more would be the moved boundary; hashes are inverted
    enum values               replaced by the first of the enum
    calls and assignments     left out, as are `delete` and events
    modifiers                 left out, one function at a time

Loops keep their conditions except for the boundary. What a refusal or an event carries is not changed.
"""

from contracts.tools.recorder import Node, Recorder
from contracts.tools.values import Values


class Finder:
    """Walks the functions of one file and has every rule changed."""

    def __init__(self, recorder: Recorder, constants: dict[int, str], modifiers: dict[int, str]) -> None:
        """Begin with a file.

        Args:
            recorder: Takes the changes down.
            constants: Type of every constant of all files by its declaration.
            modifiers: Checks of every modifier that may be left out, by its declaration.
        """
        self._recorder = recorder
        self._values = Values(recorder, constants)
        self._modifiers = modifiers

    def walk(self, unit: Node) -> None:
        """Find the rules of every function with a body."""
        contracts = [node for node in unit["nodes"] if node["nodeType"] == "ContractDefinition"]
        for contract in contracts:
            for function in contract["nodes"]:
                if function["nodeType"] != "FunctionDefinition" or not function.get("body"):
                    continue
                self._recorder.function = f"{contract['name']}.{function['name'] or function['kind']}"
                for modifier in function["modifiers"]:
                    checks = self._modifiers.get(modifier["modifierName"]["referencedDeclaration"])
                    if checks is not None:
                        self._recorder.leave_out_modifier(modifier, function["body"], checks)
                self._statement(function["body"])

    def _statement(self, node: Node) -> None:
        match node["nodeType"]:
            case "Block" | "UncheckedBlock":
                for statement in node["statements"]:
                    self._statement(statement)
            case "IfStatement":
                self._if(node)
            case "WhileStatement" | "ForStatement":
                self._loop(node)
            case "ExpressionStatement":
                self._act(node)
            case "EmitStatement":
                self._recorder.leave_out(node)
            case "Return" | "VariableDeclarationStatement":
                if value := node.get("expression") or node.get("initialValue"):
                    self._values.change(value, "value")
            case "InlineAssembly":
                self._recorder.assembly(node["AST"])

    def _if(self, node: Node) -> None:
        condition = node["condition"]
        if not _only_reverts(node["trueBody"]):
            self._recorder.never(condition)
            self._recorder.always(condition)
        elif condition.get("operator") != "||":
            # Dropping either side of `||` lets less through than leaving the check out.
            self._recorder.never(condition, "check left out: ")
        self._values.change(condition, "condition")
        self._statement(node["trueBody"])
        if node.get("falseBody"):
            self._statement(node["falseBody"])

    def _loop(self, node: Node) -> None:
        if node["nodeType"] == "WhileStatement":
            self._recorder.never(node["condition"])
        if node.get("condition"):
            self._values.change(node["condition"], "condition")
        self._statement(node["body"])

    def _act(self, node: Node) -> None:
        expression = node["expression"]
        match expression["nodeType"]:
            case "Assignment":
                left = expression["leftHandSide"]
                # A pointer into storage must be set before it is used: the compiler insists.
                is_pointer = "storage pointer" in left["typeDescriptions"]["typeString"]
                if left["nodeType"] != "Identifier" or not is_pointer:
                    self._recorder.leave_out(node)
                self._values.change_places(left)
                self._values.change(expression["rightHandSide"], "value")
            case "FunctionCall" | "UnaryOperation":
                self._recorder.leave_out(node)
                self._values.go_on_below(expression)


def _only_reverts(body: Node) -> bool:
    statements = body["statements"] if body["nodeType"] == "Block" else [body]
    return len(statements) == 1 and statements[0]["nodeType"] == "RevertStatement"
