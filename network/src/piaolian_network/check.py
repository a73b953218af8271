"""Compares what runs on a chain with the address book and with the sources.

Numbered as they are carried out; the first that fails is raised:

1. The chain is the address book's: chain id and hash of block 0.
2. Each proxy points to the implementation of the address book (ERC-1967 slot).
3. The runtime code of each implementation has the hash of the address book.
4. The runtime code of each contract is what the sources compile to, immutables left out.
5. Each immutable and each linked library is an address of this network: one of its contracts, or the contract
   itself.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from eth_utils.crypto import keccak

from piaolian_network.errors import MismatchError
from piaolian_network.programs import checkout
from piaolian_network.rpc import ChainRPC
from piaolian_network.sources import CompiledContract, compile_contracts
from piaolian_sdk.contracts.address_book import AddressBook, DeployedContract

# keccak256("eip1967.proxy.implementation") - 1 (ERC-1967).
IMPLEMENTATION_SLOT: Final = hex(int.from_bytes(keccak(b"eip1967.proxy.implementation"), "big") - 1)
_PROXY: Final = "ERC1967Proxy"
_WORD: Final = 32
_ADDRESS: Final = 20


@dataclass(frozen=True)
class CheckedContract:
    """One contract that passed.

    Attributes:
        name: Its name.
        address: Where callers find it.
        code_hash: keccak256 of its code, or of its implementation's.
    """

    name: str
    address: str
    code_hash: str


def check_chain(rpc_url: str, book: AddressBook, *, folder: Path | None = None) -> list[CheckedContract]:
    """Carry out all five checks.

    Args:
        rpc_url: JSON-RPC of the chain.
        book: What is expected where.
        folder: Checkout with the sources; None takes the one this package runs from.

    Raises:
        MismatchError: A check failed (`genesis-mismatch`, `code-mismatch`).
        ToolError: The sources cannot be compiled.
        ServiceError: The chain does not answer.
    """
    rpc = ChainRPC(rpc_url, timeout_seconds=30)
    _check_genesis(rpc, book)
    names = tuple(book.contracts)
    compiled = compile_contracts(folder or checkout(), (*names, _PROXY))
    own = {entry.address.lower() for entry in book.contracts.values()}
    own |= {entry.implementation.lower() for entry in book.contracts.values() if entry.implementation}
    checked: list[CheckedContract] = []
    for name, entry in book.contracts.items():
        if entry.implementation:
            _check_proxy(rpc, name, entry)
            _check_code(_code(rpc, entry.address), compiled[_PROXY], f"{name} proxy", own)
        code = _code(rpc, entry.implementation or entry.address)
        code_hash = keccak(code)
        if code_hash != entry.code_hash:
            raise _differs(
                f"{name}: the code on the chain has hash 0x{code_hash.hex()}, the address book says"
                f" 0x{entry.code_hash.hex()}"
            )
        _check_code(code, compiled[name], name, own)
        checked.append(CheckedContract(name, entry.address, "0x" + code_hash.hex()))
    return checked


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
