"""Contracts are deployed on real chains, once, and compared with their sources."""

import json
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from piaolian_network import Network, NetworkError
from piaolian_network.check import IMPLEMENTATION_SLOT, check_chain, compile_sources
from piaolian_network.deploy import Setup, area_prefix, deploy, fund, make_plan, read_address_book
from piaolian_network.errors import MismatchError, StateError
from piaolian_network.keys import address_of
from piaolian_network.roles import Role
from piaolian_network.rpc import ChainRPC
from piaolian_network.transactions import AccountSender, Order
from piaolian_sdk.contracts.abi import encode_call
from piaolian_sdk.contracts.address_book import AddressBook
from support.contracts import AnvilContracts
from support.services import Anvil


def _call(url: str, to: str, data: bytes, *, sender: str | None = None) -> str:
    call: dict[str, Any] = {"to": to, "data": "0x" + data.hex()}
    if sender:
        call["from"] = sender
    return str(ChainRPC(url).call("eth_call", [call, "latest"]))


def _has_role(url: str, book: AddressBook, role: Role, account: str) -> bool:
    data = encode_call("AccessManager", "hasRole", int(role), account)
    return int(_call(url, book.address_of("AccessManager"), data)[:66], 16) == 1


def test_deploy__anvil__gives_roles_and_areas(anvil_contracts: AnvilContracts) -> None:
    url, book = anvil_contracts.anvil.url, anvil_contracts.book
    assert _has_role(url, book, Role.SUPERVISOR, anvil_contracts.supervisor.address)
    assert _has_role(url, book, Role.SUPERVISOR, anvil_contracts.checker.address)
    assert _has_role(url, book, Role.NODE, anvil_contracts.node.address)
    assert all(_has_role(url, book, Role.ORACLE, oracle.address) for oracle in anvil_contracts.oracles)
    assert not _has_role(url, book, Role.NODE, anvil_contracts.supervisor.address)
    data = encode_call("Registry", "areaOf", anvil_contracts.node.address)
    assert int(_call(url, book.address_of("Registry"), data), 16) == area_prefix("32")


def test_deploy__somebody_without_role__is_refused_by_the_contract(anvil_contracts: AnvilContracts) -> None:
    anvil, book = anvil_contracts.anvil, anvil_contracts.book
    stranger = anvil.accounts[9]
    data = encode_call("Registry", "registerUnit", b"\x01" * 32, area_prefix("320900"), stranger.address, b"\x02" * 32)
    sender = AccountSender(ChainRPC(anvil.url), stranger.private_key)
    with pytest.raises(NetworkError) as caught:
        sender.send_all([Order("register a unit", book.address_of("Registry"), data)])
    assert caught.value.code == "transaction-failed"
    # The same act by the supervisor passes: it is the role that refuses.
    supervisor = AccountSender(ChainRPC(anvil.url), anvil_contracts.supervisor.private_key)
    supervisor.send_all([Order("register a unit", book.address_of("Registry"), data)])


def test_deploy__network_twice__is_the_same_deployment(network: Network, network_contracts: AddressBook) -> None:
    administrator = network.accounts.administrator.address
    rpc = ChainRPC(network.rpc_urls[0])
    sent = rpc.call("eth_getTransactionCount", [administrator, "latest"])
    assert network.deploy() == network_contracts
    assert rpc.call("eth_getTransactionCount", [administrator, "latest"]) == sent
    assert read_address_book(network.address_book_path) == network_contracts


def test_deploy__interrupted__goes_on_where_it_stopped(anvil: Anvil, tmp_path: Path) -> None:
    administrator = anvil.accounts[0]
    setup = Setup(supervisors={anvil.accounts[1].address: "32"})
    plan = make_plan(administrator.address, 0, setup)
    genesis = ChainRPC(anvil.url).block(0)["hash"]
    journal = tmp_path / "deployment.json"
    written = {"genesis_hash": genesis, "account": administrator.address, "first_nonce": 0}
    journal.write_text(json.dumps(written), encoding="utf-8")
    AccountSender(ChainRPC(anvil.url), administrator.private_key).send_all(plan.orders[:3])
    book = deploy(anvil.url, administrator.private_key, setup, journal=journal)
    assert {name: entry.address for name, entry in book.contracts.items()} == plan.addresses
    assert _has_role(anvil.url, book, Role.SUPERVISOR, anvil.accounts[1].address)


def test_deploy__journal_of_another_chain__is_refused(anvil: Anvil, tmp_path: Path) -> None:
    journal = tmp_path / "deployment.json"
    written = {"genesis_hash": "0x" + "00" * 32, "account": anvil.accounts[0].address, "first_nonce": 0}
    journal.write_text(json.dumps(written), encoding="utf-8")
    with pytest.raises(MismatchError) as caught:
        deploy(anvil.url, anvil.accounts[0].private_key, Setup(), journal=journal)
    assert caught.value.code == "genesis-mismatch"
    assert int(anvil.call("eth_getTransactionCount", anvil.accounts[0].address, "latest"), 16) == 0


def test_deploy__account_used_otherwise_meanwhile__is_refused(anvil: Anvil, tmp_path: Path) -> None:
    administrator = anvil.accounts[0]
    genesis = ChainRPC(anvil.url).block(0)["hash"]
    journal = tmp_path / "deployment.json"
    written = {"genesis_hash": genesis, "account": administrator.address, "first_nonce": 0}
    journal.write_text(json.dumps(written), encoding="utf-8")
    setup = Setup()
    count = len(make_plan(administrator.address, 0, setup).orders)
    fund(anvil.url, administrator.private_key, [anvil.accounts[1].address] * count, 1)
    with pytest.raises(MismatchError) as caught:
        deploy(anvil.url, administrator.private_key, setup, journal=journal)
    assert caught.value.code == "code-mismatch"


def test_grant__new_node__may_act_in_its_area(network: Network, network_contracts: AddressBook) -> None:
    account = address_of(b"\x07" * 32)
    network.grant(Role.NODE, {account: "3209"})
    network.fund(account)
    url = network.rpc_urls[1]
    assert _has_role(url, network_contracts, Role.NODE, account)
    assert int(ChainRPC(url).call("eth_getBalance", [account, "latest"]), 16) > 0


def test_read_address_book__none__says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(StateError) as caught:
        read_address_book(tmp_path / "addresses.json")
    assert caught.value.code == "address-book-missing"


def test_check__deployed_contracts__equal_their_sources_until_one_is_changed(anvil_contracts: AnvilContracts) -> None:
    anvil, book = anvil_contracts.anvil, anvil_contracts.book
    compiled = compile_sources()
    checked = check_chain(anvil.url, book, compiled)
    assert {entry.name for entry in checked} == {*book.contracts, "PaymentDecisions", "ReceiptActs"}

    other = book.model_copy(update={"chain_id": book.chain_id + 1})
    with pytest.raises(MismatchError) as caught:
        check_chain(anvil.url, other)
    assert caught.value.code == "genesis-mismatch"

    # A proxy that was pointed elsewhere behind the address book's back.
    registry = book.contracts["Registry"]
    snapshot = anvil.snapshot()
    foreign = "0x" + "00" * 12 + anvil.accounts[9].address[2:]
    anvil.call("anvil_setStorageAt", registry.address, IMPLEMENTATION_SLOT, foreign)
    with pytest.raises(MismatchError, match="proxy points to"):
        check_chain(anvil.url, book)
    anvil.revert(snapshot)

    # Code that differs by one byte has another hash; with an address book that says so, the sources tell.
    assert registry.implementation is not None
    code = bytearray.fromhex(anvil.call("eth_getCode", registry.implementation, "latest")[2:])
    code[-1] ^= 1
    anvil.call("anvil_setCode", registry.implementation, "0x" + code.hex())
    with pytest.raises(MismatchError, match="the code on the chain has hash"):
        check_chain(anvil.url, book)
    forged = registry.model_copy(update={"code_hash": keccak(bytes(code))})
    with pytest.raises(MismatchError, match="not what the sources compile to"):
        check_chain(anvil.url, book.model_copy(update={"contracts": {**book.contracts, "Registry": forged}}), compiled)
