"""The services that other tests stand on."""

import asyncio
import subprocess

import asyncpg
import pkcs11

from support.services import Anvil, SoftHSM


def test_anvil__clock_moved__head_has_that_time(anvil: Anvil) -> None:
    target = anvil.head_unix() + 40 * 86_400
    anvil.set_time(target)
    assert anvil.head_unix() == target


def test_anvil__dev_account__is_funded(anvil: Anvil) -> None:
    assert int(anvil.call("eth_getBalance", anvil.accounts[0].address, "latest"), 16) > 10**18


def test_softhsm__token__opens_with_pin(softhsm: SoftHSM) -> None:
    token = pkcs11.lib(str(softhsm.library)).get_token(token_label=softhsm.token_label)
    with token.open(user_pin=softhsm.pin) as session:
        assert session.token.label == softhsm.token_label


def test_softhsm__second_token__is_listed(softhsm: SoftHSM) -> None:
    softhsm.new_token("second")
    command = ["softhsm2-util", "--show-slots"]
    shown = subprocess.run(command, check=True, capture_output=True, text=True, env=softhsm.environment)
    assert "second" in shown.stdout


def test_postgres__query__answers(postgres_url: str) -> None:
    async def ask() -> object:
        connection = await asyncpg.connect(postgres_url)
        try:
            return await connection.fetchval("SELECT 6 * 7")
        finally:
            await connection.close()

    assert asyncio.run(ask()) == 42
