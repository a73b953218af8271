"""The proof bundle of a receipt, built in one call and verified before it is handed out."""

from collections.abc import Sequence
from typing import Any

from hexbytes import HexBytes
from sqlalchemy import Row
from web3 import Web3
from web3.types import RPCEndpoint

from piaolian_node.api.authentication import Asker
from piaolian_node.chain.openings import red_header_of
from piaolian_node.checkpoints.gathering import QuorumCheckpoint, no_checkpoints
from piaolian_node.context import NodeContext
from piaolian_node.errors import RecordError, RefusedError
from piaolian_node.receipts.bodies import document_of
from piaolian_node.receipts.lookup import stamped_of
from piaolian_node.receipts.questions import find_asked, may_read
from piaolian_sdk.acts import FetchBundle, recover_address
from piaolian_sdk.acts.holder import MAX_HOLDER_SECONDS
from piaolian_sdk.contracts.chain import call_chain
from piaolian_sdk.contracts.reader import ChainReader
from piaolian_sdk.errors import RemoteError, VerificationError
from piaolian_sdk.proof import BundleError, Trust, verify_bundle
from piaolian_sdk.proof.building import AccountProof, ReceiptParts, build_bundle, collect_state
from piaolian_sdk.tree import Header
from piaolian_sdk.tree.keccak import address_bytes


async def bundle_of(context: NodeContext, receipt: Row[Any]) -> bytes:
    """Return the bundle of a receipt as it is now.

    Args:
        context: The node.
        receipt: Row of ``receipts``.

    Raises:
        RefusedError: ``receipt-not-stamped``, ``receipt-refused``, or ``checkpoints-off``: this node makes none.
        UnavailableError: ``checkpoint-quorum-missing``.
        RemoteError: No chain node answers.
        RecordError: What was built does not verify.
    """
    if context.checkpoints is None or context.proof_trust is None:
        raise no_checkpoints()
    async with context.database.read() as connection:
        stamped = await stamped_of(connection, receipt)
    document = await document_of(context, receipt)
    parts = ReceiptParts(
        document=document,
        code=receipt.code,
        number=receipt.number,
        amount_fen=receipt.amount_fen,
        amount_salt=receipt.amount_salt,
        payment_code=receipt.payment_code,
        lines_hash=receipt.lines_hash,
        fields_root=receipt.fields_root,
        booking_address=address_bytes(receipt.booking_address, "booking_address"),
        unit_path=stamped.unit_path,
        header=stamped.header,
        root_id=stamped.batch.root_id,
        position=stamped.batch.position,
        root_path=stamped.root_path,
        original=(receipt.original_range, receipt.original_number) if receipt.is_red else None,
    )
    signed = await context.checkpoints.quorum_since(stamped.batch.block_number)
    return await context.in_executor(_build, context, parts, signed, context.proof_trust)


async def find_held(
    context: NodeContext,
    asker: Asker,
    receipt_key: tuple[str, str],
    check_code: str | None,
    holder: tuple[int, bytes] | None,
) -> Row[Any]:
    """Return the receipt of whoever may see all of it: its unit, an auditor, or who has its booking key.

    Args:
        context: The node.
        asker: Who asks.
        receipt_key: Code and number.
        check_code: As the holder gave it.
        holder: Deadline (Unix seconds) and signature of ``FetchBundle`` by the booking key.

    Raises:
        RefusedError: ``unknown-receipt``, ``holder-unproven``, or too many wrong tries.
    """
    code, number = receipt_key
    receipt = await find_asked(context, asker, code, number, check_code)
    if asker.party is not None and may_read(asker.party, receipt):
        return receipt
    if holder is None or not _holds(context, receipt, *holder):
        await context.limits.count_miss(asker.name, code + number)
        raise RefusedError(
            "holder-unproven",
            "the document is shown to its unit, to auditors, and to who has the receipt's booking key",
            "票据全文仅向开票单位、审计方和票据持有人提供，请以入账密钥签名",
            field="holder_signature",
            remedy=f"sign FetchBundle with the booking key, with a deadline at most {MAX_HOLDER_SECONDS} s ahead",
        )
    return receipt


def _holds(context: NodeContext, receipt: Row[Any], deadline: int, signature: bytes) -> bool:
    now = int(context.now())
    if not now <= deadline <= now + MAX_HOLDER_SECONDS:
        return False
    book = context.address_book
    question = FetchBundle(code=int(receipt.code), number=receipt.number, deadline=deadline)
    try:
        signer = recover_address(question.digest(book.chain_id, book.address_of("ReceiptLedger")), signature)
    except VerificationError:
        return False
    return signer.lower() == str(receipt.booking_address).lower()


def _build(context: NodeContext, parts: ReceiptParts, signed: QuorumCheckpoint, trust: Trust) -> bytes:
    height = signed.checkpoint.number

    def prove(address: bytes, wanted: Sequence[bytes]) -> AccountProof:
        return context.chain.ask(lambda reader: _proof(reader, address, wanted, height))

    def find_red() -> Header:
        found = context.chain.ask(lambda reader: reader.reversal_of(parts.header.range, parts.number, height))
        if found is None:
            raise RecordError("the chain has a red receipt without its event", "链上有红票但没有相应事件")
        return red_header_of(found)

    addresses = (trust.file.contracts.ReceiptLedger.address, trust.file.contracts.Registry.address)
    state = collect_state(prove, addresses, parts, signed.checkpoint.state_root, find_red)
    bundle = build_bundle(parts, signed.checkpoint, signed.signatures, state, sandbox=trust.file.sandbox)
    data = bundle.to_bytes()
    try:
        verify_bundle(data, trust, int(context.now()))
    except BundleError as exc:
        raise RecordError(
            f"a bundle of this node does not verify at step {exc.step}: {exc.code}",
            f"本节点生成的证明包未通过自检（步骤 {exc.step}：{exc.code}）",
        ) from exc
    return data


def _proof(reader: ChainReader, address: bytes, wanted: Sequence[bytes], height: int) -> AccountProof:
    """Ask for ``eth_getProof`` (EIP-1186).

    Raises:
        RemoteError: The chain node does not answer, or has not the state of the block any more.
    """
    question = [Web3.to_checksum_address(address), ["0x" + slot.hex() for slot in wanted], hex(height)]
    response = call_chain(lambda: reader.web3.provider.make_request(RPCEndpoint("eth_getProof"), question))
    answer: Any = response.get("result")
    if answer is None:
        raise RemoteError(
            "chain-unreachable",
            "the chain node cannot prove the state of the block",
            "链节点无法证明该区块的状态",
            remedy="ask again: a newer block is taken then",
            retry="after",
        )
    entries = answer["storageProof"]
    return AccountProof(
        account=[bytes(HexBytes(node)) for node in answer["accountProof"]],
        values=[int(entry["value"], 16) for entry in entries],
        storage=[[bytes(HexBytes(node)) for node in entry["proof"]] for entry in entries],
    )
