"""Puts the signer of checkpoints together from a member's settings: a node's as well as a witness's."""

import hashlib
from collections.abc import Callable
from contextlib import nullcontext

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from pkcs11 import Session

from piaolian_node.chain.view import ChainAccess
from piaolian_node.checkpoints.blocks import ChainBlocks
from piaolian_node.checkpoints.gathering import CheckpointDesk
from piaolian_node.checkpoints.signer import CheckpointSigner, TokenCheckpointKey
from piaolian_node.config import MemberSettings, read_file
from piaolian_node.database import Database
from piaolian_node.errors import ConfigError
from piaolian_node.hsm import HSMToken
from piaolian_sdk.errors import InputError, SignerError
from piaolian_sdk.proof import Trust
from piaolian_sdk.signing import signature_from_raw
from piaolian_sdk.token_key import TokenKey

_SELF_TEST_DIGEST = hashlib.sha256(b"piaolian self-test").digest()


def build_desk(
    config: MemberSettings,
    member: str,
    database: Database,
    chain: ChainAccess,
    token: HSMToken,
    trust: Trust | None,
    now: Callable[[], float],
) -> CheckpointDesk:
    """Return what signs and gathers checkpoints for a member.

    Raises:
        SignerError: There is no checkpoint key.
    """
    blocks = ChainBlocks(chain)
    key = TokenCheckpointKey(token.session, config.checkpoint_key_label)
    token.add_probe(_checkpoint_key_probe(config.checkpoint_key_label, key.point))
    network = (chain.address_book.chain_id, chain.address_book.genesis_hash)
    return CheckpointDesk(
        database,
        blocks,
        CheckpointSigner(database, blocks, key, network, lambda: int(now() * 1000)),
        member=member,
        interval_seconds=int(config.checkpoint_interval.total_seconds()),
        peers=[str(peer) for peer in config.checkpoint_peers],
        trust=trust,
    )


def _checkpoint_key_probe(label: str, point: bytes) -> Callable[[Session], None]:
    """Return a test that the token signs with this key."""

    def probe(session: Session) -> None:
        raw = TokenKey(lambda: nullcontext(session), label).sign_digest(_SELF_TEST_DIGEST)
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        try:
            key.verify(signature_from_raw(raw), _SELF_TEST_DIGEST, ec.ECDSA(Prehashed(SHA256())))
        except InvalidSignature as exc:
            raise SignerError(
                "signer-self-test-failed",
                f"the key {label!r} does not sign as the checkpoint key",
                f"密钥 {label!r} 的签名自检未通过",
                field="checkpoint_key_label",
                remedy="put back the token that this member was started with, or start it anew",
            ) from exc

    return probe


def read_proof_trust(config: MemberSettings) -> Trust | None:
    """Return the network's trust file, None where the settings name none.

    Raises:
        ConfigError: It cannot be read or used.
    """
    if config.trust_file is None:
        return None
    try:
        return Trust.from_json(read_file(config.trust_file, "trust_file"))
    except InputError as exc:
        raise ConfigError(
            f"the trust file cannot be used: {exc.message}",
            f"信任文件不可用：{exc.message_zh}",
            field="trust_file",
            remedy="use the file that piaolian-network trust wrote",
        ) from exc
