"""The record of one batch of receipts: what was asked, answered and signed. No input or output happens here."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from piaolian_sdk.client.results import ReceiptDraft
from piaolian_sdk.errors import InputError
from piaolian_sdk.wire import Mode, PreparedReceipts, PrepareReceipts, Problem, SubmitReceipts
from piaolian_sdk.wire.base import Hex32

# Drafts are compared without what is filled in when they are issued.
_FILLED_IN: Any = {
    "header": True,
    "signatures": True,
    "main": {"einvoice_code", "einvoice_number", "random_number", "issue_date", "issue_time"},
}


class BatchRecord(BaseModel):
    """One batch under one idempotency key.

    Attributes:
        content: Digest of range and drafts.
        attempt: 1, and one more each time that the numbers had to be asked for anew.
        at: Beijing time that the documents bear.
        problems: What the rules of this library said of each draft.
        prepare: The first request; None when every draft was refused.
        prepared: Its answer, kept with the second request.
        submit: The second request, signed; None until the numbers are known or when none was given.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    content: Hex32
    attempt: int = 1
    at: AwareDatetime
    mode: Mode
    problems: list[Problem | None]
    prepare: PrepareReceipts | None
    prepared: PreparedReceipts | None = None
    submit: SubmitReceipts | None = None

    def key(self, key: str, step: str) -> str:
        """Return the idempotency key of one of the two requests."""
        return f"{key}-{step}" if self.attempt == 1 else f"{key}-{self.attempt}-{step}"


def content_digest(range_id: int, drafts: Sequence[ReceiptDraft]) -> bytes:
    """Return SHA-256 of a batch without numbers and times: the same for the same business."""
    digest = hashlib.sha256()
    for draft in drafts:
        parts = [
            range_id,
            draft.business_number,
            draft.payment_code,
            draft.payer_key,
            draft.model.model_dump_json(exclude=_FILLED_IN),
        ]
        digest.update(json.dumps(parts).encode())
    return digest.digest()


def read_record(data: bytes, content: bytes) -> BatchRecord:
    """Read a record and compare it with the batch that is sent again.

    Raises:
        InputError: ``journal-malformed``; or ``idempotency-conflict``: the key was used for another batch.
    """
    try:
        record = BatchRecord.model_validate_json(data)
    except ValidationError as exc:
        raise InputError(
            "journal-malformed",
            "the journal's record of this batch cannot be read",
            "无法读取该批次的本地记录",
            field="journal",
            remedy="ask the node for the submission by its Idempotency-Key before issuing these businesses again",
        ) from exc
    if record.content != content:
        raise InputError(
            "idempotency-conflict",
            "the idempotency key was used for another batch",
            "该幂等键已用于另一批票据",
            field="idempotency_key",
            rule="one key for one batch",
            remedy="send exactly the same drafts again, or use a new key for new ones",
        )
    return record
