"""Checkpoints: final blocks that members sign, so that a proof needs the word of no single node.

One rule binds every signer, whatever happens to it: one hash a height, and only descendants of the last one signed.
"""
