"""Blocking client code that waits without blocking: the asynchronous clients run the very code of the blocking ones.

The code runs in a greenlet. Where the blocking connection would wait, the asynchronous one hands an awaitable to
whoever runs the greenlet and is switched back with the result; SQLAlchemy's asyncio works in the same way.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import greenlet  # type: ignore[import-untyped] # It ships no types.

_Result = TypeVar("_Result")


class _Flow(greenlet.greenlet):  # type: ignore[misc] # The library is not typed.
    """A greenlet that ``run_flow`` drives."""


def wait_for(awaitable: Awaitable[_Result]) -> _Result:
    """Return what an awaitable gives, from within code that ``run_flow`` runs.

    Raises:
        RuntimeError: No ``run_flow`` runs this code.
    """
    current = greenlet.getcurrent()
    if not isinstance(current, _Flow) or current.parent is None:
        close = getattr(awaitable, "close", None)
        if close is not None:
            close()
        raise RuntimeError("an asynchronous client was called without await")
    result: _Result = current.parent.switch(awaitable)
    return result


def sleep(seconds: float) -> None:
    """Wait, within code that ``run_flow`` runs."""
    wait_for(asyncio.sleep(seconds))


async def run_flow(work: Callable[..., _Result], *arguments: Any, **named: Any) -> _Result:  # noqa: ANN401 # Any call.
    """Run blocking code; other tasks run while it waits.

    Work between two waits (signing a batch takes a second) holds the event loop, as any other call would.

    Raises:
        BaseException: Whatever the code raises, ``CancelledError`` included.
    """
    flow = _Flow(work, greenlet.getcurrent())
    flow.gr_context = greenlet.getcurrent().gr_context
    given: Any = flow.switch(*arguments, **named)
    while not flow.dead:
        try:
            value = await given
        except BaseException as error:  # noqa: BLE001 # The waiting code is to see it, a cancellation too.
            given = flow.throw(error)
        else:
            given = flow.switch(value)
    result: _Result = given
    return result
