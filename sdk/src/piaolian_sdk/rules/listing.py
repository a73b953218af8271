"""The list of rules, in the order in which they are judged, and the two ways to run it."""

from piaolian_sdk.errors import RuleViolation
from piaolian_sdk.receipt import EInvoice, ParsedReceipt
from piaolian_sdk.rules import amounts, extension, identity, medical
from piaolian_sdk.rules.context import RuleContext
from piaolian_sdk.rules.rule import Rule

_MEASURES = "财政票据管理办法"
_SPECIFICATION = "财综〔2017〕32号 附件 数据规范"
_CHECKS = "财政电子票据开票校验（河北省后台公布规则）"
_MEDICAL = "浙江省医疗收费电子票据管理办法"

RULES: tuple[Rule, ...] = (
    Rule(
        "R001", "mandatory-element-missing", f"{_CHECKS} 第2项",
        "a mandatory element is empty", "必填项为空",
        "fill the element in", identity.mandatory_elements,
    ),
    Rule(
        "R002", "identifier-mismatch", _SPECIFICATION,
        "tag, identifier, version or unit do not belong to this code and number",
        "票据标识、版本或开票单位与票据代码、号码不符",
        "build the header from code and number", identity.identifiers,
    ),
    Rule(
        "R003", "check-code-placeholder", _SPECIFICATION,
        "the check code is still the placeholder of a draft", "校验码仍为占位符",
        "use the check code that prepare gave", identity.check_code,
    ),
    Rule(
        "R004", "kind-mismatch", f"{_CHECKS} 第4项",
        "the receipt code is of another kind than the range", "票据代码与号段种类不符",
        "issue from a range of this kind", identity.kind,
    ),
    Rule(
        "R005", "specimen-mismatch", f"{_CHECKS} 第6项",
        "the specimen does not belong to the kind", "模板代码与票据种类不符",
        "use the specimen that finance gave for this kind", identity.specimen,
    ),
    Rule(
        "R006", "issue-date-not-today", f"{_CHECKS} 第5项",
        "the day of issue is not the current Beijing day", "开票日期不准确",
        "date the receipt today, in Beijing time, and sign it again", identity.issue_date,
    ),
    Rule(
        "R007", "year-mismatch", f"{_CHECKS} 第4项",
        "the code is of another year than the day of issue", "票据代码年度与开票日期不符",
        "issue from a range of this year", identity.year,
    ),
    Rule(
        "R008", "credit-code-check-wrong", "GB 32100-2015",
        "the unit's credit code is not one", "开票单位统一社会信用代码有误",
        "correct the credit code", identity.unit_code,
    ),
    Rule(
        "R009", "payer-code-mismatch", _SPECIFICATION,
        "the payer's name or code does not fit the payer's type", "交款人信息与交款人类型不符",
        "correct the payer's type, name or code", identity.payer,
    ),
    Rule(
        "R010", "text-too-long", _SPECIFICATION,
        "a text is too long for the visual copy", "文字超长",
        "shorten the text", identity.text_lengths,
    ),
    Rule(
        "R011", "text-has-control-character", "XML 1.0 §2.2",
        "a text holds control characters, or a name more than one line", "文字中含有控制字符，或名称不止一行",
        "remove the characters where the text was entered", identity.characters,
    ),
    Rule(
        "R012", "total-mismatch", f"{_CHECKS} 第3项",
        "the items do not add up to the total", "明细金额汇总值异常",
        "correct the items, or add the configured rounding item", amounts.total,
    ),
    Rule(
        "R013", "total-not-positive", _SPECIFICATION,
        "the sign of the total is wrong", "合计金额正负号有误",
        "issue a blue receipt with a positive total, a red one with a negative", amounts.sign,
    ),
    Rule(
        "R014", "quantity-amount-mismatch", f"{_MEASURES}",
        "quantity times standard is not the amount", "数量×标准与金额不符",
        "correct quantity, standard or amount", amounts.quantities,
    ),
    Rule(
        "R015", "item-unknown", f"{_MEASURES}（收费项目由财政部门统一管理）",
        "the item is not in the catalogue as it is written here", "收费项目与财政预置目录不符",
        "choose the item from the catalogue", amounts.catalogue,
    ),
    Rule(
        "R016", "rounding-difference-too-large", f"{_MEDICAL}（货币误差）",
        "a rounding item or a negative line is not allowed like this", "货币误差或负数明细超出规定",
        "close only differences of rounding with the rounding item", amounts.rounding,
    ),
    Rule(
        "R017", "currency-wrong", _SPECIFICATION,
        "this kind is in CNY at a rate of 1.00", "本种票据币种应为人民币",
        "write CNY and 1.00", amounts.currency,
    ),
    Rule(
        "R018", "list-line-mismatch", f"{_MEDICAL}（清单）",
        "the list does not agree with the items", "清单与收费项目不符",
        "correct the list, or add the configured rounding item", amounts.list_lines,
    ),
    Rule(
        "R019", "payment-code-mismatch", f"{_CHECKS} 第7项（先款后票、以码控收）",
        "the receipt does not follow from one paid payment code", "缴款码未缴款、已开票或与票据不符",
        "wait until the code is paid, then issue exactly its amount and items", amounts.payment,
    ),
    Rule(
        "R020", "red-reference-missing", f"{_MEDICAL}（冲红）",
        "the red receipt does not name its blue one", "红票未正确关联原票据",
        "give code and number of the receipt that is reversed", amounts.red_reference,
    ),
    Rule(
        "R021", "medical-funds-mismatch", _MEDICAL,
        "the payments do not add up to the total", "医保统筹、个人账户、现金与其他支付之和不等于合计",
        "correct the payments", medical.funds,
    ),
    Rule(
        "R022", "medical-settlement-mismatch", _MEDICAL,
        "deposit, recharge and refund do not give the patient's payment", "预缴、补缴、退费与个人现金支付不平",
        "correct the settlement", medical.settlement,
    ),
    Rule(
        "R023", "medical-date-wrong", _MEDICAL,
        "the dates of treatment are not in order", "就诊或住院日期有误",
        "correct the dates", medical.dates,
    ),
    Rule(
        "R024", "kind-field-unexpected", _SPECIFICATION,
        "the kind of receipt has no such field", "本种票据不应含有该字段",
        "leave the field out", extension.kind_fields,
    ),
    Rule(
        "R025", "arrears-mark-wrong", f"{_MEDICAL}（欠费票据）",
        "the mark of arrears and its reason do not agree", "欠费标志与不可流通原因不一致",
        "give the reason with IsArrears 0, and none without", extension.arrears,
    ),
)  # fmt: skip


def violations(receipt: ParsedReceipt | EInvoice, context: RuleContext) -> list[RuleViolation]:
    """Return every broken rule, in order; empty when the receipt is in order."""
    model = receipt.model if isinstance(receipt, ParsedReceipt) else receipt
    return [violation for rule in RULES for violation in rule.violations(model, context)]


def check_receipt(receipt: ParsedReceipt | EInvoice, context: RuleContext) -> None:
    """Raise the first broken rule.

    Raises:
        RuleViolation: With the rule's id, the field, what was expected and what to do.
    """
    model = receipt.model if isinstance(receipt, ParsedReceipt) else receipt
    for rule in RULES:
        for finding in rule.check(model, context):
            raise rule.violation(finding)
