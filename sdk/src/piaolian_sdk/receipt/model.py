"""The EInvoice as Python objects.

Names are those of the national specification (财综〔2017〕32号) in snake case; ``alias`` of each field is the name of
its XML element, and the order of the fields is the order of the elements. Amounts are decimals with two places,
quantities and standards keep their digits, codes and dates have their forms. What a receipt must contain beyond its
form is the business of ``piaolian_sdk.rules``.
"""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from piaolian_sdk.codes import ReceiptKey
from piaolian_sdk.receipt.values import (
    Amount,
    Clock,
    Day,
    OptionalAmount,
    OptionalDay,
    OptionalFlag,
    OptionalNumber,
    OptionalPaymentCode,
    OptionalReceiptCode,
    OptionalReceiptNumber,
    digits,
)

VERSION = "1.1.0"


class Element(BaseModel):
    """An element with children; unknown members are refused, and nothing changes after it was made."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True)


class Header(Element):
    """``Header``: what kind of document this is."""

    einvoice_tag: str = Field(alias="EInvoiceTag")
    einvoice_id: str = Field(alias="EInvoiceID")
    version: str = Field(alias="Version")

    @classmethod
    def of(cls, code: str, number: str) -> Self:
        """Return the header of a receipt.

        Raises:
            InputError: Code or number is malformed.
        """
        key = ReceiptKey.of(code, number)
        return cls(einvoice_tag=key.einvoice_tag, einvoice_id=key.einvoice_id, version=VERSION)


class InvoicingParty(Element):
    """``InvoicingParty``: the unit that issues, and the account that receives."""

    invoicing_party_code: Annotated[str, StringConstraints(pattern="^[0-9A-Z]{18}$")] = Field(
        alias="InvoicingPartyCode"
    )
    invoicing_party_name: str = Field(alias="InvoicingPartyName")
    rec_name: str | None = Field(alias="RecName", default=None)
    rec_acct: str | None = Field(alias="RecAcct", default=None)
    rec_op_bk: str | None = Field(alias="RecOpBk", default=None)


class PayerParty(Element):
    """``PayerParty``: who pays. Type 1 is a person, type 2 an organisation."""

    payer_party_type: Annotated[str, StringConstraints(pattern="^[12]$")] = Field(alias="PayerPartyType")
    payer_party_code: str | None = Field(alias="PayerPartyCode", default=None)
    payer_party_name: str | None = Field(alias="PayerPartyName", default=None)
    payer_acct: str | None = Field(alias="PayerAcct", default=None)
    payer_op_bk: str | None = Field(alias="PayerOpBk", default=None)


class MainExtension(Element):
    """``MainExt``: payment code, reference to the blue receipt, and what medicine adds.

    The order of these elements is published nowhere: any is read, this one is written. ``IsArrears`` and its reason are
    named as units' systems send them: 0 is for a receipt that may not circulate, because the payer owes the amount.
    """

    related_invoice_code: OptionalReceiptCode = Field(alias="RelatedInvoiceCode", default=None)
    related_invoice_number: OptionalReceiptNumber = Field(alias="RelatedInvoiceNumber", default=None)
    pay_code: OptionalPaymentCode = Field(alias="PayCode", default=None)
    business_number: str | None = Field(alias="BusinessNumber", default=None)
    business_date: OptionalDay = Field(alias="BusinessDate", default=None)
    gender: str | None = Field(alias="Gender", default=None)
    patient_number: str | None = Field(alias="PatientNumber", default=None)
    medical_date: OptionalDay = Field(alias="MedicalDate", default=None)
    org_type: str | None = Field(alias="OrgType", default=None)
    medical_insurance_type: str | None = Field(alias="MedicalInsuranceType", default=None)
    medical_insurance_id: str | None = Field(alias="MedicalInsuranceID", default=None)
    case_number: str | None = Field(alias="CaseNumber", default=None)
    hospitalization_number: str | None = Field(alias="HospitalizationNumber", default=None)
    department_name: str | None = Field(alias="DepartmentName", default=None)
    in_hospital_date: OptionalDay = Field(alias="InHospitalDate", default=None)
    out_hospital_date: OptionalDay = Field(alias="OutHospitalDate", default=None)
    prepay_amount: OptionalAmount = Field(alias="PrepayAmount", default=None)
    recharge_amount: OptionalAmount = Field(alias="RechargeAmount", default=None)
    refund_amount: OptionalAmount = Field(alias="RefundAmount", default=None)
    fund_pay_amount: OptionalAmount = Field(alias="FundPayAmount", default=None)
    other_pay_amount: OptionalAmount = Field(alias="OtherPayAmount", default=None)
    account_pay_amount: OptionalAmount = Field(alias="AccountPayAmount", default=None)
    own_pay_amount: OptionalAmount = Field(alias="OwnPayAmount", default=None)
    selfpayment_amount: OptionalAmount = Field(alias="SelfpaymentAmount", default=None)
    selfpayment_cost: OptionalAmount = Field(alias="SelfpaymentCost", default=None)
    is_arrears: OptionalFlag = Field(alias="IsArrears", default=None)
    arrears_reason: str | None = Field(alias="ArrearsReason", default=None)


class Seal(Element):
    """A seal that the printed copy shows."""

    seal_id: str = Field(alias="SealId")
    seal_name: str = Field(alias="SealName")
    seal_hash: str = Field(alias="SealHash")


class Main(Element):
    """``Main``: the receipt without its items."""

    einvoice_name: str = Field(alias="EInvoiceName")
    einvoice_code: Annotated[str, digits(8)] = Field(alias="EInvoiceCode")
    einvoice_number: Annotated[str, digits(10)] = Field(alias="EInvoiceNumber")
    random_number: Annotated[str, StringConstraints(pattern="^[0-9A-Za-z]{6}$")] = Field(alias="RandomNumber")
    einvoice_specimen_code: Annotated[str, digits(10)] = Field(alias="EInvoiceSpecimenCode")
    supervisor_area_code: Annotated[str, digits(6)] = Field(alias="SupervisorAreaCode")
    total_amount: Amount = Field(alias="TotalAmount")
    issue_date: Day = Field(alias="IssueDate")
    issue_time: Clock = Field(alias="IssueTime")
    invoicing_party: InvoicingParty = Field(alias="InvoicingParty")
    payer_party: PayerParty = Field(alias="PayerParty")
    pay_mode: str | None = Field(alias="PayMode", default=None)
    biz_code: str | None = Field(alias="BizCode", default=None)
    currency_type: str | None = Field(alias="CurrencyType", default=None)
    exchange_rate: OptionalNumber = Field(alias="ExchangeRate", default=None)
    remark: str | None = Field(alias="Remark", default=None)
    handling_person: str = Field(alias="HandlingPerson")
    checker: str = Field(alias="Checker")
    supervisor_remark: str | None = Field(alias="SupervisorRemark", default=None)
    main_ext: MainExtension = Field(alias="MainExt", default_factory=MainExtension)
    invoicing_party_seal: Seal = Field(alias="InvoicingPartySeal")
    supervisor_party_seal: Seal = Field(alias="SupervisorPartySeal")

    @property
    def key(self) -> ReceiptKey:
        """Code and number together."""
        return ReceiptKey.of(self.einvoice_code, self.einvoice_number)

    @property
    def is_red(self) -> bool:
        """Whether the receipt names a blue one that it cancels."""
        return bool(self.main_ext.related_invoice_code or self.main_ext.related_invoice_number)

    @property
    def is_circulable(self) -> bool:
        """Whether the receipt may be reimbursed and booked; one for arrears (欠费) may not."""
        return self.main_ext.is_arrears != "0"


class Item(Element):
    """``Item``: one charge item of the catalogue."""

    item_code: Annotated[str, StringConstraints(pattern="^[0-9]{6,12}$")] = Field(alias="ItemCode")
    item_name: str = Field(alias="ItemName")
    item_amount: Amount = Field(alias="ItemAmount")
    item_unit: str | None = Field(alias="ItemUnit", default=None)
    item_quantity: OptionalNumber = Field(alias="ItemQuantity", default=None)
    item_std: OptionalNumber = Field(alias="ItemStd", default=None)
    item_remark: str | None = Field(alias="ItemRemark", default=None)
    item_ext: str | None = Field(alias="ItemExt", default=None)


class AuxItem(Element):
    """``AuxItem``: one line of the list behind the charge items."""

    aux_item_related_code: str | None = Field(alias="AuxItemRelatedCode", default=None)
    aux_item_related_name: str | None = Field(alias="AuxItemRelatedName", default=None)
    aux_item_code: str | None = Field(alias="AuxItemCode", default=None)
    aux_item_name: str | None = Field(alias="AuxItemName", default=None)
    aux_item_quantity: OptionalNumber = Field(alias="AuxItemQuantity", default=None)
    aux_item_unit: str | None = Field(alias="AuxItemUnit", default=None)
    aux_item_std: OptionalNumber = Field(alias="AuxItemStd", default=None)
    aux_item_amount: OptionalNumber = Field(alias="AuxItemAmount", default=None)
    aux_item_remark: str | None = Field(alias="AuxItemRemark", default=None)


class SignedInfo(Element):
    """``SignedInfo``: what was signed and how."""

    reference: str = Field(alias="Reference")
    signature_algorithm: str = Field(alias="SignatureAlgorithm")
    signature_format: Annotated[str, StringConstraints(pattern="^DETACH$")] = Field(alias="SignatureFormat")


class KeyInfo(Element):
    """``KeyInfo``: number and issuer of the certificate."""

    serial_number: str = Field(alias="SerialNumber")
    x509_issuer_name: str = Field(alias="X509IssuerName")


class Signature(Element):
    """``Signature``: of the unit first, of the finance department second."""

    signed_info: SignedInfo = Field(alias="SignedInfo")
    signature_time: Annotated[str, digits(14)] = Field(alias="SignatureTime")
    signature_value: Annotated[str, StringConstraints(pattern="^[0-9A-Za-z+/\\s]+={0,2}\\s*$")] = Field(
        alias="SignatureValue"
    )
    key_info: KeyInfo = Field(alias="KeyInfo")


class EInvoice(Element):
    """A whole receipt: header, main part, items, the list behind them, and up to two signatures."""

    header: Header
    main: Main
    items: tuple[Item, ...] = Field(min_length=1)
    aux_items: tuple[AuxItem, ...] = ()
    signatures: tuple[Signature, ...] = Field(default=(), max_length=2)

    @property
    def issued_at(self) -> datetime:
        """The time of issue, in Beijing, without a zone: dates of receipts are dates."""
        return datetime.combine(self.main.issue_date, self.main.issue_time)
