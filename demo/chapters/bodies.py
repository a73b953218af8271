"""Every body lies encrypted in two stores, opens with three keys, and with no other."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

import dag_cbor

from demo.errors import StoryFailedError
from demo.kubo import KuboStore
from demo.refusing import require_equal
from piaolian_sdk.errors import VerificationError
from piaolian_sdk.receipt import document_digest, parse_receipt
from piaolian_sdk.sealing import EncryptionKeyPair, open_body, open_body_as_payer

if TYPE_CHECKING:
    from collections.abc import Callable

    from demo.world import Issued, World
    from piaolian_sdk.wire import ReceiptBody


def tell(world: World) -> None:
    """Fetch and open every body that the story issued."""
    report = world.report
    with report.step(f"{len(world.issued)} 份密文在两个存储中各有一份 / every body lies in both stores") as step:
        bodies = _fetch(world)
        step.detail |= {"bodies": len(bodies), "bytes": sum(len(cipher) for _, _, cipher in bodies)}
    with report.step("交款人、单位、财政各自解密，与链上摘要一致 / opened by payer, unit and finance") as step:
        for index, (issued, body, ciphertext) in enumerate(bodies):
            report.progress(f"解密 {index + 1}/{len(bodies)} / opening")
            _open_by_three(world, issued, body, ciphertext)
        step.detail["opened"] = 3 * len(bodies)
    with report.step("其他任何密钥都不能解密 / no other key opens them") as step:
        step.detail["refused"] = sum(_refuse_others(world, *body) for body in bodies)


def _fetch(world: World) -> list[tuple[Issued, ReceiptBody, bytes]]:
    """Ask the node where each body is, and read it from the daemon of the other department, offline."""
    found = []
    for issued in world.issued:
        unit = world.units[issued.unit]
        site = world.sites[unit.unit.issuer.area]
        body = unit.sdk.receipt_body(issued.code, issued.number)
        with KuboStore.open(site.own_kubo) as own, KuboStore.open(site.second_kubo) as second:
            ciphertext = second.block(body.cid)
            require_equal(f"second copy of {issued.key}", ciphertext, own.block(body.cid))
        world.report.progress(f"取密文 {len(found) + 1}/{len(world.issued)} / fetching")
        found.append((issued, body, ciphertext))
    for url in world.network.kubo_api_urls:
        with KuboStore.open(url) as store:
            for root in {body.root_cid for _, body, _ in found if body.root_cid is not None}:
                require_equal(f"{root} is pinned at {url}", store.is_pinned(root), expected=True)
    return found
