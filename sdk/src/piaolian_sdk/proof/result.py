"""What a checked bundle says: the receipt, its state at one block, what was proven and what was not."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.money import fen_from_decimal, text_from_fen
from piaolian_sdk.proof.bundle import Bundle
from piaolian_sdk.proof.chain_checks import ProvenState
from piaolian_sdk.proof.trust import Trust
from piaolian_sdk.receipt import ParsedReceipt
from piaolian_sdk.signing import VerifiedSigner
from piaolian_sdk.tree import evidence_number

_WHOLE: Final = 1_000_000_000
_PROVEN: Final = (
    "单位签名有效，签名时证书有效且未吊销",
    "财政监制签名有效，签名时证书有效且未吊销",
    "文件逐字节与链上存证一致",
    "代码、号码、金额、开票日期与链上存证一致",
    "开票单位、号段与链上登记一致",
    "合约代码在信任文件允许范围内",
)
_NOT_PROVEN: Final = (
    "该区块之后的状态变化（冲红、换开、入账等），须联网查验",
    "单位证书是否仍为当前登记证书",
    "信任文件生成之后公布的证书吊销",
)
_LIST_NOT_PROVEN: Final = "清单管理票据的项目与单价（由财政部门在监制时核对）"


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
    state: str
    state_zh: str
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
    name, name_zh = _state_words(state)
    block_time = datetime.fromtimestamp(checkpoint.timestamp, tz=BEIJING)
    members = tuple(entry.member for entry in checkpoint.signatures)
    when = f"{block_time:%Y-%m-%d %H:%M:%S} 第 {checkpoint.number} 块的状态，{len(members)} 个成员签名"
    not_proven = (*_NOT_PROVEN, _LIST_NOT_PROVEN) if header.mode == "list" else _NOT_PROVEN
    place = int(bundle.receipt.number) - header.first
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
        state_zh=name_zh,
        red_number=state.red_number,
        paper_number=state.paper_number,
        booked_share=state.booked_share,
        evidence_number=evidence_number(bundle.network.chain_id, bundle.root.id, bundle.root.position, place),
        block_number=checkpoint.number,
        block_time=block_time,
        members=members,
        network_name=trust.file.network_name,
        sandbox=trust.file.sandbox,
        age_seconds=max(at_unix - checkpoint.timestamp, 0),
        proven=(*_PROVEN, when),
        not_proven=not_proven,
    )


def _state_words(state: ProvenState) -> tuple[str, str]:
    """Return the state that binds most, in the order in which the public page shows it."""
    if state.red_number:
        return "reversed", f"已冲红（红票号 {state.red_number}）"
    if state.paper_number:
        return "exchanged", f"已换开纸质（纸质票号 {state.paper_number}）"
    if state.is_red:
        return "red", "红票·已上链"
    if state.booked_share >= _WHOLE:
        return "booked", "已入账"
    if state.booked_share:
        return "booking", "报销中"
    return "stamped", "已上链"
