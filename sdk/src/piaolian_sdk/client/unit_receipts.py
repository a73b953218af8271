"""Issuing receipts in batches."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from piaolian_sdk.client import issuing
from piaolian_sdk.client.judging import receipt_problem
from piaolian_sdk.client.plan import build_request
from piaolian_sdk.client.results import BatchResult, IssuedReceipt, ItemResult, ReceiptDraft
from piaolian_sdk.client.session import UnitSession
from piaolian_sdk.receipt import write_unsigned
from piaolian_sdk.wire import (
    PreparedReceipt,
    PreparedReceipts,
    PrepareReceipts,
    Problem,
    RangeEntry,
    ReceiptToPrepare,
    SubmitReceipts,
    SubmittedReceipts,
    paths,
)


class UnitReceipts(UnitSession):
    """The part of the unit's client that issues receipts."""

    def prepare_receipts(self, message: PrepareReceipts, idempotency_key: str | None = None) -> PreparedReceipts:
        """Ask for numbers: one signed call, nothing checked here.

        Raises:
            RemoteError: The node refused the whole call or did not answer.
        """
        return self.connection.post(paths.RECEIPTS_PREPARE, message, PreparedReceipts, idempotency_key)

    def submit_receipts(self, message: SubmitReceipts, idempotency_key: str | None = None) -> SubmittedReceipts:
        """Hand signed receipts in: one signed call, nothing checked here.

        Raises:
            RemoteError: The node refused or did not answer.
        """
        return self.connection.post(paths.RECEIPTS_SUBMIT, message, SubmittedReceipts, idempotency_key)

    def issue(
        self, range_id: int, drafts: Sequence[ReceiptDraft], *, idempotency_key: str | None = None
    ) -> BatchResult:
        """Issue a batch: judge, prepare, sign, submit.

        One bad draft does not block the others. When this returns, the accepted receipts carry both signatures and are
        complete by the national rules; their stamp on the chain follows (``wait``).

        Args:
            range_id: A range of receipt numbers of this unit.
            drafts: 1 to 1,000.
            idempotency_key: For both calls (with suffixes); a fresh one when None.

        Raises:
            InputError: The range is not the unit's, or a member breaks the API's rules.
            SignerError: A key could not sign.
            RemoteError: The node did not answer, refused the whole call, or its answer is wrong.
        """
        entry = self.range_entry(range_id)
        at = self._beijing_now()
        problems = self._judge(entry, drafts, at)
        good = [draft for draft, problem in zip(drafts, problems, strict=True) if problem is None]
        key = idempotency_key if idempotency_key is not None else self._random(16).hex()
        results: Iterator[ItemResult] = iter(())
        submission = None
        if good:
            prepared = self.prepare_receipts(self._prepare_message(entry, good, at), f"{key}-prepare")
            issuing.check_prepared(prepared, good, range_id, entry.mode or "")
            submission, issued = self._submit(prepared, good, at, f"{key}-submit")
            results = iter([_result(item, issued) for item in prepared.items])
        items = [
            next(results) if problem is None else ItemResult(draft.business_number, "refused", problem=problem)
            for draft, problem in zip(drafts, problems, strict=True)
        ]
        return BatchResult(submission, tuple(items))

    def _judge(self, entry: RangeEntry, drafts: Sequence[ReceiptDraft], at: datetime) -> list[Problem | None]:
        catalogue = self._entries()
        return [receipt_problem(draft, entry, catalogue, at) for draft in drafts]

    def _prepare_message(self, entry: RangeEntry, drafts: Sequence[ReceiptDraft], at: datetime) -> PrepareReceipts:
        items = [
            build_request(
                ReceiptToPrepare,
                business_number=draft.business_number,
                draft=issuing.draft_document(draft.model, entry.prefix, at),
                payment_code=draft.payment_code,
            )
            for draft in drafts
        ]
        return build_request(PrepareReceipts, range=entry.range, items=items)

    def _submit(
        self, prepared: PreparedReceipts, drafts: Sequence[ReceiptDraft], at: datetime, key: str
    ) -> tuple[str | None, dict[str, IssuedReceipt]]:
        batch = []
        for draft, item in zip(drafts, prepared.items, strict=True):
            if item.verdict != "accepted" or item.number is None or item.check_code is None:
                continue
            model = issuing.numbered(draft.model, prepared.receipt_code, item.number, item.check_code, at)
            secrets = issuing.ReceiptSecrets.generate(self._random)
            signed = issuing.sign_receipt(
                write_unsigned(model), item.number, item.check_code, self.document_signer, secrets, at
            )
            batch.append((draft, item, signed))
        if not batch:
            return None, {}
        message = issuing.build_submission(
            prepared,
            batch,
            unit=self.unit,
            issued_at=at,
            deadline=self._deadline(),
            chain_signer=self.chain_signer,
            chain_id=self.chain_id,
            receipt_ledger=self.contract("ReceiptLedger"),
        )
        answer = self.submit_receipts(message, key)
        issuing.check_countersigned(answer.receipts, prepared.receipt_code, [signed for _, _, signed in batch])
        issued = {
            draft.business_number: issuing.issued_receipt(receipt, signed, draft.payment_code)
            for receipt, (draft, _, signed) in zip(answer.receipts, batch, strict=True)
        }
        return answer.submission, issued


def _result(item: PreparedReceipt, issued: dict[str, IssuedReceipt]) -> ItemResult:
    duplicate = item.duplicate_of
    return ItemResult(
        business_number=item.business_number,
        verdict=item.verdict,
        receipt=issued.get(item.business_number) if item.verdict == "accepted" else None,
        payment_code=None,
        problem=item.problem,
        duplicate_number=duplicate.number if duplicate else None,
        same_content=duplicate.same_content if duplicate else None,
    )
