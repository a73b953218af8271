"""A sealed file opens for its keys alone, and only whole."""

import hashlib
import io
import os

import pytest

from piaolian_node.errors import ConfigError
from piaolian_node.preservation.strongbox import BoxWriter, Key, Lock, read_box
from piaolian_sdk.sm2 import Sm2PrivateKey

KEY = Sm2PrivateKey.generate(os.urandom)
OTHER = Sm2PrivateKey.generate(os.urandom)
PASSPHRASE = "a passphrase of the drill"
PIECE = 64 * 1024


def sealed(plaintext: bytes, lock: Lock | None = None) -> bytes:
    output = io.BytesIO()
    box = BoxWriter(output, lock or Lock([KEY.public_key, OTHER.public_key]), os.urandom)
    for at in range(0, len(plaintext), 50_000):
        box.write(plaintext[at : at + 50_000])
    assert box.finish() == hashlib.sha256(output.getvalue()).hexdigest()
    return output.getvalue()


def opened(file: bytes, key: Key | None = None) -> bytes:
    return b"".join(read_box(io.BytesIO(file), key or Key(private_key=KEY)))


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_box__any_length__opens_for_each_recipient(size: int) -> None:
    plaintext = os.urandom(size)
    file = sealed(plaintext)
    assert opened(file) == opened(file, Key(private_key=OTHER)) == plaintext
    assert len(plaintext) < 32 or plaintext[:32] not in file


def test_box__passphrase__opens_with_it_alone() -> None:
    file = sealed(b"records", Lock(passphrase=PASSPHRASE))
    assert opened(file, Key(passphrase=PASSPHRASE)) == b"records"
    for wrong in (Key(passphrase=PASSPHRASE + "!"), Key(private_key=KEY), Key()):
        with pytest.raises(ConfigError):
            opened(file, wrong)


@pytest.mark.parametrize("at", [0, 9, 60, 200, -1, -PIECE // 2, -PIECE - 100])
def test_box__one_bit_changed__does_not_open(at: int) -> None:
    file = bytearray(sealed(os.urandom(2 * PIECE), Lock([KEY.public_key])))
    file[at] ^= 1
    with pytest.raises(ConfigError):
        opened(bytes(file))


def test_box__pieces_left_out_repeated_or_in_another_order__does_not_open() -> None:
    file = sealed(os.urandom(3 * PIECE), Lock([KEY.public_key]))
    step = PIECE + 16
    first, second, last = file[: -2 * step], file[-2 * step : -step], file[-step:]
    begin, first = first[:-step], first[-step:]
    assert begin + first + second + last == file
    for wrong in (
        begin,
        begin + first,
        begin + first + second,
        begin + second + first + last,
        begin + first + last,
        begin + last,
        file + last,
        file[:-1],
    ):
        with pytest.raises(ConfigError):
            opened(wrong)


@pytest.mark.parametrize("lock", [Lock(), Lock(passphrase="too short")], ids=["nobody", "short"])
def test_box__nobody_could_open_it_or_anybody_could_guess__not_made(lock: Lock) -> None:
    with pytest.raises(ConfigError):
        sealed(b"records", lock)


@pytest.mark.parametrize(
    "file", [b"", b"PLBOX1\n", b"something else entirely", b"PLBOX1\n\x00\x00\x00\x02{}", b"PLBOX1\n\xff\xff\xff\xff"]
)
def test_read_box__another_file__refused(file: bytes) -> None:
    with pytest.raises(ConfigError):
        opened(file)
