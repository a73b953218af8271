"""A member's signer as a program of its own, to be killed between its decision and its signature.

``python -m support.checkpoint_program URL FORK HEIGHT [hang]`` signs the block of a fork at a height and prints its
hash; with ``hang`` the key never answers.
"""

import asyncio
import sys
import time

from piaolian_node.database import Database
from piaolian_node.database.migrate import migrate
from piaolian_node.errors import RefusedError
from piaolian_sdk.proof import Checkpoint
from support.checkpoints import ForkedChain, SoftwareCheckpointKey, signer_on

_COMMON_BLOCKS = 4


class HangingKey(SoftwareCheckpointKey):
    """A token that was asked and does not answer."""

    def sign(self, checkpoint: Checkpoint) -> bytes:
        """Say that the question came, and wait for the end."""
        print("asked", checkpoint.number, flush=True)
        time.sleep(600)
        return b""


async def run(url: str, fork: str, height: int, key: SoftwareCheckpointKey) -> int:
    """Sign, and print what came of it."""
    database = Database(url)
    await migrate(database)
    chain = ForkedChain()
    chain.mine(_COMMON_BLOCKS)
    block = chain.mine(height - _COMMON_BLOCKS, fork=fork)
    try:
        checkpoint, _ = await signer_on(database, chain, key).sign(height, block.hash)
    except RefusedError as refused:
        print("refused", refused.code)
        return 1
    else:
        print("signed", checkpoint.block_hash.hex())
        return 0
    finally:
        await database.close()


if __name__ == "__main__":
    _, given_url, given_fork, given_height, *rest = sys.argv
    chosen = HangingKey() if rest == ["hang"] else SoftwareCheckpointKey()
    sys.exit(asyncio.run(run(given_url, given_fork, int(given_height), chosen)))
