"""Receipts: prepare, submit, reversal, exchange, booking, state, proof and body."""
