"""What a checked bundle says: the receipt, its state at one block, what was proven and what was not."""

from dataclasses import dataclass
from datetime import date, datetime

from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.money import fen_from_decimal, text_from_fen
from piaolian_sdk.proof.bundle import Bundle
from piaolian_sdk.proof.chain_checks import ProvenState
from piaolian_sdk.proof.trust import Trust
from piaolian_sdk.receipt import ParsedReceipt
from piaolian_sdk.signing import VerifiedSigner
from piaolian_sdk.tree import BY_LIST, evidence_number, red_root_id
from piaolian_sdk.wording import (
    LIST_NOT_PROVEN,
    NOT_PROVEN,
    PROVEN,
    PROVEN_AT,
    REIMBURSABLE,
    StateName,
    state_name,
    state_words,
)


@dataclass(frozen=True, slots=True)
class VerifiedReceipt:
    """A receipt that a bundle proves.

    Attributes:
        parsed: The document.
        code: Receipt code, 8 digits.
        number: Receipt number, 10 digits.
        amount_fen: As printed: negative for a red receipt.
        issue_date: Beijing day.
        payment_code: 20 digits, or None by list.
        unit_signer: Who signed as the unit.
        supervision_signer: Who countersigned.
        state: ``stamped``, ``red``, ``reversed``, ``exchanged``, ``booking`` or ``booked``, at the block.
        state_zh: The words people see.
        is_circulable: The document may be reimbursed at all; one for arrears may not.
        red_number: Code and number of the red receipt, when reversed.
        paper_number: Code and number of the paper original, when exchanged.
        booked_share: Billionths.
        evidence_number: 存证编号.
        block_number: Height that all chain values were proven at.
        block_time: Its time, Beijing.
        members: Who signed the checkpoint.
        network_name: From the trust file.
        sandbox: The network is a sandbox, and this is no receipt.
        age_seconds: From the block to the time of checking.
        proven: What was proven, in Chinese.
        not_proven: What was not.
    """

    parsed: ParsedReceipt
    code: str
    number: str
    amount_fen: int
    issue_date: date
    payment_code: str | None
    unit_signer: VerifiedSigner
    supervision_signer: VerifiedSigner
    state: StateName
    state_zh: str
    is_circulable: bool
    red_number: str | None
    paper_number: str | None
    booked_share: int
    evidence_number: str
    block_number: int
    block_time: datetime
    members: tuple[str, ...]
    network_name: str
    sandbox: bool
    age_seconds: int
    proven: tuple[str, ...]
    not_proven: tuple[str, ...]

    @property
    def is_reimbursable(self) -> bool:
        """Whether the receipt, as it was at the block, may still be reimbursed."""
        return self.is_circulable and self.state in REIMBURSABLE

    def to_json_members(self) -> dict[str, object]:
        """Return what a program needs, without names of payers: the document itself is not repeated."""
        return {
            "code": self.code,
            "number": self.number,
            "amount": text_from_fen(self.amount_fen),
            "issue_date": self.issue_date.isoformat(),
            "payment_code": self.payment_code,
            "state": self.state,
            "state_zh": self.state_zh,
            "reimbursable": self.is_reimbursable,
            "red_number": self.red_number,
            "paper_number": self.paper_number,
            "booked_share": self.booked_share,
            "evidence_number": self.evidence_number,
            "unit_certificate": self.unit_signer.certificate.subject,
            "unit_signed_at": self.unit_signer.signed_at.isoformat(),
            "supervision_certificate": self.supervision_signer.certificate.subject,
            "supervision_signed_at": self.supervision_signer.signed_at.isoformat(),
            "block_number": self.block_number,
            "block_time": self.block_time.isoformat(),
            "members": list(self.members),
            "network": self.network_name,
            "sandbox": self.sandbox,
            "age_seconds": self.age_seconds,
            "proven": list(self.proven),
            "not_proven": list(self.not_proven),
        }


def verified_receipt(
    bundle: Bundle,
    trust: Trust,
    parsed: ParsedReceipt,
    signers: tuple[VerifiedSigner, VerifiedSigner],
    state: ProvenState,
    at_unix: int,
) -> VerifiedReceipt:
    """Put the result together; every check has been made."""
    main, checkpoint, header = parsed.model.main, bundle.checkpoint, bundle.header
    name = state_name(
        is_reversed=state.red_number is not None,
        is_void=False,
        is_on_paper=state.paper_number is not None,
        is_red=state.is_red,
        booked_share=state.booked_share,
    )
    words = state_words(
        name, red_number=state.red_number, paper_number=state.paper_number, is_circulable=main.is_circulable
    )
    block_time = datetime.fromtimestamp(checkpoint.timestamp, tz=BEIJING)
    members = tuple(entry.member for entry in checkpoint.signatures)
    moment = f"{block_time:%Y-%m-%d %H:%M:%S}"
    proven_at = PROVEN_AT.format(time=moment, block=checkpoint.number, members=len(members))
    place = int(bundle.receipt.number) - header.first
    original = (bundle.original_range or 0, int(main.main_ext.related_invoice_number or 0))
    root_id = bundle.root.id if bundle.root.id is not None else red_root_id(*original)
    return VerifiedReceipt(
        parsed=parsed,
        code=bundle.receipt.code,
        number=bundle.receipt.number,
        amount_fen=fen_from_decimal(main.total_amount),
        issue_date=main.issue_date,
        payment_code=bundle.leaf.payment_code,
        unit_signer=signers[0],
        supervision_signer=signers[1],
        state=name,
        state_zh=words,
        is_circulable=main.is_circulable,
        red_number=state.red_number,
        paper_number=state.paper_number,
        booked_share=state.booked_share,
        evidence_number=evidence_number(bundle.network.chain_id, root_id, bundle.root.position, place),
        block_number=checkpoint.number,
        block_time=block_time,
        members=members,
        network_name=trust.file.network_name,
        sandbox=trust.file.sandbox,
        age_seconds=max(at_unix - checkpoint.timestamp, 0),
        proven=(*PROVEN, proven_at),
        not_proven=(*NOT_PROVEN, LIST_NOT_PROVEN) if header.to_header().control == BY_LIST else NOT_PROVEN,
    )
