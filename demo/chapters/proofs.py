"""Bundles: what a holder keeps of a receipt, so that anybody can check it when no network is there."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from demo import checkpoints
from piaolian_sdk.client import PublicClient

if TYPE_CHECKING:
    from pathlib import Path

    from demo.world import Issued, World

# State of each receipt, as its bundle proves it.
STATES: Final = {
    "by-list": "stamped",
    "by-code": "stamped",
    "reversed": "reversed",
    "red": "red",
    "exchanged": "exchanged",
    "booked": "booked",
}


def tell(world: World) -> None:
    """Fetch the bundle of a receipt in every state, each as its holder."""
    folder = folder_of(world)
    folder.mkdir(exist_ok=True)
    with world.report.step("各状态票据的证明包与信任文件 / a proof bundle for every state, and the trust file") as step:
        shutil.copyfile(checkpoints.trust_path(world), trust_of(world))
        for name, issued in _receipts(world).items():
            data = _fetch(world, issued)
            (folder / f"{name}.json").write_bytes(data)
            step.detail[name] = f"{issued.key} · {len(data):,} B"


def folder_of(world: World) -> Path:
    """Return the folder of the bundles."""
    return world.directory / "bundles"


def trust_of(world: World) -> Path:
    """Return the trust file as a verifier got it."""
    return world.directory / "trust.json"


def _receipts(world: World) -> dict[str, Issued]:
    hospital, registry = list(world.receipts_of("hospital")), list(world.receipts_of("land_registry"))
    facts = world.facts
    return {
        "by-list": hospital[5],
        "by-code": registry[0],
        "reversed": facts["outpatient_sample"],
        "red": facts["red"],
        "exchanged": facts["exchanged"],
        "booked": facts["booked"],
    }


def _fetch(world: World, issued: Issued) -> bytes:
    """Ask as the payer does: who has the receipt's booking key gets its bundle."""
    client = PublicClient(world.sites[world.units[issued.unit].unit.issuer.area].base_url)
    world.closing.callback(client.close)
    receipt = issued.receipt
    return client.receipt_bundle(issued.code, issued.number, str(receipt.check_code), receipt.booking_secret)
