"""What a node puts into a bundle: the parts that it knows, and the nodes of the state that prove them.

``collect_state`` asks for exactly the slots that the checks read, in at most three rounds: values of the second round
(implementations, ranges of links) are known after the first alone.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from piaolian_sdk.proof import slots
from piaolian_sdk.proof.bundle import (
    Bundle,
    BundleCheckpoint,
    BundleHeader,
    BundleLeaf,
    BundleNetwork,
    BundleReceipt,
    BundleRoot,
    MemberSignature,
)
from piaolian_sdk.proof.checkpoint import Checkpoint
from piaolian_sdk.proof.trie import TrieNodes, account_at
from piaolian_sdk.proof.witness import pack
from piaolian_sdk.tree import BY_CODE, Header


@dataclass(frozen=True, slots=True)
class AccountProof:
    """What ``eth_getProof`` says of one account.

    Attributes:
        account: Nodes from the state root to the account.
        values: The words asked for, in their order; 0 where nothing stands.
        storage: Nodes from the storage root to each of them.
    """

    account: Sequence[bytes]
    values: Sequence[int]
    storage: Sequence[Sequence[bytes]]


# Address (20 bytes) and slots (32 bytes each) to a proof at the checkpoint's block.
Prove = Callable[[bytes, Sequence[bytes]], AccountProof]


@dataclass(frozen=True, slots=True)
class ReceiptParts:
    """One stamped receipt, as its node has it.

    Attributes:
        document: XML with both signatures.
        code: 8 digits.
        number: Receipt number.
        amount_fen: Positive for a red receipt too.
        amount_salt: By list, 32 bytes; not used by code.
        payment_code: By code, 20 digits.
        booking_address: 20 bytes.
        root_id: Number of the root.
        position: Place of the header.
        original: Of a red receipt, range and number of the one that it reverses.
    """

    document: bytes
    code: str
    number: int
    amount_fen: int
    amount_salt: bytes | None
    payment_code: str | None
    lines_hash: bytes
    fields_root: bytes
    booking_address: bytes
    unit_path: Sequence[bytes]
    header: Header
    root_id: int
    position: int
    root_path: Sequence[bytes]
    original: tuple[int, int] | None = None


def collect_state(prove: Prove, ledger: bytes, registry: bytes, parts: ReceiptParts, state_root: bytes) -> bytes:
    """Return what proves the state of a receipt, in the form of ``piaolian_sdk.proof.witness``.

    Args:
        prove: Asks the chain at the checkpoint's block.
        ledger: Address of the ReceiptLedger's proxy.
        registry: Address of the Registry's proxy.
        parts: The receipt.
        state_root: Of the checkpoint's block, 32 bytes.

    Raises:
        VerificationError: ``state-node-malformed``: the chain gave something else.
    """
    place = (parts.header.range, parts.number)
    of_ledger = [
        slots.IMPLEMENTATION_SLOT,
        slots.reversal_slot(*place),
        slots.paper_slot(*place),
        slots.root_slot(parts.root_id),
        slots.marks_slot(*place),
        slots.booking_slot(*place),
    ]
    of_registry = [
        slots.IMPLEMENTATION_SLOT,
        slots.range_slot(parts.header.range),
        slots.credit_code_slot(parts.header.unit),
    ]
    if parts.original is not None:
        of_ledger.append(slots.reversal_slot(*parts.original))
        of_registry.append(slots.range_slot(parts.original[0]))
    first = prove(ledger, of_ledger)
    second = prove(registry, of_registry)
    codes = [slots.address_of(word) for word in (first.values[0], second.values[0])]
    links = [slots.Link.from_word(word).range for word in first.values[1:3]]
    wanted = [slots.range_slot(range_id) for range_id in links if range_id not in (0, parts.header.range)]
    of_registry += wanted
    others = [prove(registry, wanted)] if wanted else []
    proofs = [first, second, *(prove(code, []) for code in codes), *others]
    accounts = [node for proof in proofs for node in proof.account]
    storage = [node for proof in proofs for way in proof.storage for node in way]
    # The checks come to the state first, then to the ledger's storage, then to the Registry's.
    witness = pack(state_root, [ledger, registry, *codes], accounts)
    tries = TrieNodes(witness)
    for address, wanted_slots in ((ledger, of_ledger), (registry, of_registry)):
        account = account_at(tries, state_root, address)
        witness += pack(account[0], wanted_slots, storage) if account else b""
    return witness


def build_bundle(
    parts: ReceiptParts,
    checkpoint: Checkpoint,
    signatures: Sequence[tuple[str, bytes]],
    state: bytes,
    *,
    sandbox: bool,
) -> Bundle:
    """Put a bundle together. Whether it verifies is for the verifier.

    Args:
        parts: The receipt.
        checkpoint: Block that the state was proven at.
        signatures: Member and signature (64 bytes) of each who signed it.
        state: From ``collect_state``.
        sandbox: Whether the network is a sandbox.
    """
    by_code = parts.header.mode == BY_CODE
    return Bundle(
        network=BundleNetwork(chain_id=checkpoint.chain_id, genesis_hash=checkpoint.genesis_hash, sandbox=sandbox),
        receipt=BundleReceipt(code=parts.code, number=f"{parts.number:010d}"),
        document=parts.document,
        document_sha256=hashlib.sha256(parts.document).digest(),
        leaf=BundleLeaf(
            amount_fen=parts.amount_fen,
            amount_salt=None if by_code else parts.amount_salt,
            payment_code=parts.payment_code if by_code else None,
            lines_hash=parts.lines_hash,
            fields_root=parts.fields_root,
            booking_address=parts.booking_address,
        ),
        unit_path=list(parts.unit_path),
        header=BundleHeader.of(parts.header),
        root=BundleRoot(id=parts.root_id, position=parts.position, path=list(parts.root_path)),
        original_range=parts.original[0] if parts.original else None,
        checkpoint=BundleCheckpoint(
            number=checkpoint.number,
            block_hash=checkpoint.block_hash,
            state_root=checkpoint.state_root,
            timestamp=checkpoint.timestamp,
            signatures=[MemberSignature(member=name, signature=value) for name, value in signatures],
        ),
        state=state,
    )
