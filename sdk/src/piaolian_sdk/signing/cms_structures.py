"""The few ASN.1 structures of SignedData (RFC 5652, GB/T 35275), with the object identifiers left open.

The library's own classes know the identifiers of RFC 5652 alone and choose the inner types by them; ``Any`` in their
place would silently ignore tags. Every type is written out here instead.
"""

from typing import Any, ClassVar

from asn1crypto import core, x509


class Algorithm(core.Sequence):  # type: ignore[misc] # The library ships no types.
    """``AlgorithmIdentifier``."""

    _fields: ClassVar[list[Any]] = [("algorithm", core.ObjectIdentifier), ("parameters", core.Any, {"optional": True})]


class Algorithms(core.SetOf):  # type: ignore[misc] # The library ships no types.
    """Digest algorithms."""

    _child_spec = Algorithm


class Content(core.Sequence):  # type: ignore[misc] # The library ships no types.
    """``EncapsulatedContentInfo``; empty when the content stands elsewhere."""

    _fields: ClassVar[list[Any]] = [
        ("content_type", core.ObjectIdentifier),
        ("content", core.OctetString, {"explicit": 0, "optional": True}),
    ]


class Certificates(core.SetOf):  # type: ignore[misc] # The library ships no types.
    """Enclosed certificates."""

    _child_spec = x509.Certificate


class Attributes(core.SetOf):  # type: ignore[misc] # The library ships no types.
    """Attributes or revocation lists, whose inside nobody reads."""

    _child_spec = core.Sequence


class IssuerAndSerial(core.Sequence):  # type: ignore[misc] # The library ships no types.
    """Names a certificate."""

    _fields: ClassVar[list[Any]] = [("issuer", x509.Name), ("serial_number", core.Integer)]


class SignerInfo(core.Sequence):  # type: ignore[misc] # The library ships no types.
    """One signature."""

    _fields: ClassVar[list[Any]] = [
        ("version", core.Integer),
        ("signer", IssuerAndSerial),
        ("digest_algorithm", Algorithm),
        ("signed_attributes", Attributes, {"implicit": 0, "optional": True}),
        ("signature_algorithm", Algorithm),
        ("signature", core.OctetString),
        ("unsigned_attributes", Attributes, {"implicit": 1, "optional": True}),
    ]


class SignerInfos(core.SetOf):  # type: ignore[misc] # The library ships no types.
    """All signatures."""

    _child_spec = SignerInfo


class SignedData(core.Sequence):  # type: ignore[misc] # The library ships no types.
    """``SignedData``."""

    _fields: ClassVar[list[Any]] = [
        ("version", core.Integer),
        ("digest_algorithms", Algorithms),
        ("content_info", Content),
        ("certificates", Certificates, {"implicit": 0, "optional": True}),
        ("crls", Attributes, {"implicit": 1, "optional": True}),
        ("signer_infos", SignerInfos),
    ]


class ContentInfo(core.Sequence):  # type: ignore[misc] # The library ships no types.
    """The outermost structure."""

    _fields: ClassVar[list[Any]] = [("content_type", core.ObjectIdentifier), ("content", SignedData, {"explicit": 0})]
