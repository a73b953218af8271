"""Issuing receipts in batches."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from piaolian_sdk.client import issuing
from piaolian_sdk.client.batch_record import BatchRecord, content_digest, read_record
from piaolian_sdk.client.errors import NodeRefusedError
from piaolian_sdk.client.journal import Journal
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

_Signed = tuple[ReceiptDraft, PreparedReceipt, issuing.SignedReceipt]
# The lease ended, and nothing was accepted under it.
_LEASE_GONE = frozenset({"lease-expired", "lease-unknown"})


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

        When this raises, or the process dies in it, call it again with the same key and drafts: what was signed is kept
        in the journal before it is sent, so that the same receipts come back whether the node had them or not.

        Args:
            range_id: A range of receipt numbers of this unit.
            drafts: 1 to 1,000.
            idempotency_key: For both calls (with suffixes). A fresh one when None, and then nothing can be sent again.

        Raises:
            InputError: The range is not the unit's, a member breaks the API's rules, or the key has another batch.
            SignerError: A key could not sign.
            RemoteError: The node did not answer, refused the whole call, or its answer is wrong.
        """
        key = idempotency_key if idempotency_key is not None else self._random(16).hex()
        journal = self.journal if idempotency_key is not None else None
        content = content_digest(range_id, drafts)
        kept = journal.read(key) if journal is not None else None
        if kept is None:
            return self._issue(self._new_record(range_id, drafts, content, 1), range_id, drafts, key, journal)
        record = read_record(kept, content)
        try:
            return self._issue(record, range_id, drafts, key, journal)
        except NodeRefusedError as error:
            if error.code not in _LEASE_GONE:
                raise
        # The numbers went back before anything was accepted: ask for others.
        again = self._new_record(range_id, drafts, content, record.attempt + 1)
        return self._issue(again, range_id, drafts, key, journal)

    def _new_record(self, range_id: int, drafts: Sequence[ReceiptDraft], content: bytes, attempt: int) -> BatchRecord:
        entry = self.range_entry(range_id)
        at = self._beijing_now()
        problems = self._judge(entry, drafts, at)
        good = _good(drafts, problems)
        return BatchRecord(
            content=content,
            attempt=attempt,
            at=at,
            mode=entry.mode or "list",
            problems=problems,
            prepare=self._prepare_message(entry, good, at) if good else None,
        )

    def _issue(
        self,
        record: BatchRecord,
        range_id: int,
        drafts: Sequence[ReceiptDraft],
        key: str,
        journal: Journal | None,
    ) -> BatchResult:
        """Go on with a batch from where its record stands."""
        results: Iterator[ItemResult] = iter(())
        submission = None
        if record.prepare is not None:
            good = _good(drafts, record.problems)
            prepared, message, batch = record.prepared, record.submit, []
            if prepared is None:
                _keep(journal, key, record)
                prepared = self.prepare_receipts(record.prepare, record.key(key, "prepare"))
                issuing.check_prepared(prepared, good, range_id, record.mode)
                batch = self._sign_all(prepared, good, record.at)
                message = self._submission(prepared, batch, record.at) if batch else None
                _keep(journal, key, record.model_copy(update={"prepared": prepared, "submit": message}))
            elif message is not None:
                batch = _signed_before(prepared, good, message)
            issued: dict[str, IssuedReceipt] = {}
            if message is not None:
                submission, issued = self._hand_in(prepared, batch, message, record.key(key, "submit"))
            results = iter([_result(item, issued) for item in prepared.items])
        items = [
            next(results) if problem is None else ItemResult(draft.business_number, "refused", problem=problem)
            for draft, problem in zip(drafts, record.problems, strict=True)
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

    def _sign_all(self, prepared: PreparedReceipts, drafts: Sequence[ReceiptDraft], at: datetime) -> list[_Signed]:
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
        return batch

    def _submission(self, prepared: PreparedReceipts, batch: Sequence[_Signed], at: datetime) -> SubmitReceipts:
        return issuing.build_submission(
            prepared,
            batch,
            unit=self.unit,
            issued_at=at,
            deadline=self._deadline(),
            chain_signer=self.chain_signer,
            chain_id=self.chain_id,
            receipt_ledger=self.contract("ReceiptLedger"),
        )

    def _hand_in(
        self, prepared: PreparedReceipts, batch: Sequence[_Signed], message: SubmitReceipts, key: str
    ) -> tuple[str, dict[str, IssuedReceipt]]:
        answer = self.submit_receipts(message, key)
        issuing.check_countersigned(answer.receipts, prepared.receipt_code, [signed for _, _, signed in batch])
        issued = {
            draft.business_number: issuing.issued_receipt(receipt, signed, draft.payment_code)
            for receipt, (draft, _, signed) in zip(answer.receipts, batch, strict=True)
        }
        return answer.submission, issued


def _keep(journal: Journal | None, key: str, record: BatchRecord) -> None:
    if journal is not None:
        journal.write(key, record.model_dump_json().encode())


def _good(drafts: Sequence[ReceiptDraft], problems: Sequence[Problem | None]) -> list[ReceiptDraft]:
    return [draft for draft, problem in zip(drafts, problems, strict=True) if problem is None]


def _signed_before(
    prepared: PreparedReceipts, drafts: Sequence[ReceiptDraft], message: SubmitReceipts
) -> list[_Signed]:
    """Return the batch as it was signed, from the request that was kept."""
    accepted = [
        (draft, item)
        for draft, item in zip(drafts, prepared.items, strict=True)
        if item.number is not None and item.check_code is not None
    ]
    batch = []
    for (draft, item), sent in zip(accepted, message.receipts, strict=True):
        secrets = issuing.ReceiptSecrets(sent.amount_salt, sent.fields_seed, sent.booking_secret)
        batch.append((draft, item, issuing.read_signed(sent.document, sent.number, item.check_code or "", secrets)))
    return batch


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
