"""Piaolian SDK: what a unit, a payer's verifier, a booker and an auditor import.

``client`` talks to a node, ``verify`` proves a receipt against a chain of one's choice, ``receipt`` and ``rules`` know
the document, ``signing`` and ``acts`` sign it and what is done with it.
"""
