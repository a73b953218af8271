"""Windows before batches, and units in turn."""

from piaolian_node.receipts.lanes import WINDOW_RECEIPTS, Lane, LaneQueue, lane_of


def everything(queue: LaneQueue[str]) -> list[str]:
    taken = []
    while (piece := queue.take()) is not None:
        taken.append(piece)
    return taken


def test_take__batch_waits_and_a_window_comes__window_goes_first() -> None:
    queue: LaneQueue[str] = LaneQueue()
    for piece in ("batch 1", "batch 2"):
        queue.add(Lane.BATCH, 1, piece)
    queue.add(Lane.WINDOW, 2, "window")
    assert everything(queue) == ["window", "batch 1", "batch 2"]


def test_take__one_unit_sent_much__the_others_have_their_turn_after_one_piece() -> None:
    queue: LaneQueue[str] = LaneQueue()
    for number in range(4):
        queue.add(Lane.BATCH, 1, f"a{number}")
    queue.add(Lane.BATCH, 2, "b0")
    queue.add(Lane.BATCH, 2, "b1")
    queue.add(Lane.BATCH, 3, "c0")
    assert everything(queue) == ["a0", "b0", "c0", "a1", "b1", "a2", "a3"]


def test_take__nothing_waits__none_and_the_queue_goes_on_working() -> None:
    queue: LaneQueue[str] = LaneQueue()
    assert queue.take() is None
    queue.add(Lane.BATCH, 1, "a")
    assert everything(queue) == ["a"]


def test_lane_of__a_few_receipts__are_a_window() -> None:
    assert lane_of(1) is lane_of(WINDOW_RECEIPTS) is Lane.WINDOW
    assert lane_of(WINDOW_RECEIPTS + 1) is Lane.BATCH
