"""Checks that every signed act passes before it is accepted."""

from piaolian_node.context import NodeContext
from piaolian_node.errors import RefusedError
from piaolian_sdk.acts import Act, recover_address
from piaolian_sdk.contracts.errors import CONTRACT_ERRORS

# An act that could not be mined within this time would be refused after it was answered.
MIN_SECONDS = 120
# A signature that stays good for longer is a danger to whoever made it.
MAX_SECONDS = 30 * 24 * 3600


def require_act(context: NodeContext, act: Act, signature: bytes, signer: str) -> None:
    """Check deadline and signature of an act.

    Args:
        context: The node.
        act: The act as rebuilt from what the node knows.
        signature: 65 bytes.
        signer: Address that must have signed.

    Raises:
        ContractRefusedError: ``signature-expired`` or ``wrong-signer``.
        RefusedError: ``deadline-too-soon`` or ``deadline-too-far``.
        VerificationError: The signature is malformed.
    """
    deadline: int = act.deadline  # type: ignore[attr-defined] # Every act has one.
    require_deadline(deadline, int(context.now()))
    digest = act.digest(context.address_book.chain_id, context.address_book.address_of(act.CONTRACT))
    recovered = recover_address(digest, signature)
    if recovered != signer:
        raise CONTRACT_ERRORS["WrongSigner"]({"expected": signer, "recovered": recovered})


def require_deadline(deadline: int, now: int) -> None:
    """Check that an act can be mined in time and does not stay good for too long."""
    if deadline <= now:
        raise CONTRACT_ERRORS["SignatureExpired"]({"deadline": deadline})
    if deadline < now + MIN_SECONDS:
        raise RefusedError(
            "deadline-too-soon",
            f"the signature must stay good for {MIN_SECONDS} seconds at least",
            f"签名有效期至少为 {MIN_SECONDS} 秒",
            field="deadline",
            remedy="sign with a later deadline",
        )
    if deadline > now + MAX_SECONDS:
        raise RefusedError(
            "deadline-too-far",
            f"the signature may stay good for {MAX_SECONDS // 86400} days at most",
            f"签名有效期不得超过 {MAX_SECONDS // 86400} 天",
            field="deadline",
            remedy="sign with an earlier deadline",
        )
