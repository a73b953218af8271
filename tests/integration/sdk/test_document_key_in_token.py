"""A P-256 document key in a real PKCS#11 token."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pkcs11
import pytest

from piaolian_sdk.errors import InputError, SignerError
from piaolian_sdk.receipt import parse_receipt
from piaolian_sdk.signing import (
    SUITE_P256,
    SUITE_SM2,
    DocumentCertificate,
    known_answer,
    public_key_to_pem,
    sign_receipt_as_supervisor,
    sign_receipt_as_unit,
    verify_message,
    verify_supervision_signature,
)
from piaolian_sdk.signing.pkcs11 import Pkcs11P256Signer, generate_document_key, read_document_key
from support.counting_session import CountingSession, lending
from support.documents import NON_TAX, NOW, signatory, unsigned_sample
from support.services import SoftHSM

Provider = Callable[[], AbstractContextManager[pkcs11.Session]]
LABEL = "supervision"


@pytest.fixture(scope="module")
def sessions(softhsm: SoftHSM) -> Iterator[Provider]:
    library = pkcs11.lib(str(softhsm.library))
    library.reinitialize()
    token = library.get_token(token_label=softhsm.token_label)
    with token.open(rw=True, user_pin=softhsm.pin) as session:

        @contextmanager
        def provider() -> Iterator[pkcs11.Session]:
            yield session

        yield provider


@pytest.fixture(scope="module")
def certificate(sessions: Provider) -> DocumentCertificate:
    with sessions() as session:
        public_key = generate_document_key(session, LABEL)
    _, pem = signatory(SUITE_P256).authority.issue("测试财政局", public_key_to_pem(public_key))
    return DocumentCertificate.from_pem(pem)


@pytest.fixture(scope="module")
def signer(sessions: Provider, certificate: DocumentCertificate) -> Pkcs11P256Signer:
    return Pkcs11P256Signer(sessions, LABEL, certificate)


def test_signer__known_answer__passes(signer: Pkcs11P256Signer) -> None:
    known_answer(signer)


def test_c063_signer__many_messages__all_verify(signer: Pkcs11P256Signer) -> None:
    for number in range(200):
        message = number.to_bytes(2, "big")
        verify_message(signer.certificate, message, signer.sign(message))


def test_receipt__countersigned_in_the_token__verifies(signer: Pkcs11P256Signer) -> None:
    once = sign_receipt_as_unit(unsigned_sample(NON_TAX), signatory(SUITE_SM2).unit, NOW)
    parsed = parse_receipt(sign_receipt_as_supervisor(once, signer, NOW))
    verified = verify_supervision_signature(parsed, signatory(SUITE_P256).trust, NOW)
    assert verified.certificate == signer.certificate


def test_key__in_the_token__cannot_be_read(sessions: Provider, signer: Pkcs11P256Signer) -> None:
    known_answer(signer)
    with sessions() as session:
        key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=LABEL)
        with pytest.raises(pkcs11.exceptions.AttributeSensitive):
            key[pkcs11.Attribute.VALUE]


def test_signer__certificate_of_another_key__refused(sessions: Provider, signer: Pkcs11P256Signer) -> None:
    known_answer(signer)
    for suite in (SUITE_P256, SUITE_SM2):
        with pytest.raises(InputError) as refusal:
            Pkcs11P256Signer(sessions, LABEL, signatory(suite).unit.certificate)
        assert refusal.value.code == "key-mismatch"


def test_signer__no_such_key__refused(sessions: Provider, certificate: DocumentCertificate) -> None:
    with pytest.raises(SignerError) as refusal:
        Pkcs11P256Signer(sessions, "absent", certificate)
    assert (refusal.value.code, refusal.value.retry) == ("hsm-unavailable", "after")


def test_read_document_key__other_curve__refused(sessions: Provider) -> None:
    from piaolian_sdk.acts.pkcs11 import generate_chain_key

    with sessions() as session:
        generate_chain_key(session, "another-curve")
        with pytest.raises(SignerError) as refusal:
            read_document_key(session, "another-curve")
    assert refusal.value.code == "hsm-signature-wrong"


def counting(sessions: Provider, certificate: DocumentCertificate) -> tuple[CountingSession, Pkcs11P256Signer]:
    with sessions() as session:
        counted = CountingSession(session)
    signer = Pkcs11P256Signer(lending(counted), LABEL, certificate)
    counted.lookups = 0
    return counted, signer


def test_c099_signer__many_signatures__one_lookup(sessions: Provider, certificate: DocumentCertificate) -> None:
    session, signer = counting(sessions, certificate)
    for _ in range(20):
        known_answer(signer)
    assert session.lookups == 1


def test_c099_signer__handle_no_longer_valid__looked_up_again(
    sessions: Provider, certificate: DocumentCertificate
) -> None:
    session, signer = counting(sessions, certificate)
    session.gives_stale_key = True
    known_answer(signer)
    assert session.lookups == 2
