"""Anybody verifies: against a chain node of his own choice, and on the public page of the department."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from demo.errors import StoryFailedError
from demo.refusing import note_sdk_refusal, require_equal
from demo.samples import text_of_fen
from piaolian_sdk.client import PublicClient
from piaolian_sdk.contracts.chain import FinalityPolicy
from piaolian_sdk.contracts.reader import ChainReader
from piaolian_sdk.errors import VerificationError
from piaolian_sdk.signing import CertificateTrust
from piaolian_sdk.verify import verify_receipt_online

if TYPE_CHECKING:
    from demo.world import Issued, World
    from piaolian_sdk.verify import VerifiedReceipt


def tell(world: World) -> None:
    """Verify one receipt of each kind, an altered one, and the public page."""
    samples = _one_of_each(world)
    with world.report.step("向另一验证节点在线验真 / verified against another validator of the payer's choice") as step:
        for name, issued in samples.items():
            verified = verify(world, issued, issued.receipt.document)
            step.detail[name] = f"{issued.key} · block {verified.block.number}"
    blue = samples["list"]
    with world.report.refusal(
        "票面改动一分 / a body altered by one fen", decided_by="sdk", code="signature-wrong"
    ) as step:
        document = altered(blue)
        try:
            verify(world, blue, document)
        except VerificationError as exc:
            note_sdk_refusal(step, exc)
    with world.report.step("公众查验：五要素 / public verification by five elements") as step:
        _public(world, samples)
        step.detail["words"] = ["查验一致", "查验不一致"]
    with world.report.step("扫码查验页 / the page behind the QR code") as step:
        page = httpx.get(str(blue.receipt.qr), timeout=30, follow_redirects=True)
        page.raise_for_status()
        if "查验" not in page.text or blue.number not in page.text:
            raise StoryFailedError("the page behind the QR code does not show the receipt")
        world.facts["page"] = str(blue.receipt.qr)
        step.detail["bytes"] = len(page.content)


def verify(world: World, issued: Issued, document: bytes) -> VerifiedReceipt:
    """Verify a document against the last validator, which no node of the story asks first.

    Raises:
        VerificationError: it does not verify.
    """
    unit = world.units[issued.unit]
    proof = unit.sdk.receipt_proof(issued.code, issued.number, str(issued.receipt.check_code))
    reader = ChainReader(world.network.rpc_urls[-1], world.book, finality=FinalityPolicy(world.network.finality_depth))
    return verify_receipt_online(document, proof, reader, CertificateTrust.from_pem(*world.cast.roots_pem))


def _one_of_each(world: World) -> dict[str, Issued]:
    hospital, registry = list(world.receipts_of("hospital")), list(world.receipts_of("land_registry"))
    return {"list": hospital[5], "inpatient": hospital[205], "code": registry[0], "red": world.facts["red"]}


def altered(issued: Issued) -> bytes:
    """Make the first item and the total one fen dearer, so that the document agrees with itself."""
    document = issued.receipt.document
    total = f"<TotalAmount>{text_of_fen(issued.total_fen)}</TotalAmount>".encode()
    if document.count(total) != 1:
        raise StoryFailedError("the document does not show its total once")
    return document.replace(total, f"<TotalAmount>{text_of_fen(issued.total_fen + 1)}</TotalAmount>".encode())


def _public(world: World, samples: dict[str, Issued]) -> None:
    for name, issued in samples.items():
        site = world.sites[world.units[issued.unit].unit.issuer.area]
        client = PublicClient(site.base_url)
        world.closing.callback(client.close)
        elements = (issued.code, issued.number, str(issued.receipt.check_code))
        day = world.now().date()
        right = client.verify(*elements, text_of_fen(issued.total_fen), day)
        require_equal(f"result for {name}", right.result, "match")
        wrong = client.verify(*elements, text_of_fen(issued.total_fen + 1), day)
        require_equal(f"result for {name} with another amount", wrong.result, "mismatch")
