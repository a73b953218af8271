"""The bank speaks twice: at once over CFX, and with the day's statement; one oracle is stopped, then one lies."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from demo.bank import ACCOUNT, Payment, forge_statement, movement_of, send_statement
from demo.catalogue import REGISTRATION
from demo.chapters.nontax import notice_on_chain, send_notices, wait_paid
from demo.errors import StoryFailedError
from piaolian_oracle.errors import PeerError
from piaolian_oracle.simulator import confirm
from piaolian_sdk.client import NoticeDraft

if TYPE_CHECKING:
    from collections.abc import Callable

    from demo.oracles import OracleStation
    from demo.report import Step
    from demo.world import World

PAYMENTS: Final = 6
_WITHIN_SECONDS: Final = 60.0
_DUE_FEN: Final = 8_000


def tell(world: World) -> None:
    """Confirm payments at once to two of three oracles, compare them with the statement, and have the third lie."""
    stations: list[OracleStation] = world.facts["oracles"]
    due = (world.now() + timedelta(days=15)).date()
    with world.report.step(f"实时缴款用通知书 {PAYMENTS + 2} 份 / notices for payments at once") as step:
        names = [*(f"SS-{index:05d}" for index in range(PAYMENTS)), "SS-alone", "SS-lie"]
        drafts = [NoticeDraft(name, ((REGISTRATION.code, "80.00"),), due) for name in names]
        codes = send_notices(world, "land_registry", drafts, step)
    payments = [Payment(f"S{index:06d}", codes[name], _DUE_FEN) for index, name in enumerate(names[:PAYMENTS])]

    with world.report.step("一个预言机停机，CFX 实时确认由另两个入账 / one stopped, two confirm over CFX") as step:
        _pay_at_once(world, stations, payments, step)
    with world.report.step("当日对账单核对，不重复入账 / the statement bears it out, nothing counts twice") as step:
        _compare(world, stations, payments, step)
    with world.report.step("停机的预言机恢复并补投 / the stopped one comes back and catches up") as step:
        _catch_up(world, stations[2], step)
    with world.report.step("只有一个预言机的确认与伪造的对账单不改变任何状态 / one that lies changes nothing") as step:
        _lie(world, stations, Payment("S900001", codes["SS-alone"], _DUE_FEN), codes["SS-lie"], step)


def _pay_at_once(world: World, stations: list[OracleStation], payments: list[Payment], step: Step) -> None:
    world.network.stop(stations[2].name)
    step.detail["stopped"] = stations[2].name
    begun = time.monotonic()
    for payment in payments:
        for station in stations[:2]:
            _confirm(world, station, payment)
    try:
        _confirm(world, stations[2], payments[0])
    except PeerError as exc:
        step.detail["not_reached"] = exc.code
    else:
        raise StoryFailedError("the stopped oracle took a confirmation")
    wait_paid(world, "land_registry", [payment.payment_code for payment in payments])
    step.detail["paid"] = len(payments)
    step.detail["seconds"] = round(time.monotonic() - begun, 1)


def _compare(world: World, stations: list[OracleStation], payments: list[Payment], step: Step) -> None:
    received = _totals(world)
    before = len(_repeats(world))
    send_statement(payments, [station.folder for station in stations], at=world.now())
    _wait(world, lambda: len(_repeats(world)) >= before + len(payments), "等待对账单核对 / waiting for the statement")
    if _totals(world) != received:
        raise StoryFailedError("the statement counted confirmed payments again")
    step.detail["repeats"] = len(payments)


def _catch_up(world: World, station: OracleStation, step: Step) -> None:
    before = _serial(world, station)
    world.network.start(station.name)
    _wait(world, lambda: _serial(world, station) > before, "等待补投 / waiting for the third vote")
    step.detail["started"] = station.name


def _lie(world: World, stations: list[OracleStation], alone: Payment, code: str, step: Step) -> None:
    liar = stations[2]
    # 1. Told by CFX to one oracle alone, of money that never came.
    before = _serial(world, liar)
    # The daemon listens a moment after it was started.
    _wait(world, lambda: _try_confirm(world, liar, alone), "等待端口 / waiting for its port")
    _wait(world, lambda: _serial(world, liar) > before, "等待它表决 / waiting for its vote")
    # 2. A statement that says 80.00 where the bank said 0.01; the two honest ones read what the bank sent.
    before, received = _serial(world, liar), _totals(world)["received"]
    truth = Payment("S900002", code, 1)
    forge_statement([truth], [replace(truth, amount_fen=_DUE_FEN)], stations[:2], liar, at=world.now())
    _wait(world, lambda: _totals(world)["received"] == received + 1, "等待两家入账 / waiting for the honest two")
    _wait(world, lambda: _serial(world, liar) > before, "等待它表决 / waiting for its vote")
    for payment_code in (alone.payment_code, code):
        if notice_on_chain(world, payment_code)["paid"]:
            raise StoryFailedError("one oracle alone paid a code")
    if _totals(world)["received"] != received + 1:
        raise StoryFailedError("a lie moved money")
    step.detail |= {"liar": liar.name, "received_fen": 1}


def _confirm(world: World, station: OracleStation, payment: Payment) -> None:
    confirm(movement_of(payment, world.now()), ACCOUNT, "127.0.0.1", station.cfx_port, station.cfx_peer)


def _try_confirm(world: World, station: OracleStation, payment: Payment) -> bool:
    try:
        _confirm(world, station, payment)
    except PeerError as exc:
        if exc.code != "peer-unreachable":
            raise StoryFailedError(exc.message) from exc
        return False
    return True


def _serial(world: World, station: OracleStation) -> int:
    return int(world.ledger.read("PaymentLedger", "lastSerialOf", station.source))


def _totals(world: World) -> dict[str, int]:
    names = ("received", "receipted", "refunded", "suspense")
    return dict(zip(names, world.ledger.read("PaymentLedger", "totals"), strict=True))


def _repeats(world: World) -> list[dict[str, Any]]:
    return list(world.ledger.history("PaymentLedger", "PaymentRepeated", world.book.deployed_block))


def _wait(world: World, is_done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _WITHIN_SECONDS
    while not is_done():
        world.report.progress(what)
        if time.monotonic() > deadline:
            raise StoryFailedError(f"{what}: not in time")
        time.sleep(0.3)
