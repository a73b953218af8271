"""The words that people see of a receipt: its state, the answer to a verification, what a proof says.

The only place of these words. Nodes, pages, commands and both verifiers take them from here; the offline page by way of
``verifier/src/tables.json``. A test fails where one of them stands in other code.
"""

from typing import Final, Literal

StateName = Literal["countersigned", "refused", "stamped", "red", "reversed", "void", "exchanged", "booking", "booked"]
ResultName = Literal["match", "mismatch", "not-found", "unavailable"]

# What a receipt is. Of several that hold, people see the one that binds most: see `state_name`.
STATES: Final[dict[StateName, str]] = {
    "countersigned": "已开具·待上链",
    "refused": "上链被拒，请联系开票单位",
    "stamped": "已上链",
    "red": "红票·已上链",
    "reversed": "已冲红",
    "void": "已作废",
    "exchanged": "已换开纸质",
    "booking": "报销中",
    "booked": "已入账",
}
RED_NUMBER: Final = "（红票号 {number}）"
PAPER_NUMBER: Final = "（纸质票号 {number}）"
NOT_CIRCULABLE: Final = "欠费·不可流通"
# What is authentic and stands; every other state is authentic and of no use, which must not look green.
STANDING: Final[frozenset[StateName]] = frozenset({"countersigned", "stamped", "booking", "booked"})
# What may still be reimbursed, in part where others have booked a part.
REIMBURSABLE: Final[frozenset[StateName]] = frozenset({"countersigned", "stamped", "booking"})

RESULTS: Final[dict[ResultName, str]] = {
    "match": "查验一致",
    "mismatch": "查验不一致",
    "not-found": "查无此票（当日开具请稍后再查）",
    "unavailable": "服务暂不可用，不代表票据无效",
}

PROVEN: Final = (
    "单位签名有效，签名时证书有效且未吊销",
    "财政监制签名有效，签名时证书有效且未吊销",
    "文件逐字节与链上存证一致",
    "代码、号码、金额、开票日期与链上存证一致",
    "开票单位、号段与链上登记一致",
    "合约代码在信任文件允许范围内",
)
PROVEN_AT: Final = "{time} 第 {block} 块的状态，{members} 个成员签名"
NOT_PROVEN: Final = (
    "该区块之后的状态变化（冲红、换开、入账等），须联网查验",
    "单位证书是否仍为当前登记证书",
    "信任文件生成之后公布的证书吊销",
)
LIST_NOT_PROVEN: Final = "清单管理票据的项目与单价（由财政部门在监制时核对）"

WHOLE_SHARE: Final = 1_000_000_000


def state_name(
    *, is_reversed: bool, is_void: bool, is_on_paper: bool, is_red: bool, booked_share: int
) -> Literal["reversed", "void", "exchanged", "red", "booked", "booking", "stamped"]:
    """Return the state that binds most of a receipt that is on the chain.

    Args:
        is_reversed: A red receipt cancels it.
        is_void: Its number is void.
        is_on_paper: A paper original stands in its place.
        is_red: It cancels another one.
        booked_share: Billionths, of all bookers together.
    """
    if is_reversed:
        return "reversed"
    if is_void:
        return "void"
    if is_on_paper:
        return "exchanged"
    if is_red:
        return "red"
    if booked_share:
        return "booked" if booked_share >= WHOLE_SHARE else "booking"
    return "stamped"


def state_words(
    state: StateName, *, red_number: str | None = None, paper_number: str | None = None, is_circulable: bool = True
) -> str:
    """Return a state in the words people see.

    Args:
        state: The state.
        red_number: Code and number of the red receipt, where it is known.
        paper_number: Code and number of the paper original, where it is known.
        is_circulable: Whether the document may be reimbursed at all: one for arrears may not.
    """
    words = STATES[state]
    if state == "reversed" and red_number is not None:
        words += RED_NUMBER.format(number=red_number)
    if state == "exchanged" and paper_number is not None:
        words += PAPER_NUMBER.format(number=paper_number)
    return words if is_circulable else f"{words}·{NOT_CIRCULABLE}"
