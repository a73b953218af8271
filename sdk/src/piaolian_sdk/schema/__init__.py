"""The receipt's form as an XML schema, for those who write documents without this library.

>>> b"EInvoiceData" in einvoice_schema()
True
"""

from importlib.resources import files


def einvoice_schema() -> bytes:
    """Return the XSD of the EInvoice. Reading with this library accepts what the schema accepts, and no more."""
    return files(__package__).joinpath("einvoice.xsd").read_bytes()
