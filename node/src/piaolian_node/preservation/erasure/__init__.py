"""Erasing: the keys of receipts are destroyed by a list and two persons, in every copy."""
