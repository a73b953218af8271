"""Puts the signer of checkpoints together from a member's settings: a node's as well as a witness's."""

from collections.abc import Callable

from piaolian_node.chain.view import ChainAccess
from piaolian_node.checkpoints.blocks import ChainBlocks
from piaolian_node.checkpoints.gathering import CheckpointDesk
from piaolian_node.checkpoints.signer import CheckpointSigner, TokenCheckpointKey
from piaolian_node.config import MemberSettings, read_file
from piaolian_node.database import Database
from piaolian_node.errors import ConfigError
from piaolian_node.hsm import HSMToken
from piaolian_sdk.errors import InputError
from piaolian_sdk.proof import Trust


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
