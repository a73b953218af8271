"""Every body lies encrypted in two stores, opens with three keys, and with no other."""

from __future__ import annotations

import os
import secrets
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from demo.errors import StoryFailedError
from demo.kubo import KuboStore
from demo.programs import in_parallel
from demo.refusing import call_refused, require_equal
from piaolian_sdk.errors import VerificationError
from piaolian_sdk.receipt import document_digest, parse_receipt
from piaolian_sdk.sealing import ReceiptBody, open_body, open_body_as_payer
from piaolian_sdk.sm2 import Sm2PrivateKey
from piaolian_sdk.wire import ReceiptBody as BodyAnswer
from piaolian_sdk.wire import paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from demo.world import Issued, World


@dataclass(frozen=True, slots=True)
class StoredBody:
    """A body as it is stored: ciphertext in IPFS, wrapped keys with the node.

    Attributes:
        issued: the receipt.
        ciphertext: read from the second store.
        answer: where it lies, and the content key wrapped for all but the payer.
        batch_keys: the batch key wrapped for unit and finance, by recipient.
        payer_wrapped_key: the content key wrapped for the payer.
    """

    issued: Issued
    ciphertext: bytes
    answer: BodyAnswer
    batch_keys: dict[str, bytes]
    payer_wrapped_key: bytes


def tell(world: World) -> None:
    """Fetch and open every body that the story issued."""
    report = world.report
    with report.step(f"{len(world.issued)} 份密文在两个存储中各有一份 / every body lies in both stores") as step:
        bodies = _fetch(world)
        step.detail |= {"bodies": len(bodies), "bytes": sum(len(body.ciphertext) for body in bodies)}
    with report.step("交款人、单位、财政各自解密，与链上摘要一致 / opened by payer, unit and finance") as step:
        for body in bodies:
            _open_by_three(world, body)
        step.detail["opened"] = 3 * len(bodies)
    with report.refusal(
        "存储中的密文改动一字节 / a stored body altered by one byte", decided_by="sdk", code="envelope-not-openable"
    ) as step:
        call_refused(step, lambda: _open_by_three(world, altered(bodies[0])))
    with report.step("其他任何密钥都不能解密 / no other key opens them") as step, quiet_libraries():
        step.detail["refused"] = sum(_refuse_others(world, body) for body in bodies)


def altered(body: StoredBody) -> StoredBody:
    """Return a body whose ciphertext has one bit changed in its middle."""
    middle = len(body.ciphertext) // 2
    changed = bytes([body.ciphertext[middle] ^ 1])
    return replace(body, ciphertext=body.ciphertext[:middle] + changed + body.ciphertext[middle + 1 :])


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Keep the traces away that the C library of one SM2 backend writes for every key that does not open."""
    sys.stderr.flush()
    kept = os.dup(2)
    silence = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(silence, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(silence)


def _fetch(world: World) -> list[StoredBody]:
    """Fetch every body, the receipts of each department side by side."""
    by_city: dict[str, list[Issued]] = {}
    for issued in world.issued:
        by_city.setdefault(world.units[issued.unit].unit.issuer.area, []).append(issued)
    return [
        body for bodies in in_parallel(lambda batch: _fetch_some(world, batch), by_city.values()) for body in bodies
    ]


def _fetch_some(world: World, batch: Sequence[Issued]) -> list[StoredBody]:
    """Ask the node where each body is, and read it from both stores, each offline."""
    found: list[StoredBody] = []
    roots: set[str] = set()
    with ExitStack() as stack:
        stores = {url: stack.enter_context(KuboStore.open(url)) for url in world.network.kubo_api_urls}
        for issued in batch:
            site = world.sites[world.units[issued.unit].unit.issuer.area]
            body = _ask(world, issued)
            own, second = (stores[url].block(body.answer.cid) for url in (site.own_kubo, site.second_kubo))
            require_equal(f"second copy of {issued.key}", second, own)
            found.append(replace(body, ciphertext=second))
            roots.add(body.answer.root_cid or "")
            world.report.progress(f"取密文 {len(found)}/{len(batch)} / fetching")
        for url, store in stores.items():
            for root in roots:
                require_equal(f"pin of {root} at {url}", store.is_pinned(root), expected=True)
    return found


def _ask(world: World, issued: Issued) -> StoredBody:
    """Ask as the unit, as an officer of the department, and as the payer, who has the check code and no account."""
    unit = world.units[issued.unit]
    site = world.sites[unit.unit.issuer.area]
    parts = {"code": issued.code, "number": issued.number}
    as_unit = unit.sdk.receipt_body(issued.code, issued.number)
    as_officer = site.officer_connection.get(paths.RECEIPT_BODY, BodyAnswer, None, **parts)
    query = {"check_code": str(issued.receipt.check_code)}
    as_payer = site.public_connection.get(paths.RECEIPT_BODY, BodyAnswer, query, **parts)
    return StoredBody(
        issued=issued,
        ciphertext=b"",
        answer=as_unit,
        batch_keys={"unit": as_unit.wrapped_batch_key or b"", "finance": as_officer.wrapped_batch_key or b""},
        payer_wrapped_key=as_payer.wrapped_content_key,
    )


def _open_by_three(world: World, body: StoredBody) -> None:
    """Open a body with each of the three keys, and compare its unit-signed part with the chain's commitment."""
    unit = world.units[body.issued.unit]
    site = world.sites[unit.unit.issuer.area]
    key, wrapped = body.issued.key, body.answer.wrapped_content_key
    plaintexts = {
        open_body_as_payer(body.ciphertext, key, body.payer_wrapped_key, body.issued.payer),
        open_body(body.ciphertext, key, wrapped, body.batch_keys["unit"], unit.unit.encryption),
        open_body(body.ciphertext, key, wrapped, body.batch_keys["finance"], site.encryption),
    }
    if len(plaintexts) != 1:
        raise StoryFailedError(f"the three keys open different bodies of {key}")
    opened = ReceiptBody.from_bytes(plaintexts.pop())
    require_equal(f"document of {key}", opened.document, body.issued.receipt.document)
    require_equal(
        f"digest of {key}", document_digest(parse_receipt(opened.document)), body.issued.receipt.document_digest
    )


def _refuse_others(world: World, body: StoredBody) -> int:
    """Try every other key of the story, and a fresh one, at every lock of a body.

    Returns:
        How many tries were refused: all.
    """
    unit = world.units[body.issued.unit]
    site = world.sites[unit.unit.issuer.area]
    key, wrapped = body.issued.key, body.answer.wrapped_content_key
    strangers = [other.unit.encryption for other in world.units.values() if other is not unit]
    strangers += [other.encryption for other in world.sites.values() if other is not site]
    strangers.append(Sm2PrivateKey.generate(secrets.token_bytes))
    tries: list[Callable[[Sm2PrivateKey], bytes]] = [
        lambda stranger: open_body(body.ciphertext, key, wrapped, body.batch_keys["unit"], stranger),
        lambda stranger: open_body(body.ciphertext, key, wrapped, body.batch_keys["finance"], stranger),
        lambda stranger: open_body_as_payer(body.ciphertext, key, body.payer_wrapped_key, stranger),
    ]
    refused = 0
    for stranger in strangers:
        for attempt in tries:
            try:
                attempt(stranger)
            except VerificationError:
                refused += 1
            else:
                raise StoryFailedError(f"a stranger's key opens the body of {key}")
    return refused
