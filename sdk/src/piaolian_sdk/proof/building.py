"""What a node puts into a bundle: the parts that it knows, and the nodes of the state that prove them.

``collect_state`` asks for exactly the slots that the checks read, each account once.
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
from piaolian_sdk.tree import BY_CODE, Header, red_root_id


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


@dataclass(frozen=True, slots=True)
class CollectedState:
    """What the chain says at the checkpoint's block.

    Attributes:
        witness: What proves the state of a receipt, in the form of ``piaolian_sdk.proof.witness``.
        red_header: Of a reversed receipt, the header of its red receipt.
    """

    witness: bytes
    red_header: Header | None


def collect_state(
    prove: Prove, addresses: tuple[bytes, bytes], parts: ReceiptParts, state_root: bytes, find_red: Callable[[], Header]
) -> CollectedState:
    """Ask the chain for what proves a receipt.

    Args:
        prove: Asks the chain at the checkpoint's block.
        addresses: Of the proxies of ReceiptLedger and Registry.
        parts: The receipt.
        state_root: Of the checkpoint's block, 32 bytes.
        find_red: Header of the receipt's red receipt at the same block; asked when the chain says that there is one.

    Raises:
        VerificationError: ``state-node-malformed``: the chain gave something else.
    """
    (ledger, registry), place = addresses, (parts.header.range, parts.number)
    of_ledger = [
        slots.IMPLEMENTATION_SLOT,
        slots.hold_slot(*place),
        slots.root_slot(parts.root_id),
        slots.root_slot(red_root_id(*place)),
    ]
    first = prove(ledger, of_ledger)
    _, hold, _, red_root = first.values
    red, paper = find_red() if red_root else None, slots.Hold.from_word(hold).paper
    ranges = [parts.header.range]
    if parts.original is not None:
        ranges.append(parts.original[0])
    if red is not None:
        ranges.append(red.range)
    if paper is not None:
        ranges.append(paper.range)
    of_registry = [slots.IMPLEMENTATION_SLOT, slots.credit_code_slot(parts.header.unit)]
    of_registry += [slots.range_slot(range_id) for range_id in dict.fromkeys(ranges)]
    second = prove(registry, of_registry)
    codes = [slots.address_of(word) for word in (first.values[0], second.values[0])]
    proofs = [first, second, *(prove(code, []) for code in codes)]
    accounts = [node for proof in proofs for node in proof.account]
    storage = [node for proof in proofs for way in proof.storage for node in way]
    # The checks come to the state first, then to the ledger's storage, then to the Registry's.
    witness = pack(state_root, [ledger, registry, *codes], accounts)
    tries = TrieNodes(witness)
    for address, wanted_slots in ((ledger, of_ledger), (registry, of_registry)):
        account = account_at(tries, state_root, address)
        witness += pack(account[0], wanted_slots, storage) if account else b""
    return CollectedState(witness, red)


def build_bundle(
    parts: ReceiptParts,
    checkpoint: Checkpoint,
    signatures: Sequence[tuple[str, bytes]],
    state: CollectedState,
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
    by_code = parts.header.control == BY_CODE
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
        root=BundleRoot(
            id=None if parts.original else parts.root_id, position=parts.position, path=list(parts.root_path)
        ),
        original_range=parts.original[0] if parts.original else None,
        red_header=BundleHeader.of(state.red_header) if state.red_header else None,
        checkpoint=BundleCheckpoint(
            number=checkpoint.number,
            block_hash=checkpoint.block_hash,
            state_root=checkpoint.state_root,
            timestamp=checkpoint.timestamp,
            signatures=[MemberSignature(member=name, signature=value) for name, value in signatures],
        ),
        state=state.witness,
    )
