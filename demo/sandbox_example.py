"""The example that a sandbox gives to integrators: one receipt with the SDK, from the unit's key files.

It is written as a program beside the keys, so that what is printed is what runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLE: Final = "example.py"

# The first lines only name things; the ten below them are the use of the SDK.
_TEXT: Final = '''"""开一张电子票据 / issue one receipt with the SDK."""

import json
import secrets
from pathlib import Path

from piaolian_sdk.acts import SoftwareChainSigner
from piaolian_sdk.client import ReceiptDraft, UnitClient
from piaolian_sdk.contracts import AddressBook
from piaolian_sdk.receipt import parse_receipt
from piaolian_sdk.signing import SoftwareSigner

sandbox = Path(__file__).resolve().parent
files = sandbox / "units" / "{unit}"
me = json.loads((files / "unit.json").read_text(encoding="utf-8"))

signer = SoftwareSigner.from_pem((files / "document-key.pem").read_bytes(), (files / "certificate.pem").read_bytes())
chain_signer = SoftwareChainSigner(bytes.fromhex((files / "chain-key.hex").read_text()))
book = AddressBook.from_file(sandbox / "network" / "addresses.json")
unit = UnitClient(me["node"], unit=me["unit"], document_signer=signer, chain_signer=chain_signer, address_book=book)
number = "EX-" + secrets.token_hex(6)
xml = (files / "draft.xml").read_bytes().replace(b"SANDBOX-0001", number.encode())
result = unit.issue(me["ranges"]["0601"]["range"], [ReceiptDraft(number, parse_receipt(xml).model)])
state = unit.wait(result.submission_id, until="final", timeout_seconds=60)
receipt = result.items[0].receipt
print(state.state, receipt.code, receipt.number, receipt.qr, state.transaction)
'''


def write_example(directory: Path, *, unit: str) -> Path:
    """Write the example into the sandbox's folder and return its path."""
    path = directory / EXAMPLE
    path.write_text(_TEXT.replace("{unit}", unit), encoding="utf-8")
    return path


def shown_lines(path: Path) -> list[str]:
    """Return the lines of an example that use the SDK, without imports."""
    lines = path.read_text(encoding="utf-8").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("signer = "))
    return lines[start:]
