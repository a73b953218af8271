"""A chain that can be rewound and forked, and a checkpoint key in memory, for tests of signers."""

import hashlib
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from piaolian_node.checkpoints.blocks import Block
from piaolian_node.checkpoints.signer import CheckpointSigner
from piaolian_node.database import Database
from piaolian_sdk.errors import SignerError
from piaolian_sdk.proof import Checkpoint, Trust
from piaolian_sdk.proof.checkpoint import signature_from_der
from piaolian_sdk.signing import point_of
from support.proof_world import ProofWorld

NETWORK = (20_260, hashlib.sha256(b"genesis").digest())
FIRST_TIME = 1_772_000_000


@dataclass
class ForkedChain:
    """Blocks of several forks; ``head`` is what the chain node shows now.

    Attributes:
        depth: Blocks below the head that are not final.
    """

    depth: int = 0
    known: dict[bytes, Block] = field(default_factory=dict)
    head: Block = field(init=False)

    def __post_init__(self) -> None:
        """Begin with the genesis block."""
        self.head = Block(0, NETWORK[1], bytes(32), bytes(32), FIRST_TIME)
        self.known[self.head.hash] = self.head

    def mine(self, count: int = 1, fork: str = "") -> Block:
        """Add blocks to the head."""
        for _ in range(count):
            number = self.head.number + 1
            name = hashlib.sha256(self.head.hash + fork.encode()).digest()
            self.head = Block(
                number, name, self.head.hash, hashlib.sha256(b"state" + name).digest(), FIRST_TIME + number
            )
            self.known[name] = self.head
        return self.head

    def rewind(self, number: int) -> None:
        """Go back to a lower block of the present fork."""
        found = self.at(number)
        assert found is not None
        self.head = found

    def final(self) -> Block:
        """Return the highest final block."""
        found = self.at(max(self.head.number - self.depth, 0))
        assert found is not None
        return found

    def at(self, number: int) -> Block | None:
        """Return the block of the present fork."""
        block = self.head
        while block.number > number:
            block = self.known[block.parent_hash]
        return block if block.number == number else None

    def with_hash(self, block_hash: bytes) -> Block | None:
        """Return a block of any fork."""
        return self.known.get(block_hash)


@dataclass
class SoftwareCheckpointKey:
    """Signs in memory; ``is_away`` is a token that was pulled out."""

    private_key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.derive_private_key(77, ec.SECP256R1()))
    is_away: bool = False
    signed: list[Checkpoint] = field(default_factory=list)

    @property
    def point(self) -> bytes:
        """Public key."""
        return point_of(self.private_key.public_key())

    def sign(self, checkpoint: Checkpoint) -> bytes:
        """Sign, and remember what was signed."""
        if self.is_away:
            raise SignerError("hsm-unavailable", "no token", "密码设备不可用")
        self.signed.append(checkpoint)
        return signature_from_der(self.private_key.sign(checkpoint.message(), ec.ECDSA(hashes.SHA256())))


def signer_on(database: Database, chain: ForkedChain, key: SoftwareCheckpointKey) -> CheckpointSigner:
    """Return a signer; another one on the same database is the same member after a restart."""
    return CheckpointSigner(database, chain, key, NETWORK, lambda: 1_000)


def trust_of(members: dict[str, bytes], quorum: int) -> Trust:
    """Return a trust file with these members' keys, good from the beginning."""
    entries = [
        {
            "name": name,
            "address": hashlib.sha256(name.encode()).digest()[:20],
            "public_key": "0x" + point.hex(),
            "valid_from": 0,
            "valid_until": 0,
        }
        for name, point in members.items()
    ]
    world = ProofWorld(chain_id=NETWORK[0], genesis_hash=NETWORK[1])
    quorums = [{"valid_from": 0, "quorum": quorum}]
    return Trust(world.trust_file(checkpoint_members=entries, checkpoint_quorums=quorums))
