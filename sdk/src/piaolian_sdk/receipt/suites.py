"""Names of the two signature suites, in our own records and in ``SignatureAlgorithm`` of the document."""

from typing import Final

from piaolian_sdk.errors import InputError

# SM2 with SM3 (GB/T 32918), the national suite and the only one of the production profile.
SUITE_SM2: Final = "SM2-SM3"
# ECDSA on P-256 with SHA-256 (FIPS 186-5), for HSMs without SM2 and for tests.
SUITE_P256: Final = "ECDSA-P256-SHA256"

_ALGORITHMS = {SUITE_SM2: "SM2", SUITE_P256: "ECDSA"}
_SUITES = {name: suite for suite, name in _ALGORITHMS.items()}


def algorithm_of(suite: str) -> str:
    """Return the text of ``SignatureAlgorithm`` for a suite.

    Raises:
        InputError: There is no such suite.
    """
    if suite not in _ALGORITHMS:
        raise _unknown("suite", suite, ", ".join(_ALGORITHMS))
    return _ALGORITHMS[suite]


def suite_of(algorithm: str) -> str:
    """Return the suite that a document names.

    Raises:
        InputError: The document names another algorithm.
    """
    if algorithm not in _SUITES:
        raise _unknown("SignatureAlgorithm", algorithm, ", ".join(_SUITES))
    return _SUITES[algorithm]


def _unknown(field: str, given: str, known: str) -> InputError:
    return InputError(
        "signature-algorithm-mismatch",
        f"{field}: {given[:32]!r} is no known signature suite",
        f"{field}：未知的签名算法 {given[:32]!r}",
        field=field,
        rule=known,
        remedy="sign with SM2, or with ECDSA on P-256 where the profile allows it",
    )
