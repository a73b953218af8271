"""The unit's client on the node in memory."""

import pytest

from piaolian_sdk.client import UnitClient
from support.fake_node import (
    ADDRESS_BOOK,
    BASE_URL,
    FakeNode,
)
from support.unit_client import CHAIN_SIGNER, FINANCE, SIGNER, Clock, Randomness


@pytest.fixture
def node() -> FakeNode:
    return FakeNode({SIGNER.certificate.digest.hex(): SIGNER.certificate}, CHAIN_SIGNER.address, FINANCE)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(node: FakeNode, clock: Clock) -> UnitClient:
    return UnitClient(
        BASE_URL,
        unit=1,
        document_signer=SIGNER,
        chain_signer=CHAIN_SIGNER,
        address_book=ADDRESS_BOOK,
        random=Randomness(),
        now=clock.now,
        sleep=clock.sleep,
        http=node.http(),
    )
