"""Reports: what of a statement is put to the vote, and what is not, with the reason."""

from piaolian_oracle.reports.report import (
    ENTRY_BYTES,
    MAX_REPORT_ENTRIES,
    BuiltReport,
    Report,
    ReportEntry,
    ReportGroup,
    build_report,
    prefix_of,
    report_id,
    sequence_of,
    split_payments,
)
from piaolian_oracle.reports.selection import (
    EXPLANATIONS,
    ExceptionalLine,
    ExceptionReason,
    Payment,
    Selection,
    bank_reference,
    select_payments,
)

__all__ = [
    "ENTRY_BYTES",
    "EXPLANATIONS",
    "MAX_REPORT_ENTRIES",
    "BuiltReport",
    "ExceptionReason",
    "ExceptionalLine",
    "Payment",
    "Report",
    "ReportEntry",
    "ReportGroup",
    "Selection",
    "bank_reference",
    "build_report",
    "prefix_of",
    "report_id",
    "select_payments",
    "sequence_of",
    "split_payments",
]
