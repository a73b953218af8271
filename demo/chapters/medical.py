"""A hospital issues outpatient and inpatient receipts in batches, under list control."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from demo.issuing import issue
from demo.samples import generate_inpatient, generate_outpatient, read_sample

if TYPE_CHECKING:
    from demo.world import World

OUTPATIENT_RECEIPTS: Final = 200
INPATIENT_RECEIPTS: Final = 40
_SEED: Final = 20230430


def tell(world: World) -> None:
    """Issue the two sample receipts alone and the generated ones in batches."""
    hospital = world.units["hospital"]
    issuer = hospital.unit.issuer
    outpatient, inpatient = hospital.ranges["0601"].prefix, hospital.ranges["0602"].prefix

    with world.report.step("门诊票据样本一张，从开具到上链 / the outpatient sample, to finality") as step:
        sample = read_sample(
            "medical_outpatient_js", issuer=issuer, code=outpatient, at=world.now(), business_number="MZ-SAMPLE-1"
        )
        world.facts["outpatient_sample"] = issue(world, "hospital", "0601", [sample], step)[0]

    with world.report.step(f"门诊票据一批 {OUTPATIENT_RECEIPTS} 张 / a batch of outpatient receipts") as step:
        samples = list(
            generate_outpatient(OUTPATIENT_RECEIPTS, seed=_SEED, issuer=issuer, code=outpatient, at=world.now())
        )
        issue(world, "hospital", "0601", samples, step)

    with world.report.step(
        f"住院票据一批，含样本，{INPATIENT_RECEIPTS + 1} 张 / inpatient receipts, sample included"
    ) as step:
        samples = [
            read_sample(
                "medical_inpatient", issuer=issuer, code=inpatient, at=world.now(), business_number="ZY-SAMPLE-1"
            ),
            *generate_inpatient(INPATIENT_RECEIPTS, seed=_SEED, issuer=issuer, code=inpatient, at=world.now()),
        ]
        issue(world, "hospital", "0602", samples, step)
