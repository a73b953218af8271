"""Files of a Hyperledger Besu network with QBFT, computed from members.toml alone.

A validator's node key is its validator key: the address in `validator` must be the one of the public key in
`enode`. That is checked here, since Besu would start and never seal otherwise.
"""

from typing import Final

from eth_keys.datatypes import PublicKey
from eth_utils.address import to_canonical_address
from rlp import decode as rlp_decode
from rlp import encode as rlp_encode
from rlp.exceptions import RLPException

from piaolian_network.errors import MembersError, MismatchError
from piaolian_network.genesis import LONDON_FORKS, allocation
from piaolian_network.members import Members, Transition

# The ASCII text "ctical byzantine fault tolerance": the mark of this family of engines.
ISTANBUL_MIX_HASH: Final = "0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365"

_VANITY: Final = bytes(32)
_EPOCH_BLOCKS: Final = 30_000
# A round that does not end within this many block periods is given to the next proposer.
_ROUND_TIMEOUT_PERIODS: Final = 2
_LONDON_BASE_FEE: Final = "0x8"


def qbft_extra_data(validators: list[str]) -> bytes:
    """Encode the first validators for a QBFT genesis block.

    Layout: RLP of [32 bytes vanity, validators in ascending order, no vote, round 0, no seals].
    """
    addresses = sorted(to_canonical_address(address) for address in validators)
    return bytes(rlp_encode([_VANITY, addresses, [], b"", []]))


def read_qbft_extra_data(extra_data: bytes) -> tuple[list[bytes], int, list[bytes]]:
    """Read validators (20 bytes each), round and committers' seals (65 bytes each) of a QBFT header.

    Seals are not verified here.

    Raises:
        MismatchError: It is not a QBFT extra data field (`genesis-mismatch`).
    """
    try:
        vanity, validators, _vote, round_bytes, seals = rlp_decode(extra_data)
    except (RLPException, TypeError, ValueError) as exc:
        raise _not_qbft("it is not an RLP list of five items") from exc
    if len(vanity) != len(_VANITY) or any(len(address) != 20 for address in validators):
        raise _not_qbft("vanity must have 32 bytes and each validator 20")
    if any(len(seal) != 65 for seal in seals):
        raise _not_qbft("each seal must have 65 bytes")
    return list(validators), int.from_bytes(round_bytes, "big"), list(seals)


def qbft_genesis(members: Members) -> dict[str, object]:
    """Build Besu's genesis document.

    Raises:
        MembersError: A validator's address does not belong to its enode (`members-invalid`).
    """
    for member in members.validators:
        _check_node_key(member.name, member.validator, member.enode)
    chain = members.chain
    config: dict[str, object] = {
        "chainId": chain.id,
        **LONDON_FORKS,
        "qbft": {
            "blockperiodseconds": chain.period_seconds,
            "epochlength": _EPOCH_BLOCKS,
            "requesttimeoutseconds": _ROUND_TIMEOUT_PERIODS * chain.period_seconds,
        },
    }
    if members.transitions:
        config["transitions"] = {"qbft": [_transition(transition) for transition in members.transitions]}
    return {
        "config": config,
        "nonce": "0x0",
        "timestamp": hex(chain.genesis_unix),
        "extraData": "0x" + qbft_extra_data([member.validator for member in members.validators]).hex(),
        "gasLimit": hex(chain.gas_limit),
        "baseFeePerGas": _LONDON_BASE_FEE,
        "difficulty": "0x1",
        "mixHash": ISTANBUL_MIX_HASH,
        "coinbase": "0x" + bytes(20).hex(),
        "alloc": allocation(members),
    }


def static_nodes(members: Members) -> list[str]:
    """List the peers of static-nodes.json; Besu leaves itself out."""
    return [member.enode for member in members.members if member.enode]


def permissions_toml(members: Members) -> str:
    """Write the list of peers that a validator talks to at all, and the accounts that may send.

    Accounts are limited at the node of each member as well: a stranger's transaction is refused before it
    reaches the pool.
    """
    nodes = ", ".join(f'"{enode}"' for enode in static_nodes(members))
    accounts = ", ".join(f'"{address.lower()}"' for address in members.funded_addresses)
    return f"nodes-allowlist=[{nodes}]\naccounts-allowlist=[{accounts}]\n"


def _transition(transition: Transition) -> dict[str, object]:
    entry: dict[str, object] = {"block": transition.block}
    if transition.validators:
        entry["validators"] = [address.lower() for address in transition.validators]
    if transition.period_seconds:
        entry["blockperiodseconds"] = transition.period_seconds
    return entry


def _check_node_key(name: str, validator: str, enode: str) -> None:
    public = enode.removeprefix("enode://").partition("@")[0]
    if PublicKey(bytes.fromhex(public)).to_checksum_address() != validator:
        raise MembersError(
            "members-invalid",
            f"validator of {name} is not the account of its enode's key, as QBFT needs it",
            f"成员 {name} 的 validator 与其 enode 公钥不对应（QBFT 要求二者同一密钥）",
            "用 piaolian-network init --engine qbft 生成密钥。",
            field=f"members.{name}.validator",
        )


def _not_qbft(reason: str) -> MismatchError:
    return MismatchError("genesis-mismatch", f"no QBFT extra data: {reason}", f"不是 QBFT 的 extraData：{reason}")
