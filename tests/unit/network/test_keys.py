"""Keys of members, against published examples."""

import base64
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_account import Account

from piaolian_network import keys


def test_peer_id__example_of_the_specification__is_equal() -> None:
    # https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md, "Test vectors", Ed25519
    message = bytes.fromhex("080112201ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e")
    assert keys.peer_id_of(message[4:]) == "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq"


def test_swarm_identity__private_part__belongs_to_the_peer_id() -> None:
    identity = keys.create_swarm_identity()
    message = base64.b64decode(identity.private_key)
    private, public = message[4:36], message[36:]
    assert Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw() == public
    assert keys.peer_id_of(public) == identity.peer_id


def test_address__example_of_eip_155__is_equal() -> None:
    assert keys.address_of(b"\x46" * 32) == "0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F"


def test_validator_account__keystore__opens_with_its_password(tmp_path: Path) -> None:
    address = keys.create_validator_account(tmp_path)
    keystore = json.loads((tmp_path / "keystore" / "validator.json").read_text(encoding="utf-8"))
    password = (tmp_path / "validator.password").read_text(encoding="utf-8").strip()
    assert keys.address_of(bytes(Account.decrypt(keystore, password))) == address


def test_key_file__stored__is_read_back_and_hidden(tmp_path: Path) -> None:
    made = keys.create_key_file(tmp_path, "node")
    again = keys.open_key_file(tmp_path, "node")
    assert again == made
    assert made.read_private_key().hex() not in repr(made)
    assert made.path.stat().st_mode & 0o777 == 0o600
