"""The processes that judge and countersign, and who gets them next.

Python runs one thread of a process at a time, and the PKCS#11 library takes one at a time, so the work on documents is
spread over processes. They are started by spawn: a forked copy of a process with threads, typst or PKCS#11 hangs.

A request is cut into pieces of a few dozen receipts, and each piece waits for its turn (``lanes``): a window never
waits for more than the piece that is being worked on.
"""

import asyncio
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from piaolian_node.errors import UnavailableError
from piaolian_node.receipts import desk
from piaolian_node.receipts.desk import DeskSettings
from piaolian_node.receipts.lanes import Lane, LaneQueue, lane_of

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

# Some 60 ms of work: long enough that handing it over costs nothing, short enough for a window to wait.
_PIECE_RECEIPTS = 50


class DeskPool:
    """Spreads work on receipts over processes, fairly.

    Args:
        settings: What each process needs to know.
        processes: How many.
    """

    def __init__(self, settings: DeskSettings, processes: int) -> None:
        self._settings = settings
        self._processes = processes
        self._executor: ProcessPoolExecutor | None = None
        self._free = processes
        self._waiting: LaneQueue[asyncio.Future[None]] = LaneQueue()

    async def run(
        self,
        unit: int,
        work: Callable[..., list[_Result]],
        items: Sequence[_Item],
        *shared: object,
    ) -> list[_Result]:
        """Do `work` on all items and return its results in their order.

        Args:
            unit: Whose request it is.
            work: A function of ``piaolian_node.receipts.desk``; it takes a piece of the items and `shared`.
            items: What to work on.
            *shared: Further arguments.

        Raises:
            UnavailableError: The processes died twice.
            PiaolianError: What the first piece that failed raised.
        """
        lane = lane_of(len(items))
        pieces = [items[start : start + _PIECE_RECEIPTS] for start in range(0, len(items), _PIECE_RECEIPTS)]
        done = await asyncio.gather(
            *[self._in_turn(lane, unit, work, piece, shared) for piece in pieces], return_exceptions=True
        )
        results: list[_Result] = []
        for piece_done in done:
            if isinstance(piece_done, BaseException):
                raise piece_done
            results += piece_done
        return results

    async def warm(self) -> None:
        """Start a first process before the first request needs it; the others start when there is work for them."""
        await self._work(desk.ready, (), ())

    def close(self) -> None:
        """End the processes; what they work on is given up."""
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None

    async def _in_turn(
        self,
        lane: Lane,
        unit: int,
        work: Callable[..., list[_Result]],
        piece: Sequence[Any],
        shared: tuple[object, ...],
    ) -> list[_Result]:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(lane, unit, turn)
        self._hand_out()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give_back()
            raise
        try:
            return await self._work(work, piece, shared)
        finally:
            self._give_back()

    def _hand_out(self) -> None:
        while self._free:
            turn = self._waiting.take()
            if turn is None:
                return
            if not turn.cancelled():
                self._free -= 1
                turn.set_result(None)

    def _give_back(self) -> None:
        self._free += 1
        self._hand_out()

    async def _work(
        self, work: Callable[..., list[_Result]], piece: Sequence[Any], shared: tuple[object, ...]
    ) -> list[_Result]:
        """Have a process do a piece; when one dies all are started anew, and the piece is done again once."""
        for _ in range(2):
            executor = self._started()
            try:
                return await asyncio.get_running_loop().run_in_executor(executor, work, piece, *shared)
            except BrokenProcessPool:
                if self._executor is executor:
                    self.close()
        raise UnavailableError(
            "internal-error",
            "the processes that judge receipts died",
            "票据处理进程异常退出",
            remedy="look into the node's log, and send the same request again",
        )

    def _started(self) -> ProcessPoolExecutor:
        if self._executor is None:
            self._executor = ProcessPoolExecutor(
                self._processes,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=desk.open_desk,
                initargs=(self._settings,),
            )
        return self._executor
