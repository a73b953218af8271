"""Erasing: who may destroy the keys of which receipts, and when. Pure; the node destroys what is approved here.

Destroying a receipt's wrapped content keys makes its body unreadable for everybody; the commitment on chain stays. The
order is that in which accounting records are destroyed (会计档案管理办法): a list is drawn up (销毁清册), a second
person approves exactly this list, then it is carried out.

Not claimed: a unit's own files, delivered documents and keys that were unwrapped before are beyond this network.

>>> from datetime import date
>>> due = ErasureCandidate("320601200000010003", date(2025, 12, 31))
>>> plan = propose_erasure([due], reason="保存期满", proposed_by="records-1", today=date(2026, 3, 2))
>>> approved = approve_erasure(plan, plan.digest, [due], approved_by="records-2", today=date(2026, 3, 3))
>>> approved.receipt_keys
('320601200000010003',)
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from piaolian_sdk.codes import ReceiptKey
from piaolian_sdk.errors import ErrorCode, InputError


@dataclass(frozen=True, slots=True)
class ErasureCandidate:
    """What the node knows of a receipt that is to be erased.

    Attributes:
        receipt_key: Code and number, 18 digits.
        retained_until: Last Beijing day on which the receipt must be kept.
        legal_holds: References of the proceedings that forbid it; empty when there is none.
    """

    receipt_key: str
    retained_until: date
    legal_holds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DestructionList:
    """A list that one person drew up (销毁清册).

    Attributes:
        receipt_keys: In ascending order, each once.
        reason: Why, as it is filed.
        proposed_by: Account of the first person.
        proposed_on: Beijing day.
    """

    receipt_keys: tuple[str, ...]
    reason: str
    proposed_by: str
    proposed_on: date

    @property
    def digest(self) -> bytes:
        """SHA-256 over the list, 32 bytes; the second person approves this and nothing else."""
        content = [list(self.receipt_keys), self.reason, self.proposed_by, self.proposed_on.isoformat()]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()).digest()


@dataclass(frozen=True, slots=True)
class ApprovedErasure:
    """What may be carried out now, and the record of it to be filed.

    Attributes:
        plan: The list.
        approved_by: Account of the second person.
        approved_on: Beijing day.
    """

    plan: DestructionList
    approved_by: str
    approved_on: date

    @property
    def receipt_keys(self) -> tuple[str, ...]:
        """The receipts whose wrapped keys are to be destroyed."""
        return self.plan.receipt_keys


def propose_erasure(
    candidates: Sequence[ErasureCandidate], *, reason: str, proposed_by: str, today: date
) -> DestructionList:
    """Draw up a destruction list; one receipt that must be kept refuses the whole list.

    Args:
        candidates: The receipts, as the node's records have them.
        reason: Why; filed with the list.
        proposed_by: Account of the person.
        today: The current Beijing day.

    Raises:
        InputError: ``erasure-list-malformed``, ``erasure-before-retention`` or ``erasure-under-legal-hold``.
    """
    if not candidates or not reason.strip() or not proposed_by.strip():
        raise _malformed("it needs receipts, a reason and a person", "须有票据、事由和经办人")
    keys = sorted(str(ReceiptKey(candidate.receipt_key)) for candidate in candidates)
    if len(set(keys)) != len(keys):
        raise _malformed("a receipt stands in it twice", "同一票据重复列入")
    _check_retention(candidates, today)
    return DestructionList(tuple(keys), reason, proposed_by, today)


def approve_erasure(
    plan: DestructionList,
    approved_digest: bytes,
    candidates: Sequence[ErasureCandidate],
    *,
    approved_by: str,
    today: date,
) -> ApprovedErasure:
    """Approve a list as the second person. Retention and holds are judged again, by today's records.

    Args:
        plan: The list, as it was stored.
        approved_digest: Digest of the list that the second person saw, 32 bytes.
        candidates: The same receipts, read again.
        approved_by: Account of the second person.
        today: The current Beijing day.

    Raises:
        InputError: ``erasure-needs-second-person``, ``erasure-list-changed``, ``erasure-before-retention`` or
            ``erasure-under-legal-hold``.
    """
    # 1. Two persons: accounts are compared as they are looked up, without blanks and case.
    second = approved_by.strip().casefold()
    if not second or second == plan.proposed_by.strip().casefold():
        raise _refused(
            "erasure-needs-second-person",
            "the person who drew up a list cannot approve it",
            "经办人不得审批自己提出的销毁清册，须由第二人审批",
            "approved_by",
            "let another person approve the list",
        )
    # 2. Exactly the list that was seen, and records of exactly its receipts.
    keys = tuple(sorted(candidate.receipt_key for candidate in candidates))
    if approved_digest != plan.digest or keys != plan.receipt_keys or today < plan.proposed_on:
        raise _refused(
            "erasure-list-changed",
            "the list is not the one that was approved",
            "销毁清册与审批时所见不一致",
            "plan",
            "show the list again and approve it as it is now",
        )
    # 3. A hold may have been laid since the list was drawn up.
    _check_retention(candidates, today)
    return ApprovedErasure(plan, approved_by, today)


def _check_retention(candidates: Sequence[ErasureCandidate], today: date) -> None:
    for candidate in candidates:
        if candidate.legal_holds:
            raise _refused(
                "erasure-under-legal-hold",
                f"receipt {candidate.receipt_key} is under legal hold",
                f"票据 {candidate.receipt_key} 涉及未结事项，不得销毁",
                candidate.receipt_key,
                "wait until every hold is lifted, or take the receipt off the list",
            )
        if today <= candidate.retained_until:
            raise _refused(
                "erasure-before-retention",
                f"receipt {candidate.receipt_key} must be kept until {candidate.retained_until.isoformat()}",
                f"票据 {candidate.receipt_key} 保存期至 {candidate.retained_until.isoformat()}，期满前不得销毁",
                candidate.receipt_key,
                "wait until the day after, or take the receipt off the list",
            )


def _malformed(why: str, why_zh: str) -> InputError:
    return _refused(
        "erasure-list-malformed",
        f"the destruction list is malformed: {why}",
        f"销毁清册有误：{why_zh}",
        "candidates",
        "draw up the list again",
    )


def _refused(code: ErrorCode, message: str, message_zh: str, field: str, remedy: str) -> InputError:
    return InputError(
        code,
        message,
        message_zh,
        field=field,
        rule="kept to the end of retention, under no hold, erased by two persons by a list",
        remedy=remedy,
    )
