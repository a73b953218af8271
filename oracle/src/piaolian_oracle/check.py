"""Tests everything that the daemon depends on, and says what to mend."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from piaolian_oracle.chain import Web3Ledger, Web3Sender
from piaolian_oracle.config import OracleConfig
from piaolian_oracle.errors import ChainError, StateError
from piaolian_oracle.keys import KeyLocation, open_signer
from piaolian_oracle.sources import StatementFolder
from piaolian_oracle.state import Database
from piaolian_sdk.acts import ChainSigner
from piaolian_sdk.acts.eip712 import recover_address
from piaolian_sdk.contracts.address_book import AddressBook
from piaolian_sdk.contracts.chain import FinalityPolicy
from piaolian_sdk.contracts.reader import ChainReader
from piaolian_sdk.errors import PiaolianError
from piaolian_sdk.tree.keccak import keccak256

# Below this the account lasts for fewer than about a thousand votes at the usual fee; in wei.
_LOW_BALANCE_WEI = 10**17


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line of the answer.

    Attributes:
        name: What was tested, Chinese.
        problem: What is wrong, None when nothing is.
        remedy: What to do.
        detail: What was found.
    """

    name: str
    problem: str | None
    remedy: str = ""
    detail: str = ""


def run_checks(config: OracleConfig) -> Iterator[CheckResult]:
    """Test folder, state file, token and chain, each whatever came of the others."""
    yield _result("对账单目录", lambda: f"{len(StatementFolder(config.folder).files())} 个文件")
    yield _result("状态文件", lambda: _check_state(config))
    location = KeyLocation(config.pkcs11_module, config.token_label, config.key_label)
    try:
        with open_signer(location, config.pin.get_secret_value()) as signer:
            yield _result("签名密钥", lambda: _check_key(signer))
            yield from _chain_checks(config, signer)
    except PiaolianError as error:
        yield CheckResult("签名密钥", error.message_zh, error.remedy or "")


def _chain_checks(config: OracleConfig, signer: ChainSigner) -> Iterator[CheckResult]:
    try:
        book = AddressBook.from_file(config.address_book)
        chain = ChainReader(str(config.rpc_url), book, FinalityPolicy(config.finality_depth))
        chain.check_network()
    except PiaolianError as error:
        yield CheckResult("链", error.message_zh, error.remedy or "")
        return
    ledger = Web3Ledger(chain)
    yield _result("链", lambda: f"最终区块 {ledger.final_stamp().number}")
    yield _result("委员会席位", lambda: _check_seat(ledger, config, signer.address))
    yield _result("手续费余额", lambda: _check_balance(Web3Sender(chain, signer)))


def _check_state(config: OracleConfig) -> str:
    if not config.state_path.exists():
        return "尚未建立, 首次运行时建立"
    database = Database(config.state_path, is_read_only=True)
    try:
        verdict = str(database.connection.execute("PRAGMA quick_check").fetchone()[0])
    finally:
        database.close()
    if verdict != "ok":
        raise StateError("state-corrupt", "the state file is damaged", "状态文件已损坏", "从备份恢复")
    return "完好"


def _check_key(signer: ChainSigner) -> str:
    digest = keccak256(b"piaolian-oracle check")
    if recover_address(digest, signer.sign_digest(digest)) != signer.address:
        raise RuntimeError("the signature does not belong to the key")
    return signer.address


def _check_seat(ledger: Web3Ledger, config: OracleConfig, address: str) -> str:
    committee = ledger.committee(ledger.final_stamp())
    if committee.seat_of(address, config.source) is None:
        raise ChainError(
            "committee-missing",
            "this oracle has no seat in the committee",
            f"本预言机 {address} 不在第 {committee.epoch} 届委员会中代表来源 {config.source}",
            "由管理员授予 ORACLE 角色并调用 setCommittee 登记本预言机",
        )
    return f"第 {committee.epoch} 届, {len(committee.seats)} 席, 门限 {committee.threshold}"


def _check_balance(sender: Web3Sender) -> str:
    balance = sender.balance_wei()
    if balance < _LOW_BALANCE_WEI:
        raise ChainError(
            "account-unfunded",
            f"account {sender.address} holds {balance} wei",
            f"账户 {sender.address} 余额过低",
            "由管理员向该账户转入手续费",
        )
    return f"{balance} wei"


def _result(name: str, work: Callable[[], str]) -> CheckResult:
    try:
        return CheckResult(name, None, detail=work())
    except PiaolianError as error:
        return CheckResult(name, error.message_zh, error.remedy or "")
    except OSError as error:
        return CheckResult(name, f"无法访问: {error.strerror}", "检查路径与权限")
