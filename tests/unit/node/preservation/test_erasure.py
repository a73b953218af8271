"""Keys that may be destroyed are in no file any more: database, log, replica, next backup. Before, nothing moves."""

import base64
import os
import shutil
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from piaolian_node.config import ReplicaSetting
from piaolian_node.database import Database
from piaolian_node.database.records import bodies, receipt_keys, receipts
from piaolian_node.database.replica import make_replica
from piaolian_node.errors import RefusedError
from piaolian_node.preservation.backup import make_backup
from piaolian_node.preservation.erasure.desk import ErasureDesk, is_erased
from piaolian_node.preservation.strongbox import Key, Lock, read_box
from piaolian_node.receipts.bodies import require_body
from piaolian_sdk.beijing import day_number
from piaolian_sdk.errors import InputError, PiaolianError
from piaolian_sdk.sm2 import Sm2PrivateKey
from support.node_fakes import accept, issue_payload

KEY = Sm2PrivateKey.generate(os.urandom)
LAST_DAY, AFTER = date(2056, 12, 31), date(2057, 1, 1)
FIRST, SECOND, WAITING = "320101260000000001", "320101260000000002", "320101260000000003"


def secret(name: str, number: int) -> bytes:
    return f"{name}-of-{number}-".encode() * 8


@pytest.fixture
async def database(template: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """Two final receipts of 2026 and one on its way, with a replica."""
    make_replica(tmp_path / "replica.sqlite")
    shutil.copyfile(template, tmp_path / "node.sqlite")
    made = Database(f"sqlite+aiosqlite:///{tmp_path / 'node.sqlite'}", ReplicaSetting(str(tmp_path / "replica.sqlite")))
    await accept(made, "done", issue_payload(1, 2), state="final")
    await accept(made, "waiting", issue_payload(3, 1))
    async with made.write() as connection:
        for number in (1, 2, 3):
            place = {"range": 5, "number": number}
            await connection.execute(insert(receipts).values(**row_of(number), **place))
            await connection.execute(
                insert(bodies).values(**place, submission="done", cid="b", ciphertext=secret("sealed", number))
            )
            await connection.execute(
                insert(receipt_keys).values(
                    **place,
                    wrapped_content_key=secret("content", number),
                    payer_wrapped_key=secret("payer", number),
                    sealed_booking_secret=secret("booking", number),
                )
            )
    yield made
    await made.close()


def row_of(number: int) -> dict[str, object]:
    digests = dict.fromkeys(("content_digest", "lines_hash", "document_digest", "fields_root", "leaf"), bytes(32))
    return {
        "code": "32010126",
        "unit": 1,
        "kind": 601,
        "mode": 2,
        "submission": "waiting" if number == 3 else "done",
        "business_number": f"b-{number}",
        "check_code": "abc123",
        "issue_day": day_number(date(2026, 3, 2)),
        "amount_fen": 100,
        "fields_seed": secret("seed", number),
        "booking_address": "0x",
        "qr": "",
        "created_at": 1,
        **digests,
    }


async def erase(desk: ErasureDesk, *keys: str, today: date = AFTER, second: str = "records-2") -> int:
    plan = await desk.propose(keys, "保存期满", "records-1", today)
    return await desk.carry_out(plan.digest, second, today, 9)


def on_disk(folder: Path) -> bytes:
    """Return every byte of database, log and replica."""
    files = [path for path in folder.iterdir() if path.name.startswith(("node.sqlite", "replica.sqlite"))]
    assert len(files) >= 2
    return b"".join(path.read_bytes() for path in files)


async def test_c106_erase__two_persons_after_retention__in_no_copy_and_the_others_untouched(
    database: Database, tmp_path: Path
) -> None:
    desk = ErasureDesk(database, 30)
    erased = [secret(name, 1) for name in ("content", "payer", "booking", "seed", "sealed")]
    assert all(value in on_disk(tmp_path) for value in erased)

    assert await erase(desk, FIRST) == 1
    made = await make_backup(
        database, 7, tmp_path, Lock([KEY.public_key]), timedelta(days=35), datetime(2057, 1, 2, tzinfo=UTC)
    )

    with made.file.open("rb") as source:
        plain = zlib.decompress(b"".join(read_box(source, Key(private_key=KEY))))
    files = on_disk(tmp_path)
    assert [value in files for value in erased] == [False] * 5
    assert all(secret(name, 2) in files for name in ("content", "payer", "booking", "seed"))
    async with database.read() as connection:
        assert [await is_erased(connection, 5, number) for number in (1, 2)] == [True, False]
        kept = (await connection.execute(select(receipt_keys.c.number).order_by(receipt_keys.c.number))).scalars()
        assert list(kept) == [2, 3]
    assert [base64.b64encode(secret("content", number)) in plain for number in (1, 2)] == [False, True]
    with pytest.raises(RefusedError) as refused:
        await erase(desk, FIRST)
    assert refused.value.code == "erasure-impossible"


@pytest.mark.parametrize(
    ("keys", "today", "second", "code"),
    [
        ((FIRST,), LAST_DAY, "records-2", "erasure-before-retention"),
        ((FIRST,), AFTER, " Records-1", "erasure-needs-second-person"),
        ((FIRST, WAITING), AFTER, "records-2", "erasure-impossible"),
        (("320101260000000009",), AFTER, "records-2", "erasure-impossible"),
        (("32010126",), AFTER, "records-2", "receipt-key-malformed"),
        ((), AFTER, "records-2", "erasure-list-malformed"),
    ],
    ids=["last day", "same person", "on its way", "unknown", "malformed", "empty"],
)
async def test_erase__a_rule_forbids_it__nothing_destroyed(
    database: Database, tmp_path: Path, keys: tuple[str, ...], today: date, second: str, code: str
) -> None:
    with pytest.raises(PiaolianError) as refused:
        await erase(ErasureDesk(database, 30), *keys, today=today, second=second)
    assert refused.value.code == code
    assert secret("content", 1) in on_disk(tmp_path)


async def test_erase__hold_laid_after_the_list__refused_until_it_ends(database: Database, tmp_path: Path) -> None:
    desk = ErasureDesk(database, 30)
    plan = await desk.propose([FIRST, SECOND], "保存期满", "records-1", AFTER)
    await desk.hold(SECOND, "case-7", "records-3", 1)
    with pytest.raises(InputError) as refused:
        await desk.carry_out(plan.digest, "records-2", AFTER, 9)
    assert refused.value.code == "erasure-under-legal-hold"
    assert secret("content", 1) in on_disk(tmp_path)
    await desk.release(SECOND, "case-7")
    assert await desk.carry_out(plan.digest, "records-2", AFTER, 9) == 2
    for again in (desk.carry_out(plan.digest, "records-2", AFTER, 9), desk.release(SECOND, "case-7")):
        with pytest.raises(RefusedError):
            await again


def test_require_body__destroyed_or_lost__told_apart() -> None:
    with pytest.raises(RefusedError) as refused:
        require_body(None, is_erased=True)
    assert refused.value.code == "receipt-erased"
    require_body(None, is_erased=False)
    require_body(b"body", is_erased=False)
