"""Compares what runs on a chain with the address book and with the sources.

Numbered as they are carried out; the first that fails is raised:

1. The chain is the address book's: chain id and hash of block 0.
2. Each proxy points to the implementation of the address book (ERC-1967 slot).
3. The runtime code of each implementation has the hash of the address book.
4. The runtime code of each contract, and of the part that a ledger's constructor split off, is what the sources
   compile to, immutables left out.
5. Each immutable and each linked library is an address of this network: one of its contracts, or the contract
   itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from eth_utils.crypto import keccak

from piaolian_network.deploy import PROXIED, create_address
from piaolian_network.errors import MismatchError
from piaolian_network.programs import checkout
from piaolian_network.rpc import ChainRPC
from piaolian_network.sources import CompiledContract, compile_contracts
from piaolian_sdk.contracts.address_book import AddressBook, DeployedContract

# keccak256("eip1967.proxy.implementation") - 1 (ERC-1967).
IMPLEMENTATION_SLOT: Final = hex(int.from_bytes(keccak(b"eip1967.proxy.implementation"), "big") - 1)
_PROXY: Final = "ERC1967Proxy"
# Contracts that a ledger's constructor makes, and that run on its storage: its first creation, nonce 1 (EIP-161).
_FACETS: Final[Mapping[str, str]] = {"PaymentLedger": "PaymentDecisions", "ReceiptLedger": "ReceiptActs"}
_WORD: Final = 32
_ADDRESS: Final = 20


@dataclass(frozen=True)
class CheckedContract:
    """One contract that passed.

    Attributes:
        name: Its name.
        address: Where its code is; for a proxied contract that of the implementation.
        code_hash: keccak256 of that code.
    """

    name: str
    address: str
    code_hash: str


def check_chain(
    rpc_url: str, book: AddressBook, compiled: Mapping[str, CompiledContract] | None = None
) -> list[CheckedContract]:
    """Carry out all five checks; the sources are compiled only after the first three passed.

    Args:
        rpc_url: JSON-RPC of the chain.
        book: What is expected where.
        compiled: What the sources compile to, from `compile_sources`; None compiles those of the checkout that
            this package runs from, which takes half a minute.

    Raises:
        MismatchError: A check failed (`genesis-mismatch`, `code-mismatch`).
        ToolError: The sources cannot be compiled.
        ServiceError: The chain does not answer.
    """
    rpc = ChainRPC(rpc_url, timeout_seconds=30)
    # 1.
    _check_genesis(rpc, book)
    places = {name: entry.implementation or entry.address for name, entry in book.contracts.items()}
    codes = {name: _code(rpc, address) for name, address in places.items()}
    for name, entry in book.contracts.items():
        # 2.
        if entry.implementation:
            _check_proxy(rpc, name, entry)
        # 3.
        if keccak(codes[name]) != entry.code_hash:
            raise _differs(
                f"{name}: the code on the chain has hash 0x{keccak(codes[name]).hex()}, the address book says"
                f" 0x{entry.code_hash.hex()}"
            )
    # 4. and 5.
    for name, facet in _FACETS.items():
        if name in places:
            places[facet] = create_address(places[name], 1)
            codes[facet] = _code(rpc, places[facet])
    expected = compiled or compile_sources()
    own = {address.lower() for address in places.values()} | {x.address.lower() for x in book.contracts.values()}
    for name, code in codes.items():
        _check_code(code, expected[name], name, own)
    for name, entry in book.contracts.items():
        if entry.implementation:
            _check_code(_code(rpc, entry.address), expected[_PROXY], f"{name} proxy", own)
    return [CheckedContract(name, places[name], "0x" + keccak(code).hex()) for name, code in codes.items()]


def compile_sources(folder: Path | None = None) -> dict[str, CompiledContract]:
    """Compile every contract that a network runs, from a checkout.

    Raises:
        ToolError: Sources or compiler are missing or wrong.
    """
    return compile_contracts(folder or checkout(), ("AccessManager", *PROXIED, *_FACETS.values(), _PROXY))


def _check_genesis(rpc: ChainRPC, book: AddressBook) -> None:
    chain_id = int(rpc.call("eth_chainId"), 16)
    genesis_hash = bytes.fromhex(str(rpc.block(0)["hash"])[2:])
    if (chain_id, genesis_hash) != (book.chain_id, book.genesis_hash):
        raise MismatchError(
            "genesis-mismatch",
            f"the chain has id {chain_id} and genesis 0x{genesis_hash.hex()}, the address book says"
            f" {book.chain_id} and 0x{book.genesis_hash.hex()}",
            f"链号 {chain_id}、创世哈希 0x{genesis_hash.hex()} 与地址簿不一致",
            "核对 RPC 地址和地址簿是否属于同一网络。",
        )


def _check_proxy(rpc: ChainRPC, name: str, entry: DeployedContract) -> None:
    word = str(rpc.call("eth_getStorageAt", [entry.address, IMPLEMENTATION_SLOT, "latest"]))
    actual = "0x" + word[-40:]
    if entry.implementation is None or actual.lower() != entry.implementation.lower():
        raise _differs(f"{name}: the proxy points to {actual}, the address book says {entry.implementation}")


def _check_code(code: bytes, compiled: CompiledContract, name: str, own: set[str]) -> None:
    masked = bytearray(code)
    for offset in compiled.links:
        address = code[offset : offset + _ADDRESS]
        if "0x" + address.hex() not in own:
            raise _differs(f"{name}: a library at byte {offset} is {address.hex()}, which is none of this network")
        masked[offset : offset + _ADDRESS] = bytes(_ADDRESS)
    for offset in compiled.immutables:
        word = code[offset : offset + _WORD]
        if "0x" + word[-20:].hex() not in own:
            raise _differs(
                f"{name}: an immutable at byte {offset} is {word.hex()}, which is no contract of this network"
            )
        masked[offset : offset + _WORD] = bytes(_WORD)
    if bytes(masked) != compiled.runtime:
        raise _differs(f"{name}: the code on the chain is not what the sources compile to")


def _code(rpc: ChainRPC, address: str) -> bytes:
    return bytes.fromhex(str(rpc.call("eth_getCode", [address, "latest"]))[2:])


def _differs(message: str) -> MismatchError:
    return MismatchError(
        "code-mismatch",
        message,
        f"链上代码与预期不符（{message}）",
        "不要使用该网络；核对源码版本、地址簿与最近的升级记录。",
    )
