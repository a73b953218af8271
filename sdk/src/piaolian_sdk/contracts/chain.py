"""One connection to a chain, read at one block at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import requests.exceptions
from hexbytes import HexBytes
from web3 import HTTPProvider, Web3
from web3.exceptions import BlockNotFound, ContractLogicError, Web3Exception
from web3.middleware import ExtraDataToPOAMiddleware

from piaolian_sdk.contracts.abi import load_abi
from piaolian_sdk.contracts.errors import decode_revert
from piaolian_sdk.contracts.structs import to_abi
from piaolian_sdk.errors import RemoteError

_T = TypeVar("_T")

# A healthy node answers a read within milliseconds; ten seconds tell a stuck one from a slow one.
REQUEST_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class BlockStamp:
    """The block that a work cycle reads at.

    Attributes:
        number: Height.
        hash: 32 bytes.
        timestamp: Unix seconds.
    """

    number: int
    hash: bytes
    timestamp: int


@dataclass(frozen=True, slots=True)
class FinalityPolicy:
    """How deep a block must lie to be final.

    QBFT and anvil: 0. Clique with N signers: floor(N / 2) + 1, which is good enough for a development network and no
    proof of finality.
    """

    depth: int

    def final_number(self, latest: int) -> int:
        """Return the highest final height when ``latest`` is the highest known."""
        return max(latest - self.depth, 0)


def connect(rpc_url: str, timeout_seconds: float = REQUEST_TIMEOUT_SECONDS) -> Web3:
    """Return a connection that also reads proof-of-authority headers (Clique puts seals in ``extraData``)."""
    web3 = Web3(HTTPProvider(rpc_url, request_kwargs={"timeout": timeout_seconds}))
    web3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)
    return web3


def call_chain(action: Callable[[], _T]) -> _T:
    """Run one read and translate what can go wrong.

    Raises:
        RemoteError: ``chain-unreachable``: no answer, or one that makes no sense.
        ContractRefusedError: The contract reverted.
    """
    try:
        return action()
    except ContractLogicError as exc:
        raise decode_revert(_revert_data(exc)) from exc
    except (Web3Exception, requests.exceptions.RequestException, OSError) as exc:
        raise RemoteError(
            "chain-unreachable",
            f"the chain node did not answer: {type(exc).__name__}",
            f"链节点没有应答：{type(exc).__name__}",
            remedy="check that the node runs and the address is right, then try again",
            retry="after",
        ) from exc


class ContractBinding:
    """Base of the bindings: one deployed contract, read through one connection.

    Attributes:
        NAME: Name in the address book and of the interface file.
    """

    NAME: str

    def __init__(self, web3: Web3, address: str) -> None:
        self._web3 = web3
        self.address = Web3.to_checksum_address(address)

    @cached_property
    def contract(self) -> Any:  # noqa: ANN401 # web3 makes the functions of a contract at run time.
        """The contract object of web3."""
        return self._web3.eth.contract(address=self.address, abi=load_abi(self.NAME))

    def read(self, function: str, *arguments: Any, at: BlockStamp | None) -> Any:  # noqa: ANN401 # Any ABI value.
        """Call a view function.

        Args:
            function: Name in the contract.
            arguments: Plain values or structs.
            at: Block to read at, or None for the latest.

        Raises:
            RemoteError: The chain node did not answer.
            ContractRefusedError: The contract reverted.
        """
        call = self.contract.get_function_by_name(function)(*[to_abi(argument) for argument in arguments])
        block: Any = HexBytes(at.hash) if at else "latest"
        return call_chain(lambda: call.call(block_identifier=block))


def latest_stamp(web3: Web3) -> BlockStamp:
    """Return the newest block.

    Raises:
        RemoteError: The chain node did not answer.
    """
    return _stamp(web3, "latest")


def stamp_at(web3: Web3, number: int) -> BlockStamp | None:
    """Return the block at ``number``, or None when there is none yet.

    Raises:
        RemoteError: The chain node did not answer.
    """
    return call_chain(lambda: _block_or_none(web3, number))


def final_stamp(web3: Web3, policy: FinalityPolicy) -> BlockStamp:
    """Return the highest final block.

    Raises:
        RemoteError: The chain node did not answer.
    """
    return _stamp(web3, policy.final_number(latest_stamp(web3).number))


def _block_or_none(web3: Web3, number: int) -> BlockStamp | None:
    try:
        return _to_stamp(web3.eth.get_block(number))
    except BlockNotFound:
        return None


def _stamp(web3: Web3, block: Any) -> BlockStamp:  # noqa: ANN401 # A height or one of web3's words.
    return call_chain(lambda: _to_stamp(web3.eth.get_block(block)))


def _to_stamp(block: Any) -> BlockStamp:  # noqa: ANN401 # web3's BlockData has only optional members.
    return BlockStamp(number=int(block["number"]), hash=bytes(block["hash"]), timestamp=int(block["timestamp"]))


def _revert_data(error: ContractLogicError) -> bytes:
    data = error.data
    if isinstance(data, str) and data.startswith("0x"):
        return bytes.fromhex(data[2:])
    return b""
