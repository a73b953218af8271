"""Write verifier/src/tables.json: what the page takes over from the SDK, so that both say and refuse the same.

The layout of the receipt's elements with their forms, the steps of the list of checks, the words of every reason, and
the words that people see of a receipt.
``--check`` fails when the file is stale.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BeforeValidator, PlainValidator, StringConstraints
from pydantic.fields import FieldInfo

from piaolian_sdk import wording
from piaolian_sdk.proof.errors import STEPS
from piaolian_sdk.proof.reasons import REASONS
from piaolian_sdk.receipt.model import AuxItem, Element, Header, Item, Main, MainExtension, Signature

_TARGET: Final = Path(__file__).parents[1] / "verifier" / "src" / "tables.json"
_FORMS: Final = {
    "_amount": "amount",
    "_optional_amount": "optional-amount",
    "_optional_number": "optional-number",
}


def element_table(model: type[Element]) -> dict[str, Any]:
    """Return the children of an element in their order, each with its form or its own children."""
    return {
        "ordered": model is not MainExtension,
        "children": [_child(field.alias or name, field) for name, field in model.model_fields.items()],
    }


def _child(alias: str, field: FieldInfo) -> dict[str, Any]:
    child: dict[str, Any] = {"name": alias, "required": field.is_required()}
    for kind in (field.annotation, *get_args(field.annotation)):
        if isinstance(kind, type) and issubclass(kind, Element):
            return child | element_table(kind)
    form = _form(field)
    return {**child, **form}


def _form(field: FieldInfo) -> Mapping[str, str]:
    optional = "" if field.is_required() else "optional-"
    types = (field.annotation, *get_args(field.annotation))
    constraints = [*field.metadata, *(part for kind in types for part in getattr(kind, "__metadata__", ()))]
    for constraint in constraints:
        if isinstance(constraint, StringConstraints):
            return {"pattern": str(constraint.pattern)}
        if isinstance(constraint, PlainValidator):
            return {"form": _FORMS[constraint.func.__name__]}
        if isinstance(constraint, BeforeValidator):
            name = "date" if any(getattr(kind, "__name__", "") == "date" for kind in types) else "time"
            return {"form": optional + name}
    return {}


def tables() -> str:
    """Return the file's text."""
    layout = {model.__name__: element_table(model) for model in (Header, Main, Item, AuxItem, Signature)}
    document = {
        "layout": layout,
        "steps": [step.STEP for step in STEPS],
        "words": {
            "states": wording.STATES,
            "standing": sorted(wording.STANDING),
            "results": wording.RESULTS,
            "red_number": wording.RED_NUMBER,
            "paper_number": wording.PAPER_NUMBER,
            "not_circulable": wording.NOT_CIRCULABLE,
            "proven": wording.PROVEN,
            "proven_at": wording.PROVEN_AT,
            "not_proven": wording.NOT_PROVEN,
            "list_not_proven": wording.LIST_NOT_PROVEN,
        },
        "reasons": {code: {"zh": reason.message_zh} for code, reason in sorted(REASONS.items())},
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def main() -> int:
    """Write the file, or say whether it is stale."""
    if "--check" in sys.argv[1:]:
        is_current = _TARGET.read_text(encoding="utf-8") == tables()
        if not is_current:
            sys.stderr.write(f"{_TARGET.name} is stale: python -m scripts.verifier_tables\n")
        return 0 if is_current else 1
    _TARGET.write_text(tables(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
