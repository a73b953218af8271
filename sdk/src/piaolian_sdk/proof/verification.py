"""The whole check of a bundle, as one numbered list; pure: no network and no clock.

The numbers are those of ``docs/proof-bundle.md``. The first check that fails ends it.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from piaolian_sdk.beijing import BEIJING, day_number, moment_from_compact
from piaolian_sdk.errors import InputError
from piaolian_sdk.money import fen_from_decimal
from piaolian_sdk.proof import errors
from piaolian_sdk.proof.bundle import Bundle, read_bundle
from piaolian_sdk.proof.chain_checks import check_chain
from piaolian_sdk.proof.checkpoint import is_signed
from piaolian_sdk.proof.result import VerifiedReceipt, verified_receipt
from piaolian_sdk.proof.signers import check_signers, in_step, require_both
from piaolian_sdk.proof.trust import MemberKey, Trust
from piaolian_sdk.receipt import ParsedReceipt, document_digest, parse_receipt
from piaolian_sdk.signing import VerifiedSigner
from piaolian_sdk.signing.trust import CLOCK_TOLERANCE, DEFAULT_WINDOW
from piaolian_sdk.tree import BY_CODE, Header, body_hash, path_length, root_from_path, salted_amount
from piaolian_sdk.tree.keccak import uint_word
from piaolian_sdk.tree.leaves import leaf_hash

# How far the clock of whoever checks may lie behind the chain's.
FUTURE_TOLERANCE_SECONDS: Final = 300
_NO_LINES: Final = bytes(32)


def verify_bundle(data: bytes, trust: Trust, at_unix: int) -> VerifiedReceipt:
    """Check a bundle against a trust file.

    Not checked: what happened after the checkpoint; whether the unit's certificate is the registered one; prices and
    items by list.

    Args:
        data: The bundle's file.
        trust: What is taken for granted.
        at_unix: Time of checking, Unix seconds.

    Returns:
        The receipt with what was proven, at which block and time, and what was not.

    Raises:
        BundleError: ``step`` and ``code`` name the check that failed.
    """
    # 1. and 2. Size and form.
    bundle = read_bundle(data)
    # 3. to 8. The checkpoint is one of the trusted network, and a quorum of its members signed it.
    _check_network(bundle, trust)
    _check_checkpoint(bundle, trust, at_unix)
    # 9. The document is the receipt that the bundle speaks of.
    parsed = _check_document(bundle)
    # 10. and 11. Header and leaf commit to exactly this document, with its number, day and amount.
    header = bundle.header.to_header()
    _check_header(bundle, parsed, header)
    _check_leaf(bundle, parsed, header)
    # 12. to 15. The chain has checked code, the root over the header, and range and unit of it.
    facts = check_chain(bundle, trust, parsed)
    # 16. to 18. Both signatures, at the times that the issue day and the checkpoint bound.
    unit_signer, supervision_signer = _check_signatures(bundle, parsed, trust)
    # 19. to 22. What binds on the receipt at the checkpoint's block.
    state = facts.check_state()
    return verified_receipt(bundle, trust, parsed, (unit_signer, supervision_signer), state, at_unix)


def _check_network(bundle: Bundle, trust: Trust) -> None:
    # 3. A test is told by its own name, before any other difference of the networks is.
    if bundle.network.sandbox and not trust.file.sandbox:
        raise errors.BundleSandboxError("bundle-from-sandbox", field="network.sandbox")
    if trust.file.sandbox and not bundle.network.sandbox:
        raise errors.BundleSandboxError("bundle-not-from-sandbox", field="network.sandbox")
    # 4. The network is the trusted one.
    if bundle.network.chain_id != trust.file.chain_id:
        raise errors.BundleNetworkError(
            "bundle-wrong-chain", f"{bundle.network.chain_id}, {trust.file.chain_id}", field="network.chain_id"
        )
    if bundle.network.genesis_hash != trust.file.genesis_hash:
        raise errors.BundleNetworkError("bundle-wrong-genesis", field="network.genesis_hash")


def _check_checkpoint(bundle: Bundle, trust: Trust, at_unix: int) -> None:
    moment = bundle.checkpoint.timestamp
    # 5. The block lies in the past.
    if moment > at_unix + FUTURE_TOLERANCE_SECONDS:
        raise errors.CheckpointTimeError("checkpoint-from-future", field="checkpoint.timestamp")
    # 6. The signers are members of that time, each once.
    keys: dict[str, MemberKey] = {}
    for entry in bundle.checkpoint.signatures:
        key = trust.key_of(entry.member, moment)
        if key is None or entry.member in keys:
            is_known = trust.is_member(entry.member)
            reason = "not-valid" if is_known and key is None else "twice" if is_known else "unknown"
            raise errors.CheckpointMembersError(
                f"checkpoint-member-{reason}", entry.member, field="checkpoint.signatures"
            )
        keys[entry.member] = key
    # 7. They are enough.
    quorum = trust.quorum_at(moment)
    if quorum is None or len(keys) < quorum:
        raise errors.CheckpointQuorumError(
            "checkpoint-quorum-missing", f"{len(keys)} / {quorum or '-'}", field="checkpoint.signatures"
        )
    # 8. Each signed exactly this block of this network.
    checkpoint = bundle.signed_checkpoint()
    for entry in bundle.checkpoint.signatures:
        if not is_signed(checkpoint, keys[entry.member].public_key, entry.signature):
            raise errors.CheckpointSignatureError(
                "checkpoint-signature-wrong", entry.member, field="checkpoint.signatures"
            )


def _check_document(bundle: Bundle) -> ParsedReceipt:
    # 9. Whole, a receipt, and of this code and number.
    if hashlib.sha256(bundle.document).digest() != bundle.document_sha256:
        raise errors.BundleDocumentError("document-damaged", field="document")
    try:
        parsed = parse_receipt(bundle.document)
    except InputError as exc:
        raise errors.BundleDocumentError("document-malformed", exc.code, field=exc.field) from exc
    main = parsed.model.main
    if (main.einvoice_code, main.einvoice_number) != (bundle.receipt.code, bundle.receipt.number):
        raise errors.BundleDocumentError("document-of-other-receipt", field="receipt")
    return parsed


def _check_header(bundle: Bundle, parsed: ParsedReceipt, header: Header) -> None:
    # 10. The header speaks of this number and this day, and is red exactly when the document is.
    if not 0 <= int(bundle.receipt.number) - header.first < header.count:
        raise errors.BundleHeaderError("header-without-number", field="header.count")
    if day_number(parsed.model.main.issue_date) != header.issue_day:
        raise errors.BundleHeaderError("header-of-other-day", field="header.issue_day")
    if parsed.model.main.is_red != header.is_red:
        raise errors.BundleHeaderError("header-red-differs", field="header.mode")


def _check_leaf(bundle: Bundle, parsed: ParsedReceipt, header: Header) -> None:
    # 11. The leaf is of this document, and stands at its number's place.
    leaf, main = bundle.leaf, parsed.model.main
    if abs(fen_from_decimal(main.total_amount)) != leaf.amount_fen:
        raise errors.BundleLeafError("leaf-other-amount", field="leaf.amount_fen")
    by_code = header.control == BY_CODE
    if by_code != (leaf.amount_salt is None) or by_code != (leaf.payment_code is not None):
        raise errors.BundleLeafError("leaf-unfit-for-mode", field="leaf")
    if not by_code and leaf.lines_hash != _NO_LINES:
        raise errors.BundleLeafError("leaf-unfit-for-mode", field="leaf.lines_hash")
    if by_code and leaf.payment_code != main.main_ext.pay_code:
        raise errors.BundleLeafError("leaf-other-payment-code", field="leaf.payment_code")
    amount = uint_word(leaf.amount_fen, 48, "amount_fen")
    if leaf.amount_salt is not None:
        amount = salted_amount(leaf.amount_fen, leaf.amount_salt)
    digest = in_step(errors.BundleDocumentError, lambda: document_digest(parsed))
    number = int(bundle.receipt.number)
    body = body_hash(digest, leaf.fields_root, leaf.booking_address)
    hashed = leaf_hash(header.range, number, amount, int(leaf.payment_code or 0), leaf.lines_hash, body)
    found = root_from_path(hashed, number - header.first, bundle.unit_path)
    if len(bundle.unit_path) != path_length(header.count) or found != header.unit_root:
        raise errors.BundleLeafError("leaf-not-under-unit-root", field="unit_path")


def _check_signatures(bundle: Bundle, parsed: ParsedReceipt, trust: Trust) -> tuple[VerifiedSigner, VerifiedSigner]:
    # 16. Times: what a signer writes counts only where issue day and checkpoint leave it room. The issue day is
    # bounded by the contract, which takes no day that lies further back than its terms say.
    times = in_step(
        errors.UnitSignatureError,
        lambda: [moment_from_compact(signature.signature_time) for signature in parsed.model.signatures],
    )
    require_both(times)
    unit_time, supervision_time = times
    day = datetime.combine(parsed.model.main.issue_date, datetime.min.time(), tzinfo=BEIJING)
    latest = datetime.fromtimestamp(bundle.checkpoint.timestamp, tz=BEIJING) + CLOCK_TOLERANCE
    if not day - CLOCK_TOLERANCE <= unit_time <= min(day + timedelta(days=1) + DEFAULT_WINDOW, latest):
        raise errors.SignatureTimeError("signature-time-out-of-window", field="EInvoiceSignature/Signature[1]")
    if not unit_time - CLOCK_TOLERANCE <= supervision_time <= min(unit_time + DEFAULT_WINDOW, latest):
        raise errors.SignatureTimeError("signature-time-out-of-window", field="EInvoiceSignature/Signature[2]")
    # 17. and 18. The unit's, at its time; the finance department's, at its own.
    return check_signers(parsed, trust, times)
