import pytest

from piaolian_oracle.statements.codes import find_payment_code

CODE, OTHER = "32099923300000000001", "32099923300000000002"
ACCOUNT = "62000000000000000001"
FULL_WIDTH = {ord("0") + digit: ord("０") + digit for digit in range(10)}

CASES = {
    "end-to-end": (CODE, [], CODE, "end-to-end-id"),
    "end-to-end-and-same-remark": (CODE, [f"缴款码{CODE}"], CODE, "end-to-end-id"),
    "end-to-end-contradicted": (CODE, [f"缴款码{OTHER}"], "", "ambiguous"),
    "end-to-end-beside-other-digits": (CODE, [f"流水 {OTHER}"], CODE, "end-to-end-id"),
    "label-without-blank": ("NOTPROVIDED", [f"附言 缴款码{CODE}"], CODE, "remittance-label"),
    "label-with-wide-colon": ("", [f"缴款识别码：{CODE}学费"], CODE, "remittance-label"),
    "label-in-full-width-digits": (
        "",
        ["缴款码" + CODE.translate(FULL_WIDTH)],
        CODE,
        "remittance-label",
    ),
    "two-labels": ("", [f"缴款码{CODE} 缴款码{OTHER}"], "", "ambiguous"),
    "label-wins-over-digits": ("", [f"{OTHER} 缴款码{CODE}"], CODE, "remittance-label"),
    "plain": ("", [f"学费 {CODE}"], CODE, "remittance"),
    "two-plain": ("", [f"{CODE},{OTHER}"], "", "ambiguous"),
    "the-same-twice": ("", [CODE, CODE], CODE, "remittance"),
    "own-account": ("", [ACCOUNT], "", "none"),
    "own-account-beside-code": ("", [f"{ACCOUNT} {CODE}"], CODE, "remittance"),
    "part-of-a-longer-number": ("", [f"{CODE}7", f"1{CODE}"], "", "none"),
    "too-short": (CODE[:-1], [CODE[:-1]], "", "none"),
    "spreadsheet-form": ("3.2099923E+19", ["3.2099923E+19"], "", "none"),
    "nothing": ("", [], "", "none"),
}


@pytest.mark.parametrize(("end_to_end", "texts", "code", "source"), CASES.values(), ids=CASES)
def test_find__code__is_found_or_named_missing(end_to_end: str, texts: list[str], code: str, source: str) -> None:
    assert find_payment_code(end_to_end, texts, ACCOUNT) == (code, source)
