"""The index is deleted and made again: the same bytes, and every body opens."""

from pathlib import Path

from support.node import NodeWorld
from support.remembering import (
    delete_index,
    export_of,
    issue_by_code,
    issue_by_list,
    open_as_unit,
    records_of,
    reverse_one,
    rows_of,
)

# No document tells these: the printed code is signed anew, counts and times are not kept in bodies.
_NOT_IN_BODIES = ("qr", "created_at", "verified_count")


def test_c084_rebuild__index_and_receipts_deleted__same_export_and_every_body_opens(
    node_world: NodeWorld, tmp_path: Path
) -> None:
    site = node_world.site
    receipts = issue_by_list(node_world, 12, seed=7101)
    reverse_one(node_world, receipts[3])
    issue_by_code(node_world, "7101")
    while_running = site.command("rebuild", check=False)
    site.stop()
    before, rows = export_of(site), rows_of(site, "receipts", *_NOT_IN_BODIES)
    used = rows_of(site, "notices")
    block = int(before.split(b'"block":')[1].split(b",")[0])

    with records_of(site) as connection:
        lost, altered = (int(receipt.number) for receipt in receipts[:2])
        ranges = f"range = {node_world.province.units['hospital'].ranges['0601'].range_id}"
        key = connection.execute(f"SELECT * FROM receipt_keys WHERE number = ? AND {ranges}", [lost]).fetchone()
        connection.execute(f"DELETE FROM receipt_keys WHERE number = ? AND {ranges}", [lost])
        change = f"UPDATE receipts SET amount_fen = amount_fen + ? WHERE number = ? AND {ranges}"
        connection.execute(change, [1, altered])
        connection.commit()
        faulty = site.command("rebuild", check=False)
        connection.execute("INSERT INTO receipt_keys VALUES (?, ?, ?, ?, ?)", key)
        connection.execute(change, [-1, altered])
        connection.commit()
    delete_index(site, "receipts")
    assert site.command("export-index", str(tmp_path / "nothing"), check=False).count("block-not-final") == 1
    printed = site.command("rebuild")
    site.command("export-index", str(tmp_path / "export"), "--at", str(block))
    after = export_of(site, at=block)
    rebuilt = rows_of(site, "receipts", *_NOT_IN_BODIES)
    site.start()

    assert "已有一个工作进程在运行" in while_running
    assert f"{receipts[0].code}{lost:010d}: body or key is missing" in faulty
    assert f"{receipts[1].code}{altered:010d}: the records say something else: amount_fen" in faulty
    assert before.count(b"\n") > 50
    assert after == before == (tmp_path / "export").read_bytes()
    assert rebuilt == rows
    assert rows_of(site, "notices") == used
    assert f"正文可解密 / bodies opened: {len(rows)}" in printed
    assert f"补写票据记录 / receipts written: {len(rows)}" in printed
    assert "索引 / index:" in printed
    state = node_world.unit("hospital").receipt_state(receipts[3].code, receipts[3].number, receipts[3].check_code)
    assert state.state == "reversed"
    assert open_as_unit(node_world, receipts[5]) == receipts[5].document
