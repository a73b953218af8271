"""The oracle's key in a real SoftHSM token, through its command line, each command a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.services import SOFTHSM_LIBRARY

PIN, SO_PIN = "48213907", "90731284"


class Installation:
    """One oracle's machine: a token folder and the settings."""

    def __init__(self, directory: Path) -> None:
        (directory / "tokens").mkdir()
        (directory / "softhsm2.conf").write_text(
            f"directories.tokendir = {directory}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n",
            encoding="utf-8",
        )
        (directory / "pin").write_text(PIN, encoding="utf-8")
        (directory / "so-pin").write_text(SO_PIN, encoding="utf-8")
        self.so_pin_file = directory / "so-pin"
        self.settings = {
            "SOFTHSM2_CONF": str(directory / "softhsm2.conf"),
            "PIAOLIAN_ORACLE_PROFILE": "dev",
            "PIAOLIAN_ORACLE_RPC_URL": "http://127.0.0.1:1",
            "PIAOLIAN_ORACLE_ADDRESS_BOOK": str(directory / "absent.json"),
            "PIAOLIAN_ORACLE_SOURCE": "1",
            "PIAOLIAN_ORACLE_FOLDER": str(directory),
            "PIAOLIAN_ORACLE_ACCOUNTS": '["0000000000000000001"]',
            "PIAOLIAN_ORACLE_DATA_DIR": str(directory / "data"),
            "PIAOLIAN_ORACLE_PKCS11_MODULE": str(SOFTHSM_LIBRARY),
            "PIAOLIAN_ORACLE_TOKEN_LABEL": "oracle-1",
            "PIAOLIAN_ORACLE_PIN_FILE": str(directory / "pin"),
        }

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        changes = {f"PIAOLIAN_ORACLE_{name}": value for name, value in settings.items()}
        return subprocess.run(
            [sys.executable, "-m", "piaolian_oracle.cli", *arguments],
            env={"PATH": os.environ["PATH"], **self.settings, **changes},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    made = Installation(tmp_path_factory.mktemp("oracle"))
    done = made.run("keys", "init", "--make-token", "--so-pin-file", str(made.so_pin_file))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("0x")
    return made


def test_keys_show__after_init__gives_the_same_address_in_every_process(installed: Installation) -> None:
    answers = {installed.run("keys", "show").stdout for _ in range(2)}

    assert len(answers) == 1
    assert len(answers.pop().strip()) == 42


def test_keys_init__again__keeps_the_key(installed: Installation) -> None:
    before = installed.run("keys", "show").stdout

    again = installed.run("keys", "init")

    assert again.returncode == 1
    assert "key-exists" in again.stderr
    assert installed.run("keys", "show").stdout == before


def test_keys_show__with_a_wrong_pin__is_refused_without_showing_it(installed: Installation, tmp_path: Path) -> None:
    (tmp_path / "pin").write_text("00000000", encoding="utf-8")

    done = installed.run("keys", "show", PIN_FILE=str(tmp_path / "pin"))

    assert done.returncode == 1
    assert "token-failed" in done.stderr
    assert "00000000" not in done.stderr
    assert "Traceback" not in done.stderr


def test_keys_show__of_another_token__is_named(installed: Installation) -> None:
    done = installed.run("keys", "show", TOKEN_LABEL="oracle-9")

    assert done.returncode == 1
    assert "token-missing" in done.stderr


def test_keys_show__of_another_key__is_named(installed: Installation) -> None:
    done = installed.run("keys", "show", KEY_LABEL="other")

    assert done.returncode == 1
    assert "hsm-unavailable" in done.stderr


def test_check__with_chain_and_book_absent__says_what_to_mend(installed: Installation) -> None:
    done = installed.run("check")

    assert done.returncode == 1
    assert "正常  签名密钥: 0x" in done.stdout
    assert "异常  链" in done.stdout
    assert "处理" in done.stdout


def test_run__without_settings__ends_with_2_and_names_them() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "piaolian_oracle.cli", "run"],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert "PIAOLIAN_ORACLE_RPC_URL" in done.stderr
