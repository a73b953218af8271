"""Build what the unit signs when it registers payment notices. No input or output happens here."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from piaolian_sdk.acts import ChainSigner, Notice
from piaolian_sdk.beijing import day_number
from piaolian_sdk.client.errors import malformed_answer
from piaolian_sdk.client.results import NoticeDraft
from piaolian_sdk.money import fen_from_text
from piaolian_sdk.tree import Line
from piaolian_sdk.wire import CatalogueEntry, PreparedNotice, PreparedNotices, Problem, SubmitNotices


def notice_problem(draft: NoticeDraft, catalogue: Mapping[str, CatalogueEntry], now: datetime) -> Problem | None:
    """Return why the node would refuse the notice, or None. ``now`` is Beijing time."""
    if draft.due_day < now.date():
        return _problem("due-day-passed", "due_day", f"限缴日期 {draft.due_day} 已过")
    for place, (item_code, amount) in enumerate(draft.lines):
        entry = catalogue.get(item_code)
        if entry is None or not entry.enabled:
            return _problem("item-disabled", f"lines.{place}.item_code", f"收费项目 {item_code} 不在目录内或已停用")
        fen = fen_from_text(amount)
        if not fen_from_text(entry.minimum) <= fen <= fen_from_text(entry.maximum):
            return _problem(
                "item-amount-out-of-bounds",
                f"lines.{place}.amount",
                f"收费项目 {item_code} 的金额须在 {entry.minimum} 与 {entry.maximum} 之间",
            )
    return None


def encode_notices(notices: Sequence[Sequence[Line]]) -> tuple[bytes, bytes]:
    """Return the lanes and lines of ``Notice``: see ``wire.SubmitNotices``.

    Raises:
        InputError: An amount does not fit 48 bits.
    """
    lanes, lines = bytearray(), bytearray()
    for notice in notices:
        if len(notice) == 1:
            lanes += notice[0].to_bytes()
            continue
        lanes += Line(sum(line.amount_fen for line in notice), 0).to_bytes()
        lines += bytes([len(notice)]) + b"".join(line.to_bytes() for line in notice)
    return bytes(lanes), bytes(lines)


def build_notice_submission(
    prepared: PreparedNotices,
    accepted: Sequence[tuple[NoticeDraft, PreparedNotice]],
    catalogue: Mapping[str, CatalogueEntry],
    *,
    unit: int,
    deadline: int,
    chain_signer: ChainSigner,
    chain_id: int,
    payment_ledger: str,
) -> SubmitNotices:
    """Return the submission of all accepted notices with the unit's signature.

    Raises:
        SignerError: The chain key could not sign.
        RemoteError: The codes are not consecutive.
    """
    sequences = [int((item.payment_code or "0")[10:]) for _, item in accepted]
    first = prepared.first if prepared.first is not None else 0
    if not prepared.lease or sequences != list(range(first, first + len(accepted))):
        raise malformed_answer("the payment codes are not consecutive", "缴款码不连续")
    notices = [
        [Line(fen_from_text(amount), catalogue[item_code].item) for item_code, amount in draft.lines]
        for draft, _ in accepted
    ]
    lanes, lines = encode_notices(notices)
    due_day = accepted[0][0].due_day
    act = Notice(
        unit=unit,
        range=prepared.range,
        first=first,
        due_day=day_number(due_day),
        lanes=lanes,
        lines=lines,
        deadline=deadline,
    )
    return SubmitNotices(
        lease=prepared.lease,
        due_day=due_day,
        lanes=lanes,
        lines=lines,
        deadline=deadline,
        signature=act.sign(chain_signer, chain_id, payment_ledger),
    )


def _problem(code: str, field: str, detail_zh: str) -> Problem:
    return Problem(
        code=code,
        title="缴款通知书不符合规则",
        detail=f"{field} breaks a rule of payment notices",
        detail_zh=detail_zh,
        field=field,
        remedy="use the catalogue of the finance department",
        decided_by="sdk",
    )
