"""Signed requests: what verifies, and every way in which one must not."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from piaolian_sdk.errors import VerificationError
from piaolian_sdk.requests import VerifiedRequest, sign_request, verify_request
from piaolian_sdk.signing import SUITE_P256, SUITE_SM2, CertificateAuthority, DocumentCertificate, SoftwareSigner

NOW = 1_790_000_000
URL = "http://127.0.0.1:8080/api/v1/receipts/prepare?a=1&b=%E7%A5%A8"
BODY = '{"range": 1, "名": "值"}'.encode()
HEADERS = {"Content-Type": "application/json", "Idempotency-Key": "k-1"}


def signer_of(suite: str) -> SoftwareSigner:
    authority = CertificateAuthority.create("Root", suite, now=lambda: datetime.fromtimestamp(NOW, tz=UTC))
    return SoftwareSigner.from_pem(*authority.issue("Unit", suite))


SIGNERS = {suite: signer_of(suite) for suite in (SUITE_SM2, SUITE_P256)}
KNOWN: dict[str, DocumentCertificate] = {s.certificate.digest.hex(): s.certificate for s in SIGNERS.values()}


def signed(suite: str = SUITE_P256, *, body: bytes = BODY, method: str = "POST", url: str = URL) -> dict[str, str]:
    return sign_request(method, url, HEADERS, body, SIGNERS[suite], nonce="n" * 32, created=NOW, expires=NOW + 60)


def verify(
    headers: dict[str, str], *, method: str = "POST", url: str = URL, body: bytes = BODY, now: int = NOW
) -> VerifiedRequest:
    return verify_request(method, url, headers, body, KNOWN.get, now=now)


@pytest.mark.parametrize("suite", SIGNERS)
@pytest.mark.parametrize(("method", "body"), [("POST", BODY), ("GET", b"")])
def test_verify_request__as_signed__gives_key_and_nonce(suite: str, method: str, body: bytes) -> None:
    headers = signed(suite, body=body, method=method)

    verified = verify(headers, method=method, body=body)

    assert verified.key_id == SIGNERS[suite].certificate.digest.hex()
    assert (verified.nonce, verified.created, verified.expires) == ("n" * 32, NOW, NOW + 60)


def test_verify_request__headers_in_lower_case__verifies() -> None:
    verify({name.lower(): value for name, value in signed().items()})


@pytest.mark.parametrize("suite", SIGNERS)
@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param({"method": "PUT"}, "request-signature-wrong", id="method"),
        pytest.param({"url": URL.replace("8080", "8081")}, "request-signature-wrong", id="authority"),
        pytest.param({"url": URL.replace("prepare", "submit")}, "request-signature-wrong", id="path"),
        pytest.param({"url": URL.replace("a=1", "a=2")}, "request-signature-wrong", id="query"),
        pytest.param({"url": URL.split("?", maxsplit=1)[0]}, "request-signature-wrong", id="query-dropped"),
        pytest.param({"body": BODY + b" "}, "content-digest-wrong", id="body"),
        pytest.param({"body": b""}, "content-digest-wrong", id="body-dropped"),
        pytest.param({"now": NOW + 61}, "request-expired", id="expired"),
        pytest.param({"now": NOW - 301}, "request-expired", id="of-the-future"),
        pytest.param({"now": NOW + 10_000}, "request-expired", id="old"),
    ],
)
def test_verify_request__anything_changed__is_refused(suite: str, change: dict[str, object], code: str) -> None:
    with pytest.raises(VerificationError) as refused:
        verify(signed(suite), **change)  # type: ignore[arg-type]

    assert refused.value.code == code


def without(name: str) -> Callable[[dict[str, str]], dict[str, str]]:
    return lambda headers: {key: value for key, value in headers.items() if key != name}


def replaced(name: str, old: str, new: str) -> Callable[[dict[str, str]], dict[str, str]]:
    def change(headers: dict[str, str]) -> dict[str, str]:
        assert old in headers[name]
        return {**headers, name: headers[name].replace(old, new)}

    return change


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (without("Signature"), "request-signature-missing"),
        (without("Signature-Input"), "request-signature-missing"),
        (without("Content-Digest"), "request-signature-wrong"),
        (without("Idempotency-Key"), "request-signature-wrong"),
        (replaced("Idempotency-Key", "k-1", "k-2"), "request-signature-wrong"),
        (replaced("Signature-Input", "created=1790000000", "created=1790000001"), "request-signature-wrong"),
        (replaced("Signature-Input", "expires=1790000060", "expires=1790000090"), "request-signature-wrong"),
        (replaced("Signature-Input", "nnnn", "mmmm"), "request-signature-wrong"),
        (replaced("Signature-Input", '"@path" ', ""), "request-signature-wrong"),
        (replaced("Signature-Input", ';nonce="' + "n" * 32 + '"', ""), "request-signature-wrong"),
        (replaced("Signature-Input", "n" * 32, "n"), "request-signature-wrong"),
        (replaced("Signature-Input", ";expires=1790000060", ""), "request-signature-wrong"),
        (replaced("Signature-Input", "created=1790000000", 'created="now"'), "request-signature-wrong"),
        (replaced("Signature-Input", "ecdsa-p256-sha256", "hmac-sha256"), "request-signature-wrong"),
        (replaced("Signature-Input", "ecdsa-p256-sha256", "sm2-sm3"), "request-signature-wrong"),
        (replaced("Signature-Input", "piaolian=", "(("), "request-signature-wrong"),
        (replaced("Signature", "piaolian=", "other="), "request-signature-wrong"),
        (replaced("Signature", "piaolian=:", "piaolian=:AAAA"), "request-signature-wrong"),
    ],
    ids=[
        "no-signature", "no-input", "no-digest", "key-dropped", "key-changed", "created", "expires", "nonce",
        "path-uncovered", "no-nonce", "short-nonce", "no-expires", "created-text", "hmac", "other-suite", "malformed",
        "other-label", "longer-signature",
    ],
)  # fmt: skip
def test_verify_request__header_changed__is_refused(
    change: Callable[[dict[str, str]], dict[str, str]], code: str
) -> None:
    with pytest.raises(VerificationError) as refused:
        verify(change(signed()))

    assert refused.value.code == code


def test_verify_request__idempotency_key_added__is_refused() -> None:
    """A header that was not covered must not decide about repetition."""
    bare = sign_request("POST", URL, {}, BODY, SIGNERS[SUITE_P256], nonce="n" * 32, created=NOW, expires=NOW + 60)

    with pytest.raises(VerificationError) as refused:
        verify({**bare, "Idempotency-Key": "k-1"})

    assert refused.value.code == "request-signature-wrong"


def test_verify_request__lifetime_beyond_window__is_refused() -> None:
    long = sign_request("POST", URL, {}, BODY, SIGNERS[SUITE_P256], nonce="n" * 32, created=NOW, expires=NOW + 301)

    with pytest.raises(VerificationError) as refused:
        verify(long)

    assert refused.value.code == "request-expired"


def test_verify_request__key_unknown__is_refused() -> None:
    with pytest.raises(VerificationError) as refused:
        verify_request("POST", URL, signed(), BODY, lambda _key: None, now=NOW)

    assert refused.value.code == "request-signature-wrong"


def test_verify_request__signature_of_another_key__is_refused() -> None:
    stranger = signer_of(SUITE_P256)
    forged = sign_request("POST", URL, HEADERS, BODY, stranger, nonce="n" * 32, created=NOW, expires=NOW + 60)
    claimed = {
        **forged,
        "Signature-Input": forged["Signature-Input"].replace(
            stranger.certificate.digest.hex(), SIGNERS[SUITE_P256].certificate.digest.hex()
        ),
    }

    with pytest.raises(VerificationError) as refused:
        verify(claimed)

    assert refused.value.code == "request-signature-wrong"


def test_verify_request__expired__tells_the_servers_time() -> None:
    with pytest.raises(VerificationError) as refused:
        verify(signed(), now=NOW + 1000)

    assert "+08:00" in refused.value.message
