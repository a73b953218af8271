"""Encrypted bodies: one CAR for each batch, kept by two IPFS daemons; their keys stay in the database."""

from piaolian_node.bodies.car import BatchCAR, build_car, cid_of_ciphertext, root_cid_text
from piaolian_node.bodies.store import BodyStore, KuboBodyStore
from piaolian_node.bodies.vault import Vault

__all__ = ["BatchCAR", "BodyStore", "KuboBodyStore", "Vault", "build_car", "cid_of_ciphertext", "root_cid_text"]
