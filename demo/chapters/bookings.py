"""An employer books a receipt into its ledger; a second employer is refused, and so is a red receipt for it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from demo.chapters.paper import outpatient
from demo.errors import StoryFailedError
from demo.issuing import FINAL_WITHIN_SECONDS, count_transaction
from demo.refusing import call_refused, require_equal
from piaolian_sdk.client import BookerClient

if TYPE_CHECKING:
    from demo.cast import Booker
    from demo.report import Step
    from demo.world import Issued, World

WHOLE: Final = 1_000_000_000
_POLL_SECONDS: Final = 0.3


def tell(world: World) -> None:
    """Book the whole of one receipt once."""
    first, second = world.cast.bookers.values()
    issued = outpatient(world, 2)
    world.facts["booked"] = issued
    with world.report.step(f"{first.name}入账一张票据 / the first employer books a receipt") as step:
        book(world, first, issued, step)
        share, booker, *_ = world.ledger.read("ReceiptLedger", "bookingOf", issued.range_id, int(issued.number))
        require_equal("booked share", int(share), WHOLE)
        require_equal("booker", str(booker), first.chain_signer.address)
        step.detail["receipt"] = issued.key
    with world.report.refusal(
        f"{second.name}再入账同一票据 / the second employer books the same receipt",
        decided_by="node",
        code="share-exceeded",
    ) as step:
        call_refused(step, lambda: book(world, second, issued, step))


def client_of(world: World, booker: Booker, issued: Issued) -> BookerClient:
    """Return the employer's client against the node of the receipt's unit."""
    site = world.sites[world.units[issued.unit].unit.issuer.area]
    client = BookerClient(site.base_url, booker.document_signer, booker.chain_signer, world.book)
    world.closing.callback(client.close)
    return client


def book(world: World, booker: Booker, issued: Issued, step: Step) -> None:
    """Book the whole receipt with the secret that the payer handed over, and wait until it is final."""
    client = client_of(world, booker, issued)
    submission = client.book(
        issued.code, issued.number, str(issued.receipt.check_code), issued.receipt.booking_secret, WHOLE
    )
    _wait_final(world, client, submission, step)


def withdraw(world: World, booker: Booker, issued: Issued, step: Step) -> None:
    """Take a booking out of the ledger again, and wait until that is final."""
    client = client_of(world, booker, issued)
    submission = client.unbook(issued.code, issued.number, str(issued.receipt.check_code))
    _wait_final(world, client, submission, step)


def _wait_final(world: World, client: BookerClient, submission: str, step: Step) -> None:
    deadline = time.monotonic() + FINAL_WITHIN_SECONDS
    while (state := client.submission(submission)).state not in ("final", "refused"):
        if time.monotonic() > deadline:
            raise StoryFailedError(f"the booking is {state.state}, not final, after {FINAL_WITHIN_SECONDS:.0f} s")
        time.sleep(_POLL_SECONDS)
    count_transaction(world, state, step)
