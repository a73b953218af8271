"""Render the contracts' NatSpec into docs/contracts.md and a page of reference for each contract.

    python -m contracts.tools.docs            write the pages
    python -m contracts.tools.docs --check    fail when a page is not what the sources say

Roles come from roles.json; the errors of a function are followed through everything that it calls.
"""

import json
import sys
from collections.abc import Sequence
from typing import Final

from contracts.tools.compiler import CONTRACTS, ROOT, syntax_trees
from contracts.tools.natspec import CallGraph, comment_of, results_of, signature_of, type_of
from contracts.tools.recorder import Node

DOCS: Final = ROOT / "docs"
# Contract, title of its page, and the interfaces that make it up: the first carries the trust model.
CONTRACTS_SHOWN: Final = {
    "Registry": ("registry", ("IRegistry",)),
    "PaymentLedger": ("payment-ledger", ("IPaymentLedger", "IPaymentDecisions", "IPaymentTypes")),
    "ReceiptLedger": ("receipt-ledger", ("IReceiptLedger", "IReceiptActs", "IReceiptTypes")),
}
_SHARED: Final = "IActErrors"
_TRUST: Final = "Trust model."
_UNLISTED: Final = "as said above; no role"
_HEAD: Final = "<!-- Rendered from contracts/src by `python -m contracts.tools.docs`; edit the NatSpec there. -->"


class Pages:
    """All pages, rendered from the syntax trees."""

    def __init__(self) -> None:
        """Read the sources and the roles."""
        trees = syntax_trees()
        self._graph = CallGraph(trees.values())
        self._contracts = {
            node["name"]: node
            for tree in trees.values()
            for node in tree["nodes"]
            if node["nodeType"] == "ContractDefinition"
        }
        self._roles: dict[str, dict[str, list[str]]] = json.loads(
            (CONTRACTS / "roles.json").read_text(encoding="utf-8")
        )["functions"]

    def all(self) -> dict[str, str]:
        """Return the text of every page by its path below docs/."""
        pages = {"contracts.md": self._overview()}
        for name, (page, interfaces) in CONTRACTS_SHOWN.items():
            pages[f"contracts/{page}.md"] = self._reference(name, interfaces)
        pages["contracts/errors.md"] = self._errors_page()
        return pages

    def _overview(self) -> str:
        lines = ["# Contracts", "", _HEAD, ""]
        lines += [
            "Three contracts hold every rule that binds; a finance node only relays what units signed. Each stands "
            "behind a UUPS proxy, and one OpenZeppelin AccessManager says which role may call what. Sources: "
            "[contracts/src](../contracts/src). Storage: "
            "[contracts/storage_layout.json](../contracts/storage_layout.json). A call that breaks a rule ends in a "
            "[custom error](contracts/errors.md) with the values one needs to act.",
            "",
        ]
        for name, (page, interfaces) in CONTRACTS_SHOWN.items():
            lines += self._trust(name, page, interfaces[0])
        return "\n".join(lines).rstrip() + "\n"

    def _trust(self, name: str, page: str, interface: str) -> list[str]:
        comment = comment_of(self._contracts[interface])
        conventions, marker, trust = comment.text("dev").partition(_TRUST)
        if not marker:
            raise ValueError(f"{interface}: the comment does not say {_TRUST!r}")
        lines = [f"## {name}", "", f"{comment.text('notice')} [Every function](contracts/{page}.md)", ""]
        lines += [conventions.strip(), "", f"**{_TRUST}** {trust.strip()}", ""]
        lines += ["| role | may call |", "| --- | --- |"]
        for role, functions in self._roles[name].items():
            lines.append(f"| {role} | {', '.join(f'`{function}`' for function in functions)} |")
        return [*lines, ""]

    def _reference(self, name: str, interfaces: Sequence[str]) -> str:
        comment = comment_of(self._contracts[interfaces[0]])
        lines = [f"# {name}: {comment.text('title')}", "", _HEAD, ""]
        lines += [f"{comment.text('notice')} What each role can steal, block or see: [Contracts](../contracts.md).", ""]
        functions = self._members(interfaces, "FunctionDefinition")
        lines += ["## Acts", ""]
        for function in functions:
            if function["stateMutability"] not in {"view", "pure"}:
                lines += self._act(name, function)
        lines += ["## Questions", "", "Anybody may ask; nothing is changed.", "", "| function | answer |", "| --- | --- |"]
        for function in functions:
            if function["stateMutability"] in {"view", "pure"}:
                lines.append(self._question(function))
        lines += ["", "## Events", "", "| event | when |", "| --- | --- |"]
        for event in self._members(interfaces, "EventDefinition"):
            lines.append(_row(f"`{signature_of(event)}`", _whole(event)))
        lines += ["", "## Structures", "", "| structure | meaning and members |", "| --- | --- |"]
        for struct in self._members(interfaces, "StructDefinition"):
            members = ", ".join(f"`{type_of(member)} {member['name']}`" for member in struct["members"])
            lines.append(_row(f"`{struct['name']}`", f"{comment_of(struct).text('notice')} {members}"))
        for enum in self._members(interfaces, "EnumDefinition"):
            values = ", ".join(f"{number} `{value['name']}`" for number, value in enumerate(enum["members"]))
            lines.append(_row(f"`{enum['name']}`", f"{comment_of(enum).text('notice')} {values}"))
        return "\n".join(lines).rstrip() + "\n"

    def _act(self, contract: str, function: Node) -> list[str]:
        comment = comment_of(function)
        roles = [role for role, names in self._roles[contract].items() if function["name"] in names]
        lines = [f"### {function['name']}", "", f"`{signature_of(function)}`", ""]
        why, _, message = comment.text("dev").partition("EIP-712 ")
        lines += [f"{comment.text('notice')} {why}".strip(), ""]
        lines.append(f"- Who: {', '.join(roles) or _UNLISTED}")
        if message:
            lines.append(f"- Signed (EIP-712): {_message(message)}")
        lines += [f"- `{param}`: {text}" for param, text in comment.params.items()]
        if results := results_of(function):
            texts = "; ".join(f"`{item}`: {text}" for item, text in comment.returns.items())
            lines.append(f"- Returns: {texts or f'`{results}`'}")
        errors = self._graph.errors_of(function)
        lines.append(f"- Errors: {', '.join(f'`{error}`' for error in errors) or 'none of its own'}")
        return [*lines, ""]

    def _question(self, function: Node) -> str:
        errors = self._graph.errors_of(function)
        ends = f" Errors: {', '.join(f'`{error}`' for error in errors)}." if errors else ""
        return _row(f"`{signature_of(function)}`", f"{_whole(function)} → `{results_of(function)}`.{ends}")

    def _errors_page(self) -> str:
        lines = ["# Errors of the contracts", "", _HEAD, ""]
        lines += ["Nothing reverts with a string or without a reason. [Contracts](../contracts.md)", ""]
        groups = {"All contracts": (_SHARED,)} | {name: shown for name, (_, shown) in CONTRACTS_SHOWN.items()}
        for title, interfaces in groups.items():
            lines += [f"## {title}", "", "| error | means |", "| --- | --- |"]
            for error in self._members(interfaces, "ErrorDefinition"):
                lines.append(_row(f"`{signature_of(error)}`", _whole(error)))
            lines.append("")
        return "\n".join(lines).rstrip() + "\n"

    def _members(self, interfaces: Sequence[str], kind: str) -> list[Node]:
        return [node for name in interfaces for node in self._contracts[name]["nodes"] if node["nodeType"] == kind]


def _message(text: str) -> str:
    """Set a message's type as code, as it is hashed; what is said besides stays prose."""
    kind, bracket, rest = text.partition(")")
    return f"`{kind.replace(', ', ',')})`{rest}" if bracket else text


def _whole(node: Node) -> str:
    """Return the notice, why, and what is said of each parameter and result, in one cell."""
    comment = comment_of(node)
    named = [f"`{name}`: {text}." for name, text in (comment.params | comment.returns).items()]
    return " ".join([comment.text("notice"), comment.text("dev"), *named]).strip()


def _row(*cells: str) -> str:
    texts = [" ".join(cell.split()).replace("|", "\\|").replace("..", ".") for cell in cells]
    return f"| {' | '.join(texts)} |"


def main(arguments: Sequence[str]) -> int:
    """Write or compare the pages.

    Returns:
        0 when every page is what the sources say, 1 when one is stale.
    """
    stale = []
    for name, text in Pages().all().items():
        path = DOCS / name
        if "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(f"docs/{name}")
    if stale:
        sys.stderr.write(f"stale: {', '.join(stale)}; run python -m contracts.tools.docs\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
