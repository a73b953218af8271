"""Months: what the chain counts, and write-off."""
