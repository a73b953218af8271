"""Opens the network sources of payments that the settings name: CFX and HTTP callbacks, both onto one desk."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

from piaolian_oracle.cfx import CfxPeer
from piaolian_oracle.cfx.client import CfxClient
from piaolian_oracle.cfx.dialogue import ConfirmationDialogue
from piaolian_oracle.cfx.server import CfxServer
from piaolian_oracle.chain import Web3Ledger
from piaolian_oracle.config import OracleConfig
from piaolian_oracle.errors import ConfigError
from piaolian_oracle.realtime import ConfirmationDesk
from piaolian_oracle.realtime.callback import CallbackRules, CallbackServer
from piaolian_oracle.realtime.questions import NoticedCodes
from piaolian_oracle.state import Database
from piaolian_oracle.state.confirmations import ConfirmationStore
from piaolian_sdk.contracts.address_book import AddressBook
from piaolian_sdk.contracts.chain import FinalityPolicy
from piaolian_sdk.contracts.reader import ChainReader
from piaolian_sdk.errors import PiaolianError
from piaolian_sdk.signing.certificates import certificates_from_pem


@dataclass(frozen=True, slots=True)
class OpenChannels:
    """The servers that run, None where none is set up."""

    cfx: CfxServer | None
    callback: CallbackServer | None


@contextmanager
def open_channels(config: OracleConfig, database: Database) -> Iterator[OpenChannels]:
    """Listen for as long as the context lasts.

    Raises:
        ConfigError: The file of certificates cannot be read.
        OSError: A port is taken.
    """
    with ExitStack() as stack:
        if not config.cfx_listen and not config.callback_listen:
            yield OpenChannels(None, None)
            return
        store = stack.enter_context(closing(ConfirmationStore(database.second_connection())))
        desk = ConfirmationDesk(store, config.accounts, NoticedCodes(lambda: _ledger(config)))
        cfx = callback = None
        if config.cfx_listen:
            host, port = split_address(config.cfx_listen)
            dialogue = ConfirmationDialogue(cfx_peer(config), desk)
            cfx = stack.enter_context(CfxServer(host, port, dialogue))
        if config.callback_listen:
            host, port = split_address(config.callback_listen)
            callback = stack.enter_context(CallbackServer(host, port, desk, callback_rules(config)))
        yield OpenChannels(cfx, callback)


def cfx_peer(config: OracleConfig) -> CfxPeer:
    """Return what was agreed with the CFX peer; we speak as a unit does, with a lower-case MAC."""
    return CfxPeer(
        own_code=config.cfx_own_code,
        peer_code=config.cfx_peer_code,
        token=config.cfx_token.get_secret_value().encode(),
        charset=config.cfx_charset,
    )


def cfx_client(config: OracleConfig) -> CfxClient:
    """Return the client of the CFX peer.

    Raises:
        ConfigError: No peer is set up.
    """
    if not config.cfx_peer_address:
        raise ConfigError(
            "config-invalid",
            "no CFX peer is set up",
            "未设置 CFX 对方地址",
            "设置 PIAOLIAN_ORACLE_CFX_PEER_ADDRESS",
            field="PIAOLIAN_ORACLE_CFX_PEER_ADDRESS",
        )
    host, port = split_address(config.cfx_peer_address)
    return CfxClient(host, port, cfx_peer(config))


def callback_rules(config: OracleConfig) -> CallbackRules:
    """Read who may confirm over HTTP.

    Raises:
        ConfigError: The file of certificates cannot be read or holds none.
    """
    path = config.callback_certificates
    try:
        certificates = certificates_from_pem(path.read_bytes()) if path is not None else []
    except (OSError, PiaolianError) as exc:
        raise _certificates_error() from exc
    if not certificates:
        raise _certificates_error()
    return CallbackRules(config.callback_base_url.rstrip("/"), tuple(certificates))


def split_address(address: str) -> tuple[str, int]:
    """Return host and port of a checked address."""
    host, _, port = address.rpartition(":")
    return host, int(port)


def _ledger(config: OracleConfig) -> Web3Ledger:
    book = AddressBook.from_file(config.address_book)
    return Web3Ledger(ChainReader(str(config.rpc_url), book, FinalityPolicy(config.finality_depth)))


def _certificates_error() -> ConfigError:
    return ConfigError(
        "config-invalid",
        "the file of CALLBACK_CERTIFICATES holds no certificate",
        "PIAOLIAN_ORACLE_CALLBACK_CERTIFICATES 指向的文件中没有证书",
        "检查路径、权限与内容 (PEM)",
        field="PIAOLIAN_ORACLE_CALLBACK_CERTIFICATES",
    )
