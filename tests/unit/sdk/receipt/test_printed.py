"""Text layers of printed receipts: values end where the next label begins."""

from datetime import date
from pathlib import Path

import pytest

from piaolian_sdk.errors import InputError
from piaolian_sdk.receipt.printed import AMOUNT_LABELS, read_printed

TEXTS = Path(__file__).parents[3] / "data" / "text"
JIANGSU = read_printed((TEXTS / "outpatient_js.txt").read_text(encoding="utf-8"))
INNER_MONGOLIA = read_printed((TEXTS / "outpatient_nmg.txt").read_text(encoding="utf-8"))


def test_c017_payer__date_right_behind_the_name__apart() -> None:
    printed = read_printed("交款人：李四开票日期：2024-05-01")

    assert printed.values == {"交款人": "李四", "开票日期": "2024-05-01"}


def test_c017_unit__platform_in_the_footer__never_the_unit() -> None:
    assert JIANGSU.unit is None
    assert INNER_MONGOLIA.unit == "测试自治区医院"
    assert not any("平台" in value for value in JIANGSU.values.values())


def test_c018_jiangsu__zero_empty_and_separators__all_amounts() -> None:
    amounts = {label: JIANGSU.amount_fen(label) for label in AMOUNT_LABELS}

    assert amounts == {
        "医保统筹基金支付": 19604,
        "其他支付": 0,
        "个人账户支付": 79750,
        "个人现金支付": 0,
        "个人自付": 0,
        "个人自费": 0,
        "大病保险支付": 0,
        "其他保险支付": 0,
        "医疗救助支付": 0,
        "个人账户余额": 2_368_946,
    }
    assert JIANGSU.total_fen == 99354
    assert JIANGSU.values["支付方式"] == ""
    assert JIANGSU.values["备注"] == ""


def test_printed__jiangsu__every_label_of_the_copy() -> None:
    values = {label: JIANGSU.values[label] for label in JIANGSU.values if label not in AMOUNT_LABELS}

    assert values == {
        "业务流水号": "00000001",
        "门诊号": "P0000000001-0",
        "就诊日期": "20230430 11:09:01",
        "医疗机构类型": "三级甲等综合",
        "医保类型": "职工在职",
        "医保编号": "0000000001",
        "性别": "男",
        "支付方式": "",
        "备注": "",
        "票据代码": "32060123",
        "票据号码": "0000010003",
        "交款人统一社会信用代码": "**************001X",
        "校验码": "138900",
        "交款人": "测试丙",
        "开票日期": "2023-04-30",
        "大写": "玖佰玖拾叁元伍角肆分",
        "收款单位（章）": "",
        "复核人": "80138",
        "收款人": "70004",
        "小写": "￥993.54",
    }
    assert JIANGSU.issue_date == date(2023, 4, 30)


def test_printed__inner_mongolia__labels_within_the_remark_stay_there() -> None:
    assert INNER_MONGOLIA.values["备注"].startswith("医保总金额：188.21符合统筹：169.87账户余额：4301.09")
    assert INNER_MONGOLIA.total_fen == 18821
    assert INNER_MONGOLIA.amount_fen("个人账户余额") is None
    assert INNER_MONGOLIA.values["票据代码"] == INNER_MONGOLIA.values["所属电子票据代码"] == "15060125"
    assert INNER_MONGOLIA.issue_date == date(2026, 2, 12)


@pytest.mark.parametrize("text", ["2023-04-30", "2023年04月30日", "20230430", "2023-04-30 11:09:01"])
def test_printed__day_of_issue__in_every_published_form(text: str) -> None:
    assert read_printed(f"开票日期：{text}").issue_date == date(2023, 4, 30)


@pytest.mark.parametrize("text", ["", "2023-4-30", "2023-02-30", "昨天", "２０２３-04-30"])
def test_printed__no_day__refused(text: str) -> None:
    with pytest.raises(InputError) as refusal:
        _ = read_printed(f"开票日期：{text}").issue_date
    assert (refusal.value.code, refusal.value.field) == ("date-malformed", "开票日期")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("（大写）壹元整(小写)1.01", "total-mismatch"),
        ("(小写)1e2", "amount-malformed"),
        ("个人账户余额：23,689.46", "amount-malformed"),
    ],
)
def test_printed__total_that_is_none__refused(text: str, code: str) -> None:
    with pytest.raises(InputError) as refusal:
        _ = read_printed(text).total_fen
    assert refusal.value.code == code
