"""Proofs about the contracts that the test runner does not give by itself."""
