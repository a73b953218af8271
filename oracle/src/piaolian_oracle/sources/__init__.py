"""Sources of statements."""

from piaolian_oracle.sources.folder import FoundFile, StatementFolder
from piaolian_oracle.sources.intake import IntakeRules, StatementIntake

__all__ = ["FoundFile", "IntakeRules", "StatementFolder", "StatementIntake"]
