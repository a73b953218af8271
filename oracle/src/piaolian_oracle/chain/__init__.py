"""The chain as the oracle sees it."""

from piaolian_oracle.chain.ledger import Committee, Ledger, PaymentKey, Sender, Settlement, SuspenseWord
from piaolian_oracle.chain.payers import PayersIndex
from piaolian_oracle.chain.web3_ledger import Web3Ledger, Web3Sender

__all__ = [
    "Committee",
    "Ledger",
    "PayersIndex",
    "PaymentKey",
    "Sender",
    "Settlement",
    "SuspenseWord",
    "Web3Ledger",
    "Web3Sender",
]
