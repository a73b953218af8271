"""The number under which the chain holds a receipt (存证编号), as people read and compare it."""


def evidence_number(chain_id: int, root_id: int, position: int, place: int) -> str:
    """Return network, root, header and place in the batch as one text.

    Args:
        chain_id: Of the network.
        root_id: Number of the root.
        position: Place of the header under the root.
        place: Place of the receipt in its batch, from 0.
    """
    return f"PL{chain_id}-{root_id:08d}-{position:03d}-{place:04d}"
