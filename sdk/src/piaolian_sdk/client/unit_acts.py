"""Acts on single receipts, numbers and months."""

from piaolian_sdk.acts import Exchange, ReturnPaper, Void, WriteOff
from piaolian_sdk.acts.eip712 import Act
from piaolian_sdk.client import issuing, reversing
from piaolian_sdk.client.judging import check_draft
from piaolian_sdk.client.plan import build_request
from piaolian_sdk.client.results import IssuedReceipt, ReceiptDraft, ReversedReceipt
from piaolian_sdk.client.session import UnitSession
from piaolian_sdk.errors import InputError
from piaolian_sdk.money import fen_from_text
from piaolian_sdk.receipt import EInvoice, write_unsigned
from piaolian_sdk.wire import (
    PaperAct,
    PeriodState,
    PeriodTotals,
    PreparedReversal,
    PrepareReversal,
    ReceiptBody,
    SubmitReversal,
    Submitted,
    SubmittedReversal,
    VoidNumbers,
    WriteOffPeriod,
    paths,
)


class UnitActs(UnitSession):
    """The part of the unit's client that reverses, exchanges, voids and writes off."""

    def receipt_body(self, code: str, number: str) -> ReceiptBody:
        """Return ciphertext and wrapped keys of a receipt's body.

        Raises:
            RemoteError: The node did not answer or refuses the caller.
        """
        return self.connection.get(paths.RECEIPT_BODY, ReceiptBody, code=code, number=number)

    def prepare_reversal(self, message: PrepareReversal, idempotency_key: str | None = None) -> PreparedReversal:
        """Ask for a red receipt's number: one signed call, nothing checked here.

        Raises:
            RemoteError: The node refused or did not answer.
        """
        return self.connection.post(paths.REVERSALS_PREPARE, message, PreparedReversal, idempotency_key)

    def submit_reversal(self, message: SubmitReversal, idempotency_key: str | None = None) -> SubmittedReversal:
        """Hand a signed red receipt in: one signed call, nothing checked here.

        Raises:
            RemoteError: The node refused or did not answer.
        """
        return self.connection.post(paths.REVERSALS_SUBMIT, message, SubmittedReversal, idempotency_key)

    def reverse(
        self,
        original: IssuedReceipt,
        red_range: int,
        red_model: EInvoice,
        reason: int,
        *,
        payer_key: str | None = None,
        idempotency_key: str | None = None,
    ) -> ReversedReceipt:
        """Reverse a receipt and issue its red receipt in one act.

        Args:
            original: The blue receipt with its secrets.
            red_range: Range of receipt numbers for the red one.
            red_model: The red document: negative amounts, related code and number of the original.
            reason: Number of the reason.
            payer_key: The payer's encryption key as hex of an uncompressed SM2 point, where known.
            idempotency_key: For both calls (with suffixes); a fresh one when None.

        Raises:
            InputError: A range is not the unit's, a rule is broken, or the red document has another amount.
            SignerError: A key could not sign.
            RemoteError: The node refused, did not answer, or its answer is wrong.
        """
        at = self._beijing_now()
        entry = self.range_entry(red_range)
        key = idempotency_key if idempotency_key is not None else self._random(16).hex()
        red_draft = ReceiptDraft(original.number, red_model, original.payment_code)
        reversing.check_red(check_draft(red_draft, entry, self._entries(), at), original)
        prepare = build_request(
            PrepareReversal,
            code=original.code,
            number=original.number,
            red_range=red_range,
            reason=reason,
            draft=issuing.draft_document(red_model, entry.prefix, at),
        )
        prepared = self.prepare_reversal(prepare, f"{key}-prepare")
        model = issuing.numbered(red_model, entry.prefix, prepared.number, prepared.check_code, at)
        # The red leaf repeats the original's amount, so it keeps the original's salt; everything else is new.
        fresh = issuing.ReceiptSecrets.generate(self._random)
        secrets = issuing.ReceiptSecrets(original.amount_salt, fresh.fields_seed, fresh.booking_secret)
        signed = issuing.sign_receipt(
            write_unsigned(model), prepared.number, prepared.check_code, self.document_signer, secrets, at
        )
        act = reversing.build_act(prepared, original, signed, self.unit, at, reason, self._deadline())
        message = build_request(
            SubmitReversal,
            lease=prepared.lease,
            issue_day=at.date(),
            deadline=act.deadline,
            signature=self._sign(act),
            document=signed.document,
            fields_seed=secrets.fields_seed,
            booking_secret=secrets.booking_secret,
            payer_key=payer_key,
        )
        answer = self.submit_reversal(message, f"{key}-submit")
        issuing.check_countersigned([answer.receipt], entry.prefix, [signed])
        red = issuing.issued_receipt(answer.receipt, signed, original.payment_code)
        return ReversedReceipt(answer.submission, red)

    def exchange(
        self, code: str, number: str, paper_range: int, paper_number: int, *, idempotency_key: str | None = None
    ) -> str:
        """Put a paper original in the place of a receipt. Returns the submission's id.

        Raises:
            InputError: The receipt is not in a range of this unit.
            RemoteError: The node refused or did not answer.
        """
        act = Exchange(
            unit=self.unit,
            range=self.range_of("receipt", code, int(number)).range,
            number=int(number),
            paper_range=paper_range,
            paper_number=paper_number,
            deadline=self._deadline(),
        )
        return self._paper_act(paths.EXCHANGES, act, code, number, idempotency_key)

    def return_paper(
        self, code: str, number: str, paper_range: int, paper_number: int, *, idempotency_key: str | None = None
    ) -> str:
        """Take the paper original back. Returns the submission's id.

        Raises:
            InputError: The receipt is not in a range of this unit.
            RemoteError: The node refused or did not answer.
        """
        act = ReturnPaper(
            unit=self.unit,
            range=self.range_of("receipt", code, int(number)).range,
            number=int(number),
            paper_range=paper_range,
            paper_number=paper_number,
            deadline=self._deadline(),
        )
        return self._paper_act(paths.EXCHANGE_RETURNS, act, code, number, idempotency_key)

    def void(self, range_id: int, first: int, count: int, reason: int, *, idempotency_key: str | None = None) -> str:
        """Void numbers that were never issued. Returns the submission's id.

        Raises:
            InputError: A value does not fit.
            RemoteError: The node refused or did not answer.
        """
        act = Void(unit=self.unit, range=range_id, first=first, count=count, reason=reason, deadline=self._deadline())
        message = build_request(
            VoidNumbers,
            range=range_id,
            first=first,
            count=count,
            reason=reason,
            deadline=act.deadline,
            signature=self._sign(act),
        )
        return self.connection.post(paths.VOIDS, message, Submitted, idempotency_key).submission

    def period(self, kind: str, month: str) -> PeriodState:
        """Return what the chain counts for a kind ("0601") and month ("2026-05").

        Raises:
            RemoteError: The node did not answer.
        """
        return self.connection.get(paths.PERIOD, PeriodState, kind=kind, month=month)

    def write_off(
        self, kind: str, month: str, totals: PeriodTotals | None = None, *, idempotency_key: str | None = None
    ) -> str:
        """Write a month off. Returns the submission's id.

        Args:
            kind: Four digits, for example "0601".
            month: For example "2026-05".
            totals: What the unit itself counted; None signs what the chain counts, and so finds no difference.
            idempotency_key: A fresh one when None.

        Raises:
            InputError: A value does not fit.
            RemoteError: The node refused (the contract refuses other totals than its own) or did not answer.
        """
        counted = totals if totals is not None else self.period(kind, month).totals
        act = WriteOff(
            unit=self.unit,
            kind=int(kind),
            month=month_from_text(month),
            issued=counted.issued,
            voided=counted.voided,
            red=counted.red,
            issued_fen=fen_from_text(counted.issued_amount),
            reversed_fen=fen_from_text(counted.reversed_amount),
            deadline=self._deadline(),
        )
        message = build_request(
            WriteOffPeriod,
            kind=kind,
            month=month,
            totals=counted,
            deadline=act.deadline,
            signature=self._sign(act),
        )
        return self.connection.post(paths.WRITE_OFFS, message, Submitted, idempotency_key).submission

    def _paper_act(
        self, path: str, act: Exchange | ReturnPaper, code: str, number: str, idempotency_key: str | None
    ) -> str:
        message = build_request(
            PaperAct,
            code=code,
            number=number,
            paper_range=act.paper_range,
            paper_number=act.paper_number,
            deadline=act.deadline,
            signature=self._sign(act),
        )
        return self.connection.post(path, message, Submitted, idempotency_key).submission

    def _sign(self, act: Act) -> bytes:
        return act.sign(self.chain_signer, self.chain_id, self.contract(act.CONTRACT))


def month_from_text(month: str) -> int:
    """Return the contracts' number of a month such as "2026-05": ``year * 12 + month - 1``.

    Raises:
        InputError: It is no month.
    """
    year, dash, number = month.partition("-")
    if not (dash and year.isdigit() and number.isdigit() and len(month) == 7 and 1 <= int(number) <= 12):
        raise InputError(
            "value-out-of-range",
            "month must be written as 2026-05",
            "月份须写作 2026-05",
            field="month",
            rule="YYYY-MM",
            remedy="give year and month with a dash",
        )
    return int(year) * 12 + int(number) - 1
