"""Everything that the services of one process share, built once at start."""

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from piaolian_node.api.limits import Limits
from piaolian_node.bodies import BodyStore, KuboBodyStore, Vault
from piaolian_node.chain.gateway import ChainGateway, Web3Gateway
from piaolian_node.chain.view import ChainAccess
from piaolian_node.checkpoints.building import build_desk, read_proof_trust
from piaolian_node.checkpoints.gathering import CheckpointDesk
from piaolian_node.config import NodeConfig, read_file
from piaolian_node.database import Database
from piaolian_node.errors import ConfigError
from piaolian_node.hsm import PIN_TRIES_FILE, HSMToken, PinTries, chain_key_probe, document_key_probe
from piaolian_node.observation import Metrics
from piaolian_node.receipts.desk import DeskSettings
from piaolian_node.receipts.pool import DeskPool
from piaolian_node.registry.facts import ChainFacts
from piaolian_node.registry.known import FactStore
from piaolian_node.registry.parties import PartyDirectory
from piaolian_node.registry.revocations import RevocationFolder
from piaolian_sdk.acts import ChainSigner
from piaolian_sdk.acts.pkcs11 import Pkcs11ChainSigner
from piaolian_sdk.beijing import BEIJING
from piaolian_sdk.contracts.address_book import AddressBook
from piaolian_sdk.errors import InputError
from piaolian_sdk.proof import Trust
from piaolian_sdk.signing import CertificateTrust, DocumentCertificate, DocumentSigner
from piaolian_sdk.signing.pkcs11 import Pkcs11P256Signer
from piaolian_sdk.sm2 import Sm2PrivateKey, Sm2PublicKey

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class NodeContext:
    """The parts of one process.

    Attributes:
        chain: Reads of the chain.
        gateway: Trial calls, and what became of transactions.
        hsm: The token that holds the keys.
        chain_signer: Key of the node's account.
        supervision: Countersigns receipts.
        private_key: Opens bodies for the department.
        trust: Roots of units and departments.
        revocations: Lists that the trust takes, where the settings name a folder.
        executor: Runs short pieces of work on processor or disk outside the event loop.
        desks: Processes that judge and countersign.
        checkpoints: Signs and gathers checkpoints, where the settings name a member.
        proof_trust: Trust file of the network, where the settings name one.
        metrics: Of this process.
        random: Gives that many random bytes.
        now: Clock, Unix seconds.
    """

    config: NodeConfig
    database: Database
    address_book: AddressBook
    chain: ChainAccess
    gateway: ChainGateway
    facts: ChainFacts
    hsm: HSMToken
    chain_signer: ChainSigner
    supervision: DocumentSigner
    bodies: BodyStore
    vault: Vault
    private_key: Sm2PrivateKey
    trust: CertificateTrust
    parties: PartyDirectory
    revocations: RevocationFolder | None
    limits: Limits
    executor: Executor
    desks: DeskPool
    checkpoints: CheckpointDesk | None
    proof_trust: Trust | None
    metrics: Metrics
    random: Callable[[int], bytes]
    now: Callable[[], float]

    def now_ms(self) -> int:
        """Return Unix milliseconds."""
        return int(self.now() * 1000)

    def beijing_now(self) -> datetime:
        """Return the time in Beijing."""
        return datetime.fromtimestamp(self.now(), tz=BEIJING)

    @property
    def department_recipient(self) -> str:
        """Name under which batch keys are wrapped for the department itself."""
        return f"finance:{self.config.area}"

    def recipients(self, unit: int) -> dict[str, Sm2PublicKey]:
        """Return who may open the bodies of a unit's receipts, by name."""
        found = {self.department_recipient: self.private_key.public_key}
        for name, point in self.config.auditors.items():
            found[f"auditor:{name}"] = Sm2PublicKey.from_uncompressed(bytes.fromhex(point))
        for party in (*self.parties.of_unit(unit), *self.parties.auditors()):
            if party.encryption_key is not None:
                found[party.recipient] = party.encryption_key
        return found

    async def in_executor(self, work: Callable[..., _Result], *arguments: object) -> _Result:
        """Run CPU work outside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self.executor, partial(work, *arguments))


def build_context(config: NodeConfig, *, now: Callable[[], float] = time.time) -> NodeContext:
    """Build the parts of a process.

    Raises:
        ConfigError: A file, key or token is not as the settings say.
        SignerError: A key's self test fails.
    """
    database = Database(config.database_url.get_secret_value(), config.replica_setting)
    book = AddressBook.from_file(config.address_book)
    chain = ChainAccess([str(url) for url in config.rpc_urls], book, config.finality_depth)
    metrics = Metrics()
    token = HSMToken(
        config.pkcs11_module,
        config.token_label,
        config.token_pin.get_secret_value(),
        tries=PinTries(config.data_dir / PIN_TRIES_FILE),
        observe=metrics.observe_hsm,
    )
    certificate = DocumentCertificate.from_pem(read_file(config.supervision_certificate, "supervision_certificate"))
    supervision = Pkcs11P256Signer(token.session, config.supervision_key_label, certificate)
    chain_signer = Pkcs11ChainSigner(token.session, config.chain_key_label)
    token.add_probe(document_key_probe(config.supervision_key_label, certificate))
    token.add_probe(chain_key_probe(config.chain_key_label, chain_signer.address))
    private_key = _private_key(config)
    trust = read_trust(config.trust_roots)
    proof_trust = read_proof_trust(config)
    revocations = _revocations(config, trust)
    parties = PartyDirectory(database, trust, lambda: int(now() * 1000), revocations)
    return NodeContext(
        config=config,
        database=database,
        address_book=book,
        chain=chain,
        gateway=Web3Gateway(chain),
        facts=ChainFacts(chain, FactStore(database, now)),
        hsm=token,
        chain_signer=chain_signer,
        supervision=supervision,
        bodies=KuboBodyStore(str(config.kubo_api), str(config.kubo_api_second) if config.kubo_api_second else None),
        vault=Vault(private_key.scalar, os.urandom),
        private_key=private_key,
        trust=trust,
        parties=parties,
        revocations=revocations,
        limits=Limits(config.requests_per_minute, config.public_requests_per_minute),
        checkpoints=build_desk(config, config.checkpoint_member, database, chain, token, proof_trust, now)
        if config.checkpoint_member is not None
        else None,
        proof_trust=proof_trust,
        executor=ThreadPoolExecutor(max_workers=config.judge_threads, thread_name_prefix="judge"),
        desks=DeskPool(_desk_settings(config, private_key), config.judge_processes),
        metrics=metrics,
        random=os.urandom,
        now=now,
    )


def _desk_settings(config: NodeConfig, private_key: Sm2PrivateKey) -> DeskSettings:
    return DeskSettings(
        roots=tuple(read_file(path, "trust_roots") for path in sorted(config.trust_roots.glob("*.pem"))),
        module=config.pkcs11_module,
        token_label=config.token_label,
        token_pin=config.token_pin.get_secret_value(),
        pin_tries=config.data_dir / PIN_TRIES_FILE,
        key_label=config.supervision_key_label,
        certificate=read_file(config.supervision_certificate, "supervision_certificate"),
        vault_key=private_key.scalar,
        public_url=str(config.public_url),
    )


def read_trust(folder: Path) -> CertificateTrust:
    """Return the trusted roots of a folder of PEM files.

    Raises:
        ConfigError: There is none, or one cannot be read.
    """
    files = sorted(folder.glob("*.pem"))
    try:
        return CertificateTrust.from_pem(*[read_file(path, "trust_roots") for path in files])
    except InputError as exc:
        raise ConfigError(
            f"the trusted roots cannot be used: {exc.message}",
            f"受信任的根证书不可用：{exc.message_zh}",
            field="trust_roots",
            remedy="put the root certificates of the network into the folder as *.pem",
        ) from exc


def _revocations(config: NodeConfig, trust: CertificateTrust) -> RevocationFolder | None:
    if config.revocation_lists is None:
        return None
    folder = RevocationFolder(config.revocation_lists, trust)
    folder.load()
    return folder


def _private_key(config: NodeConfig) -> Sm2PrivateKey:
    try:
        return Sm2PrivateKey(bytes.fromhex(config.encryption_key.get_secret_value()))
    except (ValueError, InputError) as exc:
        # The value is a secret: it is not repeated.
        raise ConfigError(
            "encryption_key is no SM2 key",
            "encryption_key 不是有效的 SM2 私钥",
            field="encryption_key",
            remedy="give 64 hex digits, best by encryption_key_file",
        ) from exc
