"""The books of the payment stories: reconciled four ways, and the day closed with totals equal to the chain's."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from piaolian_oracle.export import export_lines
from piaolian_sdk.beijing import date_from_day_number, day_number
from piaolian_sdk.cli import main
from piaolian_sdk.errors import InputError, VerificationError
from piaolian_sdk.reconciliation import (
    BankLine,
    Books,
    CodeDirectory,
    Reconciliation,
    TreasuryEntry,
    balance,
    close_day,
    last_block_of_day,
    read_bank_lines,
    read_books,
    reconcile,
    sign_day,
    verify_day,
)
from piaolian_sdk.signing import SUITE_SM2, CertificateAuthority, SoftwareSigner
from support.payment_stories import read_stories, tell
from support.payment_world import PaymentWorld, run_payment_world

_DAY_SECONDS = 86_400


@dataclass
class Told:
    """The world after its stories, what the bank said, and a department's key."""

    world: PaymentWorld
    day: int
    export: bytes
    key: bytes
    certificate: bytes

    @property
    def lines(self) -> list[BankLine]:
        return read_bank_lines(self.export)

    def reconciled(self, entries: list[TreasuryEntry] | None) -> tuple[Books, Reconciliation]:
        at = last_block_of_day(self.world.reader, self.day)
        books, directory = read_books(self.world.reader, at), CodeDirectory(self.world.reader, at)
        return books, reconcile(books, self.lines, entries, directory.code_of, directory.text_of)

    def entries(self) -> list[TreasuryEntry]:
        """What the treasury wrote down of everything that came in, each line once."""
        seen: dict[tuple[str, str], TreasuryEntry] = {}
        for line in self.lines:
            if not line.reason and (line.code, line.reference) not in seen:
                voucher = f"V{len(seen):05d}"
                seen[line.code, line.reference] = TreasuryEntry(
                    voucher, line.code, line.amount_fen, line.day, line.reference
                )
        return list(seen.values())


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    wanted = {"exact-several-lines", "exact-waits-for-receipt", "under-refunded", "over", "late-reinstated-then-red"}
    wanted |= {"second-payment", "told-again", "taken-back-in-the-same-statement", "full-refund-seen-at-the-bank"}
    wanted |= {"partial-refund", "unknown-in-no-range", "foreign-currency", "red-not-yet-refunded", "exact"}
    with run_payment_world(tmp_path_factory.mktemp("books")) as world:
        stories = [story for story in read_stories() if story.name in wanted]
        assert len(stories) == len(wanted)
        tellings = tell(world, stories)
        assert [telling.problem for telling in tellings.values()] == [None] * len(wanted)
        day = day_number(world.today)
        with pytest.raises(InputError):
            last_block_of_day(world.reader, day)
        world.anvil.set_time(world.reader.latest().timestamp + _DAY_SECONDS)
        authority = CertificateAuthority.create("测试根证书", SUITE_SM2)
        key, certificate = authority.issue("测试财政", SUITE_SM2)
        yield Told(world, day, export_lines(world.oracles[0].database), key, certificate)


def test_exports__of_all_oracles__say_the_same_of_the_bank(told: Told) -> None:
    exports = [json.loads(export_lines(oracle.database))["lines"] for oracle in told.world.oracles]

    assert exports[0] == exports[1] == exports[2]
    assert len(exports[0]) > 15


def test_reconciliation__of_the_stories__explains_every_fen(told: Told) -> None:
    books, found = told.reconciled(told.entries())

    whole = balance(books.postings)
    fen = {
        kind: sum(item.amount_fen for item in found.open_items if item.kind == kind)
        for kind in {i.kind for i in found.open_items}
    }
    # 1. Everything that came in is on the ledger, or is open with its reason.
    came_in = sum(entry.amount_fen for entry in told.entries())
    assert came_in == whole.received + fen["code-unknown"]
    assert not {"amount-differs", "not-on-ledger", "not-at-bank", "treasury-only", "not-in-treasury"} & fen.keys()
    # 2. Everything that the ledger holds for a person is an open item.
    assert fen["suspense"] + fen["reversed-not-refunded"] == whole.suspense
    assert fen["paid-not-receipted"] == whole.paid
    # 3. Refunds are paid out, or open; one was seen at the bank.
    paid_out = sum(match.amount_fen for match in found.matches if match.rule == "refund-by-code-and-amount")
    assert fen["refund-not-paid-out"] + paid_out == whole.refunded
    assert paid_out == 8000
    assert found.ambiguities == []
    assert found.by_rule().keys() == {
        "ledger-by-reference", "refund-by-code-and-amount", "taken-back-in-statement", "told-again",
        "treasury-by-reference",
    }  # fmt: skip
    assert all(item.age_days(told.day + 3) >= 3 for item in found.open_items if item.kind == "suspense")


def test_day__closed_and_signed__has_the_totals_of_the_chain(told: Told) -> None:
    books, found = told.reconciled(told.entries())
    at = last_block_of_day(told.world.reader, told.day)
    totals = told.world.reader.payment_ledger.totals(at)
    signer = SoftwareSigner.from_pem(told.key, told.certificate)
    chain_id = told.world.reader.address_book.chain_id

    closed = sign_day(close_day(books, found, totals, day=told.day, at=at, chain_id=chain_id, previous=""), signer)
    content = verify_day(closed, signer.certificate, totals)

    assert content["closing"]["received"] == f"{totals.received / 100:.2f}"
    assert content["day"] == date_from_day_number(told.day).isoformat()
    blue = sum(fen_of(row["blue"]) for row in content["rows"])
    red = sum(fen_of(row["red"]) for row in content["rows"])
    assert blue - red == totals.receipted
    assert {row["unit"] for row in content["rows"]} == {unit.number for unit in told.world.units}
    # One changed fen, another key, or a chain that says otherwise: none of them passes.
    forged = replace(closed, document=closed.document.replace(b"80.00", b"80.01", 1))
    with pytest.raises(VerificationError):
        verify_day(forged, signer.certificate, totals)
    with pytest.raises(VerificationError) as caught:
        verify_day(closed, signer.certificate, replace(totals, received=totals.received + 1))
    assert caught.value.code == "day-statement-wrong"


def test_day__with_books_that_differ_from_the_chain__does_not_close(told: Told) -> None:
    books, found = told.reconciled(None)
    at = last_block_of_day(told.world.reader, told.day)
    totals = told.world.reader.payment_ledger.totals(at)
    books.postings.pop()

    with pytest.raises(InputError) as caught:
        close_day(books, found, totals, day=told.day, at=at, chain_id=1, previous="")

    assert caught.value.code == "day-does-not-close"


def test_day__with_an_undecided_ambiguity__does_not_close(told: Told) -> None:
    second = next(line for line in told.lines if line.code and not line.reason)
    entries = [entry for entry in told.entries() if entry.code != second.code]
    twice = [TreasuryEntry(f"X{place}", second.code, second.amount_fen, second.day) for place in range(2)]
    books, found = told.reconciled([*entries, *twice])
    at = last_block_of_day(told.world.reader, told.day)
    totals = told.world.reader.payment_ledger.totals(at)
    assert len(found.ambiguities) == 1

    with pytest.raises(InputError):
        close_day(books, found, totals, day=told.day, at=at, chain_id=1, previous="")


def fen_of(text: str) -> int:
    return int(text.replace(".", ""))


def test_commands__reconcile_close_and_verify__agree(
    told: Told, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["凭证号", "缴款识别码", "金额", "日期", "银行流水"])
    for entry in told.entries():
        day = date_from_day_number(entry.day).isoformat()
        writer.writerow([entry.voucher, entry.code, f"{entry.amount_fen / 100:.2f}", day, entry.reference])
    files = {"bank.json": told.export, "treasury.csv": table.getvalue().encode(), "key.pem": told.key}
    files |= {"certificate.pem": told.certificate, "book.json": told.world.reader.address_book.to_json().encode()}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    chain = ["--rpc", told.world.anvil.url, "--address-book", str(tmp_path / "book.json"), "--finality-depth", "0"]
    sides = ["--bank", str(tmp_path / "bank.json"), "--treasury", str(tmp_path / "treasury.csv")]
    out, certificate = str(tmp_path / "day.json"), ["--certificate", str(tmp_path / "certificate.pem")]
    day = date_from_day_number(told.day).isoformat()

    assert main(["books", "reconcile", *chain, *sides]) == 0
    said = capsys.readouterr().out
    assert "差额 0.00" in said
    assert "缴款码未登记" in said
    assert (
        main(
            [
                "books",
                "close",
                *chain,
                *sides,
                "--day",
                day,
                *certificate,
                "--key",
                str(tmp_path / "key.pem"),
                "--out",
                out,
            ]
        )
        == 0
    )
    assert main(["books", "verify", out, *chain, *certificate]) == 0
    assert "有效" in capsys.readouterr().out
    (tmp_path / "day.json").write_bytes((tmp_path / "day.json").read_bytes().replace(b"80.00", b"80.01", 1))
    assert main(["books", "verify", out, *chain, *certificate]) == 1
