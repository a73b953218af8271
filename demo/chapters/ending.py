"""What is final on the chain of three validators, counted from the chain and not from what the story believes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from demo.errors import StoryFailedError

if TYPE_CHECKING:
    from demo.world import World

WANTED_FINAL_RECEIPTS: Final = 320
_MODES: Final = {1: "by_code", 2: "by_list"}


def tell(world: World) -> None:
    """Count receipts at the final block and compare them with what was issued."""
    with world.report.step("清点终局票据 / count the receipts that are final") as step:
        head = world.ledger.web3.eth.block_number
        final = head - world.network.finality_depth
        counts = {"by_code": 0, "by_list": 0, "red": 0}
        transactions: set[str] = set()
        for name in ("BatchIssued", "Reversed"):
            for event, block, transaction in world.ledger.history_with_blocks(
                "ReceiptLedger", name, world.book.deployed_block
            ):
                if block <= final:
                    counts["red" if name == "Reversed" else _MODES[int(event["mode"])]] += int(event.get("count", 1))
                    transactions.add(transaction)
        total = sum(counts.values())
        figures = {"final_receipts": total, **counts, "issue_transactions": len(transactions), "final_block": final}
        step.detail |= figures
        world.report.totals |= figures
        if total != len(world.issued):
            raise StoryFailedError(f"{total} receipts are final on the chain, {len(world.issued)} were issued")
        if total < WANTED_FINAL_RECEIPTS or not all(counts.values()):
            raise StoryFailedError(f"{total} receipts are final, {WANTED_FINAL_RECEIPTS} are wanted; {counts}")
        kinds = {step.code for step in world.report.steps if step.code is not None}
        world.report.totals["refusals"] = len(kinds)
