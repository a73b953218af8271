"""Genesis files, computed from members.toml alone.

Nothing here reads a clock, a disk or a network: the time of the genesis block is part of the input.
"""

from typing import Final

from piaolian_network.members import Members

# Enough for any number of transactions; accounts pay a gas price of about one wei.
FUNDS_WEI: Final = 10**27

# Clique casts votes within an epoch and drops them at its end (EIP-225 suggests 30,000 blocks).
_CLIQUE_EPOCH_BLOCKS: Final = 30_000

_VANITY: Final = bytes(32)
_CLIQUE_SEAL: Final = bytes(65)

# Every fork up to London at block 0. Clique refuses Shanghai and later, and the same contracts
# run on both engines, so the EVM stays at London on Besu as well.
LONDON_FORKS: Final = {
    "homesteadBlock": 0,
    "eip150Block": 0,
    "eip155Block": 0,
    "eip158Block": 0,
    "byzantiumBlock": 0,
    "constantinopleBlock": 0,
    "petersburgBlock": 0,
    "istanbulBlock": 0,
    "berlinBlock": 0,
    "londonBlock": 0,
}


def clique_extra_data(validators: list[str]) -> bytes:
    """Encode the first signers for a Clique genesis block.

    Layout (EIP-225): 32 bytes vanity, 20 bytes for each signer in ascending order, 65 bytes of zero seal.
    """
    signers = sorted(bytes.fromhex(address[2:]) for address in validators)
    return _VANITY + b"".join(signers) + _CLIQUE_SEAL


def clique_genesis(members: Members) -> dict[str, object]:
    """Build geth's genesis document for a Clique network."""
    chain = members.chain
    config: dict[str, object] = {
        "chainId": chain.id,
        **LONDON_FORKS,
        "clique": {"period": chain.period_seconds, "epoch": _CLIQUE_EPOCH_BLOCKS},
    }
    return {
        "config": config,
        "nonce": "0x0",
        "timestamp": hex(chain.genesis_unix),
        "extraData": "0x" + clique_extra_data([member.validator for member in members.validators]).hex(),
        "gasLimit": hex(chain.gas_limit),
        # The lowest base fee that EIP-1559 arithmetic does not hold at zero for ever.
        "baseFeePerGas": "0x8",
        "difficulty": "0x1",
        "mixHash": "0x" + bytes(32).hex(),
        "coinbase": "0x" + bytes(20).hex(),
        "alloc": allocation(members),
    }


def allocation(members: Members) -> dict[str, dict[str, str]]:
    """Give every account of members.toml its funds; validators get none, they only seal."""
    return {address[2:].lower(): {"balance": hex(FUNDS_WEI)} for address in members.funded_addresses}
