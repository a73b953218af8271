"""The words of every reason for which a bundle is refused."""

from dataclasses import dataclass
from typing import Final

_ASK_AGAIN = "ask the node for the bundle again"
_ASK_ISSUER = "do not reimburse this receipt; ask the finance department that issued the proof"
_RENEW_TRUST = "get the network's current trust file; if it stays so, do not reimburse this receipt"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason.

    Attributes:
        message: English.
        message_zh: Chinese, for people.
        remedy: What to do.
    """

    message: str
    message_zh: str
    remedy: str


REASONS: Final[dict[str, Reason]] = {
    "bundle-too-large": Reason("the bundle has more than 2 MiB", "证明包超过 2 MiB", _ASK_AGAIN),
    "bundle-malformed": Reason("the bundle is malformed", "证明包格式有误或已损坏", _ASK_AGAIN),
    "bundle-version-unknown": Reason(
        "the bundle has a version that this program does not know",
        "证明包版本未知，请升级查验程序",
        "use a newer version of this program",
    ),
    "bundle-from-sandbox": Reason(
        "this comes from a sandbox: it is a test, and no receipt",
        "这是沙箱（测试环境）开出的票据，不是正式票据，不能报销",
        "do not reimburse it; ask the unit for the real receipt",
    ),
    "bundle-not-from-sandbox": Reason(
        "the trust file is a sandbox's, the bundle a real network's",
        "信任文件属于沙箱（测试环境），证明包属于正式网络",
        "use the trust file of the real network",
    ),
    "bundle-wrong-chain": Reason(
        "the bundle is of another chain than the trust file", "证明包属于另一条链", _RENEW_TRUST
    ),
    "bundle-wrong-genesis": Reason(
        "the bundle is of a network with the same chain id and another origin",
        "证明包属于另一个网络（链号相同，创世区块不同）",
        _RENEW_TRUST,
    ),
    "checkpoint-from-future": Reason(
        "the checkpoint lies after the time of checking", "检查点时间晚于查验时间", "check this machine's clock"
    ),
    "checkpoint-member-unknown": Reason(
        "a signer of the checkpoint is not in the trust file", "检查点签名成员不在信任文件中", _RENEW_TRUST
    ),
    "checkpoint-member-not-valid": Reason(
        "a signer's key was not valid at the checkpoint's time", "检查点签名成员的密钥当时无效", _RENEW_TRUST
    ),
    "checkpoint-member-twice": Reason("one member stands twice", "同一成员重复签名", _ASK_ISSUER),
    "checkpoint-quorum-missing": Reason(
        "fewer members signed than the quorum needs", "检查点签名成员数不足法定数", _RENEW_TRUST
    ),
    "checkpoint-signature-wrong": Reason(
        "a member's signature does not verify", "检查点成员签名验证不通过", _ASK_ISSUER
    ),
    "document-damaged": Reason("the document is damaged", "票据文件已损坏", _ASK_AGAIN),
    "document-malformed": Reason("the document is no receipt", "文件不是有效的票据", _ASK_ISSUER),
    "document-of-other-receipt": Reason(
        "the document has another code or number", "票据文件的代码或号码与证明不符", _ASK_ISSUER
    ),
    "header-without-number": Reason("the number is not among those of the header", "批次不包含该票据号码", _ASK_ISSUER),
    "header-of-other-day": Reason("the header is of another day", "批次的开票日期不同", _ASK_ISSUER),
    "header-red-differs": Reason(
        "document and chain disagree on whether the receipt is red", "票据与链上的红票标记不一致", _ASK_ISSUER
    ),
    "leaf-other-amount": Reason("the leaf holds another amount", "链上存证的金额不同", _ASK_ISSUER),
    "leaf-unfit-for-mode": Reason(
        "salt, payment code or lines do not fit the way of control", "金额盐值、缴款码或明细与控制方式不符", _ASK_ISSUER
    ),
    "leaf-other-payment-code": Reason("the leaf holds another payment code", "链上存证的缴款码不同", _ASK_ISSUER),
    "leaf-not-under-unit-root": Reason(
        "the header commits to another document at this number", "链上存证的是另一份文件", _ASK_ISSUER
    ),
    "state-node-missing": Reason(
        "a value is not proven: a node of the state is missing", "状态证明不完整：缺少节点", _ASK_AGAIN
    ),
    "state-node-malformed": Reason(
        "a node of the state is malformed or stands at a wrong place", "状态证明中的节点格式或位置有误", _ASK_ISSUER
    ),
    "contract-missing": Reason("there is no contract at the address", "该地址没有合约", _RENEW_TRUST),
    "contract-code-unknown": Reason(
        "a contract has code that the trust file does not allow", "合约代码不在信任文件允许的范围内", _RENEW_TRUST
    ),
    "implementation-unknown": Reason(
        "a contract points to an implementation that the trust file does not allow",
        "合约实现代码不在信任文件允许的范围内",
        _RENEW_TRUST,
    ),
    "root-missing": Reason("the ledger has no root of this number", "账本中没有该存证", _ASK_ISSUER),
    "header-not-under-root": Reason(
        "the header does not stand at its place under the root", "批次不在该存证的相应位置", _ASK_ISSUER
    ),
    "range-missing": Reason("the range is not a range of receipts", "号段未登记或不是票据号段", _ASK_ISSUER),
    "range-of-other-unit": Reason("the range is another unit's", "号段属于另一单位", _ASK_ISSUER),
    "range-of-other-mode": Reason("the range has another way of control", "号段的控制方式不同", _ASK_ISSUER),
    "range-of-other-code": Reason("the range has another receipt code", "号段的票据代码不同", _ASK_ISSUER),
    "range-without-number": Reason(
        "the number is not among those used of the range", "票据号码不在号段已用范围内", _ASK_ISSUER
    ),
    "unit-other": Reason(
        "the header's unit is not the unit of the document", "批次的单位不是票面开票单位", _ASK_ISSUER
    ),
    "signature-time-out-of-window": Reason(
        "a time of signing does not fit the issue day or the checkpoint",
        "签名时间与开票日期或检查点时间不符",
        _ASK_ISSUER,
    ),
    "supervisor-unknown": Reason(
        "the second signature is of no finance department of the trust file",
        "监制签名证书不属于信任文件所列财政部门",
        _RENEW_TRUST,
    ),
    "original-missing": Reason(
        "the red receipt's original is not where the bundle says", "红票的原票号段与票面不符", _ASK_ISSUER
    ),
    "original-unexpected": Reason("a receipt that is not red names an original", "非红票不应指明原票号段", _ASK_ISSUER),
    "red-header-missing": Reason(
        "the chain says that the receipt is reversed, and the bundle has no red header",
        "链上该票据已冲红，证明包中缺少红票信息",
        _ASK_ISSUER,
    ),
    "red-header-unexpected": Reason(
        "the receipt is not reversed, and the bundle has a red header", "链上该票据未冲红，不应附红票信息", _ASK_ISSUER
    ),
    "red-header-differs": Reason("the red header is not the one on the chain", "红票信息与链上存证不一致", _ASK_ISSUER),
    "red-header-of-other-unit": Reason(
        "the red receipt's number is another unit's", "红票号码属于另一单位", _ASK_ISSUER
    ),
    "paper-of-other-unit": Reason(
        "the paper original's number is another unit's", "纸质票号码属于另一单位", _ASK_ISSUER
    ),
    "state-node-unused": Reason(
        "the bundle holds a node that proves nothing", "状态证明中有多余或重复的节点", _ASK_AGAIN
    ),
}
