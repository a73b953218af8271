"""Voting on reports and settling them."""

from piaolian_oracle.voting.desk import MAX_IN_FLIGHT, TransactionDesk
from piaolian_oracle.voting.voter import ReportVoter, VotingRules

__all__ = ["MAX_IN_FLIGHT", "ReportVoter", "TransactionDesk", "VotingRules"]
