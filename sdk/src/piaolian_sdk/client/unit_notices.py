"""Registering and cancelling payment notices."""

from collections.abc import Sequence

from piaolian_sdk.acts import Cancel
from piaolian_sdk.client import notices
from piaolian_sdk.client.errors import malformed_answer
from piaolian_sdk.client.plan import build_request
from piaolian_sdk.client.results import BatchResult, ItemResult, NoticeDraft
from piaolian_sdk.client.session import UnitSession
from piaolian_sdk.wire import (
    CancelNotice,
    LineToNotice,
    NoticeState,
    NoticeToPrepare,
    PreparedNotice,
    PreparedNotices,
    PrepareNotices,
    SubmitNotices,
    Submitted,
    SubmittedNotices,
    paths,
)

_PREFIX_DIGITS = 10


class UnitNotices(UnitSession):
    """The part of the unit's client that asks payers to pay."""

    def prepare_notices(self, message: PrepareNotices, idempotency_key: str | None = None) -> PreparedNotices:
        """Ask for payment codes: one signed call, nothing checked here.

        Raises:
            RemoteError: The node refused the whole call or did not answer.
        """
        return self.connection.post(paths.NOTICES_PREPARE, message, PreparedNotices, idempotency_key)

    def submit_notices(self, message: SubmitNotices, idempotency_key: str | None = None) -> SubmittedNotices:
        """Hand signed notices in: one signed call, nothing checked here.

        Raises:
            RemoteError: The node refused or did not answer.
        """
        return self.connection.post(paths.NOTICES_SUBMIT, message, SubmittedNotices, idempotency_key)

    def send_notices(
        self, range_id: int, drafts: Sequence[NoticeDraft], *, idempotency_key: str | None = None
    ) -> BatchResult:
        """Register notices: judge, prepare, sign, submit. The payer may pay when the submission is final.

        Args:
            range_id: A range of payment codes of this unit.
            drafts: 1 to 1,000, all with one due day.
            idempotency_key: For both calls (with suffixes); a fresh one when None.

        Raises:
            InputError: A member breaks the API's rules.
            SignerError: The chain key could not sign.
            RemoteError: The node did not answer, refused the whole call, or its answer is wrong.
        """
        catalogue = self._entries()
        problems = [notices.notice_problem(draft, catalogue, self._beijing_now()) for draft in drafts]
        good = [draft for draft, problem in zip(drafts, problems, strict=True) if problem is None]
        key = idempotency_key if idempotency_key is not None else self._random(16).hex()
        results: dict[int, ItemResult] = {}
        submission = None
        if good:
            prepared = self.prepare_notices(_prepare_message(range_id, good), f"{key}-prepare")
            if [item.business_number for item in prepared.items] != [draft.business_number for draft in good]:
                raise malformed_answer("other business numbers than were sent", "返回的业务编号与提交的不一致")
            accepted = [
                (draft, item) for draft, item in zip(good, prepared.items, strict=True) if item.verdict == "accepted"
            ]
            if accepted:
                message = notices.build_notice_submission(
                    prepared,
                    accepted,
                    catalogue,
                    unit=self.unit,
                    deadline=self._deadline(),
                    chain_signer=self.chain_signer,
                    chain_id=self.chain_id,
                    payment_ledger=self.contract("PaymentLedger"),
                )
                submission = self.submit_notices(message, f"{key}-submit").submission
            results = {id(draft): _result(item) for draft, item in zip(good, prepared.items, strict=True)}
        items = [
            ItemResult(draft.business_number, "refused", problem=problem) if problem else results[id(draft)]
            for draft, problem in zip(drafts, problems, strict=True)
        ]
        return BatchResult(submission, tuple(items))

    def notice_state(self, payment_code: str) -> NoticeState:
        """Return the state of a notice.

        Raises:
            RemoteError: The node did not answer or does not know it.
        """
        return self.connection.get(paths.NOTICE, NoticeState, payment_code=payment_code)

    def cancel_notice(self, payment_code: str, *, idempotency_key: str | None = None) -> str:
        """Cancel a notice that nobody has paid. Returns the submission's id.

        Raises:
            InputError: The code is not in a range of this unit.
            RemoteError: The node refused or did not answer.
        """
        sequence = int(payment_code[_PREFIX_DIGITS:] or "0")
        entry = self.range_of("payment", payment_code[:_PREFIX_DIGITS], sequence)
        act = Cancel(unit=self.unit, range=entry.range, sequence=sequence, deadline=self._deadline())
        message = build_request(
            CancelNotice,
            payment_code=payment_code,
            deadline=act.deadline,
            signature=act.sign(self.chain_signer, self.chain_id, self.contract(act.CONTRACT)),
        )
        return self.connection.post(paths.NOTICES_CANCEL, message, Submitted, idempotency_key).submission


def _prepare_message(range_id: int, drafts: Sequence[NoticeDraft]) -> PrepareNotices:
    items = [
        build_request(
            NoticeToPrepare,
            business_number=draft.business_number,
            lines=[build_request(LineToNotice, item_code=code, amount=amount) for code, amount in draft.lines],
            due_day=draft.due_day,
            payer_email=draft.payer_email,
        )
        for draft in drafts
    ]
    return build_request(PrepareNotices, range=range_id, items=items)


def _result(item: PreparedNotice) -> ItemResult:
    return ItemResult(
        business_number=item.business_number,
        verdict=item.verdict,
        payment_code=item.payment_code,
        problem=item.problem,
    )
