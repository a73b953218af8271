"""The demonstration: one network, whole lives of receipts, every refusal with its reason.

``python -m demo.story`` runs it and writes ``var/story.json``; ``python -m demo.demo`` shows it and leaves the pages
open.
"""
