"""The chain: reads at one block, the relayer that alone writes with the account, and the index of final blocks."""
