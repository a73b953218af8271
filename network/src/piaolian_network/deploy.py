"""Deploys the contracts of a network and writes its address book.

One plan of numbered transactions from one account. The nonce of the first is written down before anything is
sent, and every address follows from it, so that a deployment that was interrupted goes on where it stopped and a
finished one is only checked:

1. AccessManager, administered by the deploying account.
2. External libraries, if any, then implementations of Registry, PaymentLedger and ReceiptLedger; they know each
   other by the addresses that the proxies are going to have.
3. One ERC-1967 proxy for each, initialised in the same transaction.
4. Roles and delays, in one call.
5. Areas of supervisors and nodes; the oracle committee.
6. The administrator's own delay, last, when one is wanted.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from eth_abi.abi import encode
from eth_utils.abi import function_signature_to_4byte_selector
from eth_utils.address import to_canonical_address, to_checksum_address
from eth_utils.crypto import keccak
from rlp import encode as rlp_encode

from piaolian_network.errors import MismatchError, StateError
from piaolian_network.keys import write_private
from piaolian_network.members import Oracle
from piaolian_network.roles import FUNCTION_ROLES, Role
from piaolian_network.rpc import ChainRPC
from piaolian_network.transactions import AccountSender, Order
from piaolian_sdk.contracts.abi import argument_types, encode_call, load_artifact
from piaolian_sdk.contracts.address_book import AddressBook, DeployedContract
from piaolian_sdk.errors import InputError

Progress = Callable[[str], None]

PROXIED: Final = ("Registry", "PaymentLedger", "ReceiptLedger")
_CREATION_GAS: Final = 9_000_000
_CALL_GAS: Final = 3_000_000
_NO_DELAY: Final = 0


@dataclass(frozen=True)
class Setup:
    """Who gets which role when the contracts are deployed.

    Attributes:
        supervisors: Account to area (2, 4 or 6 digits).
        nodes: Relayer account to area.
        oracles: The committee.
        threshold: How many oracles and sources must agree.
        administrator_delay_seconds: Execution delay of the administrator after the deployment; 0 only for
            development.
        supervisor_delay_seconds: Execution delay of supervisors.
    """

    supervisors: Mapping[str, str] = field(default_factory=dict)
    nodes: Mapping[str, str] = field(default_factory=dict)
    oracles: Sequence[Oracle] = ()
    threshold: int = 2
    administrator_delay_seconds: int = _NO_DELAY
    supervisor_delay_seconds: int = _NO_DELAY


@dataclass(frozen=True)
class Plan:
    """The transactions of a deployment and the addresses that follow from its first nonce."""

    first_nonce: int
    addresses: dict[str, str]
    implementations: dict[str, str]
    orders: list[Order]


def deploy(
    rpc_url: str, private_key: bytes, setup: Setup, *, journal: Path | None = None, progress: Progress | None = None
) -> AddressBook:
    """Deploy the contracts, or finish or check an earlier deployment.

    Args:
        rpc_url: JSON-RPC of the chain.
        private_key: Key of the account that deploys and administers, 32 bytes.
        setup: Roles.
        journal: Where the first nonce is kept; without it nothing can be resumed.
        progress: Told what goes on.

    Returns:
        The address book; writing it to its file is up to the caller.

    Raises:
        NetworkError: A transaction was refused (`transaction-failed`).
        MismatchError: The journal belongs to another chain (`genesis-mismatch`), or an account's earlier
            transactions were others than the plan's (`code-mismatch`).
        ServiceError: The chain does not answer.
    """
    tell = progress or (lambda _message: None)
    rpc = ChainRPC(rpc_url, timeout_seconds=30)
    sender = AccountSender(rpc, private_key)
    genesis_hash = str(rpc.block(0)["hash"])
    first_nonce = _first_nonce(journal, genesis_hash, sender)
    plan = make_plan(sender.address, first_nonce, setup)
    done = min(sender.next_nonce() - first_nonce, len(plan.orders))
    deployed_block = rpc.block_number()
    if done < len(plan.orders):
        tell(f"部署合约：{len(plan.orders) - done} 笔交易")
        receipts = sender.send_all(plan.orders[done:], first_nonce=first_nonce + done)
        deployed_block = int(receipts[0]["blockNumber"], 16)
    if journal is not None:
        deployed_block = _remember_block(journal, deployed_block)
    book = _address_book(rpc, plan, genesis_hash, deployed_block)
    tell("合约已就绪：" + "  ".join(f"{name} {entry.address}" for name, entry in book.contracts.items()))
    return book


def make_plan(account: str, first_nonce: int, setup: Setup) -> Plan:
    """Work out every transaction of a deployment; pure.

    Args:
        account: The deploying account.
        first_nonce: Nonce of its first transaction.
        setup: Roles.
    """
    libraries = _libraries()
    created = ["AccessManager", *libraries, *(f"{name} implementation" for name in PROXIED), *PROXIED]
    places = {what: create_address(account, first_nonce + position) for position, what in enumerate(created)}
    manager, addresses = places["AccessManager"], {name: places[name] for name in PROXIED}
    implementations = {name: places[f"{name} implementation"] for name in PROXIED}
    values = {"initialAdmin": account, "authority": manager, **{_parameter(name): addresses[name] for name in PROXIED}}
    orders = [
        Order(name, None, creation_code(name, values, places), _CREATION_GAS)
        for name in ("AccessManager", *libraries, *PROXIED)
    ]
    for name in PROXIED:
        proxy_values = {"implementation": implementations[name], "_data": initialize_call(name, values)}
        orders.append(Order(f"{name} proxy", None, creation_code("ERC1967Proxy", proxy_values, places), _CREATION_GAS))
    orders.append(
        Order("roles", manager, encode_call("AccessManager", "multicall", _grants(addresses, setup)), _CALL_GAS)
    )
    orders += [
        Order(
            f"area {area}",
            addresses["Registry"],
            encode_call("Registry", "setArea", holder, area_prefix(area)),
            _CALL_GAS,
        )
        for holder, area in {**setup.supervisors, **setup.nodes}.items()
    ]
    if setup.oracles:
        committee = encode_call(
            "PaymentLedger",
            "setCommittee",
            [oracle.address for oracle in setup.oracles],
            [oracle.source for oracle in setup.oracles],
            setup.threshold,
        )
        orders.append(Order("oracle committee", addresses["PaymentLedger"], committee, _CALL_GAS))
    if setup.administrator_delay_seconds:
        own = encode_call("AccessManager", "grantRole", Role.ADMIN, account, setup.administrator_delay_seconds)
        orders.append(Order("administrator's delay", manager, own, _CALL_GAS))
    direct = {name: places[name] for name in ("AccessManager", *libraries)}
    return Plan(first_nonce, {**direct, **addresses}, implementations, orders)


def area_prefix(digits: str) -> int:
    """Write an area as the contracts do: a leading 1 keeps its zeros ("0102" is 10102)."""
    return int("1" + digits)


def create_address(account: str, nonce: int) -> str:
    """Return the address of the contract that an account creates with a nonce (RLP of both, hashed)."""
    return to_checksum_address(keccak(rlp_encode([to_canonical_address(account), nonce]))[12:])


def creation_code(name: str, values: Mapping[str, object], libraries: Mapping[str, str]) -> bytes:
    """Return a contract's creation code, linked, with its constructor's arguments, found by their names.

    Args:
        name: The contract.
        values: Arguments by name.
        libraries: Addresses by library name; others than those it links to are ignored.
    """
    artifact = load_artifact(name)
    code = str(artifact["bytecode"]).removeprefix("0x")
    for library, places in _links(artifact).items():
        for place in places:
            start = 2 * int(place["start"])
            code = code[:start] + libraries[library].lower().removeprefix("0x") + code[start + 40 :]
    inputs: list[dict[str, Any]] = next(
        (entry["inputs"] for entry in artifact["abi"] if entry["type"] == "constructor"), []
    )
    return bytes.fromhex(code) + _encode_by_name(name, "constructor", inputs, values)


def _links(artifact: Mapping[str, Any]) -> dict[str, list[dict[str, int]]]:
    """Return the places (offset in bytes) at which each external library's address belongs."""
    return {
        library: places
        for libraries in artifact.get("linkReferences", {}).values()
        for library, places in libraries.items()
    }


def _libraries() -> list[str]:
    """List the external libraries of the contracts, each after those that it links to itself."""
    ordered: list[str] = []

    def visit(name: str) -> None:
        for library in sorted(_links(load_artifact(name))):
            if library not in ordered:
                visit(library)
                ordered.append(library)

    for name in PROXIED:
        visit(name)
    return ordered


def initialize_call(name: str, values: Mapping[str, object]) -> bytes:
    """Return the calldata of a proxied contract's `initialize`, its arguments found by their names."""
    artifact = load_artifact(name)
    entry = next(entry for entry in artifact["abi"] if entry["type"] == "function" and entry["name"] == "initialize")
    signature = f"initialize({','.join(argument_types(entry['inputs']))})"
    return function_signature_to_4byte_selector(signature) + _encode_by_name(
        name, "initialize", entry["inputs"], values
    )


def _encode_by_name(contract: str, function: str, inputs: list[dict[str, Any]], values: Mapping[str, object]) -> bytes:
    chosen: list[object] = []
    for entry in inputs:
        key = entry["name"].rstrip("_")
        if key not in values:
            raise RuntimeError(
                f"{contract}.{function} has an argument {entry['name']} that the deployment does not know"
            )
        chosen.append(values[key])
    return encode(argument_types(inputs), chosen)


def _parameter(name: str) -> str:
    return name[0].lower() + name[1:]


def _grants(addresses: Mapping[str, str], setup: Setup) -> list[bytes]:
    """Encode the calls that give functions to roles and roles to accounts."""
    calls: list[bytes] = []
    for contract, table in FUNCTION_ROLES.items():
        for role, functions in table.items():
            selectors = [selector for function in functions for selector in _selectors(contract, function)]
            calls.append(
                encode_call("AccessManager", "setTargetFunctionRole", addresses[contract], selectors, int(role))
            )
    holders: list[tuple[Role, str, int]] = []
    holders += [(Role.SUPERVISOR, account, setup.supervisor_delay_seconds) for account in setup.supervisors]
    holders += [(Role.NODE, account, _NO_DELAY) for account in setup.nodes]
    holders += [(Role.ORACLE, oracle.address, _NO_DELAY) for oracle in setup.oracles]
    calls += [encode_call("AccessManager", "grantRole", int(role), account, delay) for role, account, delay in holders]
    return calls


def _selectors(contract: str, function: str) -> list[bytes]:
    entries = [
        entry for entry in load_artifact(contract)["abi"] if entry["type"] == "function" and entry["name"] == function
    ]
    if not entries:
        raise RuntimeError(f"{contract} has no function {function}")
    return [
        function_signature_to_4byte_selector(f"{function}({','.join(argument_types(entry['inputs']))})")
        for entry in entries
    ]


def _first_nonce(journal: Path | None, genesis_hash: str, sender: AccountSender) -> int:
    if journal is None:
        return sender.next_nonce()
    if journal.exists():
        written = json.loads(journal.read_text(encoding="utf-8"))
        if written["genesis_hash"] != genesis_hash or written["account"] != sender.address:
            raise MismatchError(
                "genesis-mismatch",
                f"{journal.name} belongs to another chain or account",
                f"{journal.name} 属于另一条链或另一个账户",
                f"核对 RPC 地址；若要在新链上部署，请删除 {journal.name}。",
            )
        return int(written["first_nonce"])
    first_nonce = sender.next_nonce()
    written = {"genesis_hash": genesis_hash, "account": sender.address, "first_nonce": first_nonce}
    write_private(journal, json.dumps(written, indent=1) + "\n")
    return first_nonce


def _remember_block(journal: Path, block: int) -> int:
    """Keep the block of the first transaction, so that a repeated deployment gives the same address book."""
    written = json.loads(journal.read_text(encoding="utf-8"))
    if "deployed_block" not in written:
        written["deployed_block"] = block
        write_private(journal, json.dumps(written, indent=1) + "\n")
    return int(written["deployed_block"])


def _address_book(rpc: ChainRPC, plan: Plan, genesis_hash: str, deployed_block: int) -> AddressBook:
    contracts: dict[str, DeployedContract] = {}
    for name, address in plan.addresses.items():
        implementation = plan.implementations.get(name)
        _code_at(rpc, name, address)
        code = _code_at(rpc, name, implementation or address)
        contracts[name] = DeployedContract(address=address, implementation=implementation, code_hash=keccak(code))
    chain_id = int(rpc.call("eth_chainId"), 16)
    return AddressBook(
        chain_id=chain_id,
        genesis_hash=bytes.fromhex(genesis_hash[2:]),
        contracts=contracts,
        deployed_block=deployed_block,
    )


def _code_at(rpc: ChainRPC, name: str, address: str) -> bytes:
    code = bytes.fromhex(str(rpc.call("eth_getCode", [address, "latest"]))[2:])
    if not code:
        raise MismatchError(
            "code-mismatch",
            f"{name} has no code at {address}: the account sent other transactions than the deployment's",
            f"{name} 在 {address} 处没有代码：该账户发送过部署以外的交易",
            "换一个全新的管理员账户重新部署。",
        )
    return code


def read_address_book(path: Path) -> AddressBook:
    """Read the address book that a deployment wrote.

    Raises:
        StateError: There is none (`address-book-missing`), or it is malformed.
    """
    try:
        return AddressBook.from_file(path)
    except InputError as exc:
        raise StateError(
            "address-book-missing",
            f"no address book at {path.name}: {exc.message}",
            f"没有可用的合约地址簿 {path.name}",
            "先运行 piaolian-network deploy。",
        ) from exc


def fund(rpc_url: str, private_key: bytes, addresses: Sequence[str], amount_wei: int) -> None:
    """Send ether to accounts.

    Raises:
        NetworkError: A transaction was refused.
    """
    sender = AccountSender(ChainRPC(rpc_url), private_key)
    sender.send_all([Order(f"fund {address}", address, gas=21_000, value_wei=amount_wei) for address in addresses])


def grant(rpc_url: str, private_key: bytes, book: AddressBook, role: Role, holders: Mapping[str, str]) -> None:
    """Give a role and an area to accounts; the administrator's key must be free of a delay.

    Args:
        rpc_url: JSON-RPC of the chain.
        private_key: The administrator's key.
        book: Where the contracts are.
        role: What they may do.
        holders: Account to area (digits); an empty area sets none (oracles have none).

    Raises:
        NetworkError: A transaction was refused.
    """
    sender = AccountSender(ChainRPC(rpc_url), private_key)
    manager, registry = book.address_of("AccessManager"), book.address_of("Registry")
    orders: list[Order] = []
    for account, area in holders.items():
        data = encode_call("AccessManager", "grantRole", int(role), account, _NO_DELAY)
        orders.append(Order(f"role {role.name}", manager, data, _CALL_GAS))
        if area:
            data = encode_call("Registry", "setArea", account, area_prefix(area))
            orders.append(Order(f"area {area}", registry, data, _CALL_GAS))
    sender.send_all(orders)
