"""The chain key in a real PKCS#11 token."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pkcs11
import pytest
from eth_account import Account
from web3 import Web3

from piaolian_sdk.acts import Cancel, recover_address
from piaolian_sdk.acts.pkcs11 import Pkcs11ChainSigner, generate_chain_key
from piaolian_sdk.contracts import connect
from piaolian_sdk.errors import InputError, SignerError
from piaolian_sdk.tree import keccak256
from support.counting_session import CountingSession, lending
from support.services import Anvil, SoftHSM

HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
Provider = Callable[[], AbstractContextManager[pkcs11.Session]]


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
def signer(sessions: Provider) -> Pkcs11ChainSigner:
    with sessions() as session:
        generate_chain_key(session, "transactions")
    return Pkcs11ChainSigner(sessions, "transactions")


def test_sign_digest__many_digests__recover_to_address_with_low_s(signer: Pkcs11ChainSigner) -> None:
    for number in range(40):
        digest = keccak256(bytes([number]))
        signature = signer.sign_digest(digest)

        assert recover_address(digest, signature) == signer.address
        assert int.from_bytes(signature[32:64], "big") <= HALF_ORDER


def test_act__signed_in_token__verifies(signer: Pkcs11ChainSigner) -> None:
    act = Cancel(unit=1, range=2, sequence=3, deadline=4)
    contract = "0x" + "11" * 20

    signature = act.sign(signer, 9, contract)

    assert recover_address(act.digest(9, contract), signature) == signer.address


def test_sign_transaction__type_2__is_mined(signer: Pkcs11ChainSigner, anvil: Anvil) -> None:
    web3 = connect(anvil.url)
    web3.provider.make_request("anvil_setBalance", [signer.address, hex(10**18)])  # type: ignore[arg-type]
    transaction = {
        "chainId": anvil.chain_id,
        "nonce": 0,
        "to": "0x" + "22" * 20,
        "value": 7,
        "data": b"",
        "gas": 21_000,
        "maxFeePerGas": 10**10,
        "maxPriorityFeePerGas": 10**9,
    }

    raw = signer.sign_transaction(transaction)
    transaction_hash = web3.eth.send_raw_transaction(raw)
    anvil.mine()

    assert Account.recover_transaction(raw) == signer.address
    assert web3.eth.get_transaction_receipt(transaction_hash)["status"] == 1
    assert web3.eth.get_balance(Web3.to_checksum_address("0x" + "22" * 20)) == 7


def test_sign_transaction__without_chain_id__is_refused(signer: Pkcs11ChainSigner) -> None:
    with pytest.raises(InputError) as refused:
        signer.sign_transaction({"nonce": 0})

    assert refused.value.code == "transaction-malformed"


def test_signer__label_unknown__names_the_label(sessions: Provider) -> None:
    with pytest.raises(SignerError) as refused:
        Pkcs11ChainSigner(sessions, "nobody")

    assert refused.value.code == "hsm-unavailable"
    assert "nobody" in refused.value.message


def test_generated_key__private_half__cannot_be_read(signer: Pkcs11ChainSigner, sessions: Provider) -> None:
    with sessions() as session:
        key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label="transactions")

        with pytest.raises(pkcs11.exceptions.AttributeSensitive):
            _ = key[pkcs11.Attribute.VALUE]


@pytest.mark.usefixtures("signer")
def test_c099_signer__many_signatures__one_lookup(sessions: Provider) -> None:
    with sessions() as session:
        counted = CountingSession(session)
    counting = Pkcs11ChainSigner(lending(counted), "transactions")
    counted.lookups = 0

    for number in range(20):
        counting.sign_digest(keccak256(bytes([number])))

    assert counted.lookups == 1


@pytest.mark.usefixtures("signer")
def test_c099_signer__handle_no_longer_valid__looked_up_again(sessions: Provider) -> None:
    with sessions() as session:
        counted = CountingSession(session)
    counting = Pkcs11ChainSigner(lending(counted), "transactions")
    counted.lookups = 0
    counted.gives_stale_key = True
    digest = keccak256(b"digest")

    assert recover_address(digest, counting.sign_digest(digest)) == counting.address
    assert counted.lookups == 2
