"""The short form: made, read back, and refused after any change."""

import base64
from datetime import UTC, date, datetime, timedelta

import pytest

from piaolian_sdk.errors import InputError, VerificationError
from piaolian_sdk.qr import read_qr_text, verify_short_qr, write_short_qr
from piaolian_sdk.signing import CertificateTrust
from support.documents import NOW, SUITES, signatory

DAY = date(2026, 3, 2)
LONGEST = "https://" + "verify." * 19 + "cn"


def short(suite: str, url: str = "https://pj.cz.example", **changes: object) -> str:
    elements: dict[str, object] = {
        "code": "32060126",
        "number": "0000010003",
        "check_code": "13a9Z0",
        "amount_fen": 99354,
        "issue_date": DAY,
    }
    return write_short_qr(url, signatory(suite).finance, **(elements | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize("amount_fen", [1, 99354, -99354, 10**14 - 1], ids=["fen", "usual", "red", "largest"])
def test_write__any_amount__reads_back_and_verifies(suite: str, amount_fen: int) -> None:
    keys = signatory(suite)
    reading = read_qr_text(short(suite, amount_fen=amount_fen), ["pj.cz.example"])
    assert (reading.code, reading.number, reading.check_code) == ("32060126", "0000010003", "13a9Z0")
    assert (reading.amount_fen, reading.issue_date, reading.missing) == (amount_fen, DAY, ())
    assert verify_short_qr(reading, [keys.finance.certificate], keys.trust, NOW) == keys.finance.certificate


@pytest.mark.parametrize("suite", SUITES)
def test_write__longest_values__at_most_300_characters(suite: str) -> None:
    assert len(short(suite, LONGEST, amount_fen=-(10**14) + 1)) <= 300


def test_write__address_too_long__refused_before_it_is_printed() -> None:
    with pytest.raises(InputError) as caught:
        short(SUITES[0], LONGEST + "/verification-pages")
    assert (caught.value.code, caught.value.field) == ("qr-too-long", "verify_url")


@pytest.mark.parametrize("suite", SUITES)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("c=32060126", "c=32060125"),
        ("n=0000010003", "n=0000010004"),
        ("k=13a9Z0", "k=13a9z0"),
        ("a=993.54", "a=893.54"),
        ("d=20260302", "d=20260303"),
    ],
    ids=["code", "number", "check code", "amount", "date"],
)
def test_verify__an_element_changed__refused(suite: str, old: str, new: str) -> None:
    keys = signatory(suite)
    text = short(suite)
    assert old in text
    with pytest.raises(VerificationError) as caught:
        verify_short_qr(read_qr_text(text.replace(old, new)), [keys.finance.certificate], keys.trust, NOW)
    assert (caught.value.code, caught.value.step) == ("signature-wrong", "qr signature")


@pytest.mark.parametrize("suite", SUITES)
def test_verify__every_bit_of_the_signature__refused(suite: str) -> None:
    keys = signatory(suite)
    head, _, compact = short(suite).rpartition("s=")
    raw = base64.urlsafe_b64decode(compact + "==")
    for bit in range(0, 512, 7):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        text = head + "s=" + base64.urlsafe_b64encode(bytes(changed)).decode().rstrip("=")
        with pytest.raises(VerificationError):
            verify_short_qr(read_qr_text(text), [keys.finance.certificate], keys.trust, NOW)


def test_verify__signed_by_a_unit__refused() -> None:
    keys = signatory(SUITES[0])
    reading = read_qr_text(short(SUITES[0]))
    with pytest.raises(VerificationError, match="no given finance department"):
        verify_short_qr(reading, [keys.unit.certificate], keys.trust, NOW)


def test_verify__other_roots__refused() -> None:
    keys, other = (signatory(suite) for suite in SUITES)
    with pytest.raises(VerificationError) as caught:
        verify_short_qr(read_qr_text(short(SUITES[0])), [keys.finance.certificate], other.trust, NOW)
    assert caught.value.code == "certificate-not-trusted"


def test_verify__certificate_expired_since__counts_by_the_day_of_issue() -> None:
    keys = signatory(SUITES[0])
    later = NOW + timedelta(days=4000)
    reading = read_qr_text(short(SUITES[0]))
    assert verify_short_qr(reading, [keys.finance.certificate], keys.trust, later) == keys.finance.certificate


@pytest.mark.parametrize(("days", "is_refused"), [(3, True), (300, False)], ids=["before now", "later"])
def test_c073_verify__revoked_after_the_day_of_issue__refused_from_then_on(days: int, *, is_refused: bool) -> None:
    keys = signatory(SUITES[0])
    revoked_at = NOW + timedelta(days=days)
    trust = CertificateTrust(keys.trust.roots, {keys.finance.certificate.serial: revoked_at})
    reading = read_qr_text(short(SUITES[0]))
    at = NOW + timedelta(days=30)
    if not is_refused:
        assert verify_short_qr(reading, [keys.finance.certificate], trust, at)
        return
    with pytest.raises(VerificationError) as caught:
        verify_short_qr(reading, [keys.finance.certificate], trust, at)
    assert caught.value.code == "certificate-revoked"


def test_verify__form_without_signature__says_so() -> None:
    keys = signatory(SUITES[0])
    text = short(SUITES[0]).partition("&s=")[0]
    with pytest.raises(VerificationError) as caught:
        verify_short_qr(read_qr_text(text), [keys.finance.certificate], keys.trust, datetime.now(UTC))
    assert caught.value.code == "signature-missing"
