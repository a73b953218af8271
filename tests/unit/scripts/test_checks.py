"""Each house rule finds what it is for, and leaves good files alone."""

from pathlib import Path
from types import ModuleType

import pytest

from scripts.checks import environment, length, links, locks, logs, names, paths, private_keys
from scripts.checks.files import File

_HASHED = "thing==1.0 \\\n    --hash=sha256:00\n"
_HEX = "0123456789abcdef" * 4

BROKEN = {
    "file too long": (length, "sdk/src/a.py", "x = 1\n" * 501),
    "empty name": (names, "node/src/utils.py", ""),
    "note": (names, "node/src/a.py", "# TO" + "DO later\n"),
    "address in lock": (locks, "requirements.lock", "--index-url https://registry.invalid/simple\n" + _HASHED),
    "requirement without hash": (locks, "requirements.lock", "thing==1.0\n"),
    "npm address": (locks, "package-lock.json", '{"packages": {"a": {"resolved": "x"}}}'),
    "uv.lock": (locks, "uv.lock", ""),
    "home folder": (paths, "docs/a.md", "see /ho" + "me/someone/project\n"),
    "root's folder": (paths, "docs/a.md", "see /ro" + "ot/project\n"),
    "pem": (private_keys, "a.txt", "-----BEGIN PRIVATE" + " KEY-----\n" + "A" * 64 + "\n"),
    "keystore": (private_keys, "a.json", '{"crypto": {"ciphertext": "00", "kdf": "scrypt"}}'),
    "assigned key": (private_keys, "demo/a.py", f'PRIVATE_KEY = "0x{_HEX}"\n'),
    "key in json": (private_keys, "demo/a.json", f'{{"private_key": "{_HEX}"}}\n'),
    "environ": (environment, "node/src/a.py", "import os\nx = os.environ['A']\n"),
    "getenv": (environment, "node/src/a.py", "import os\nx = os.getenv('A')\n"),
    "read inside env": (environment, "node/src/a.py", "import os\nrun(x, env={'A': os.environ['A']})\n"),
    "imported environ": (environment, "node/src/a.py", "from os import environ\n"),
    "logged pin": (logs, "node/src/a.py", "_logger.info('login %s', config.user_pin)\n"),
    "dead link": (links, "docs/a.md", "[b](b.md)\n"),
    "dead heading": (links, "docs/a.md", "# One\n[b](#two)\n"),
}

SOUND = {
    "short file": (length, "sdk/src/a.py", "x = 1\n" * 500),
    "hashed": (locks, "requirements.lock", _HASHED),
    "funding in npm lock": (
        locks,
        "package-lock.json",
        '{"packages": {"a": {"funding": {"url": "https://x.invalid"}}}}',
    ),
    "relative path": (paths, "docs/a.md", "see var/home/x\n"),
    "digest": (private_keys, "demo/a.py", f'DIGEST = "0x{_HEX}"\n'),
    "published vector": (private_keys, "tests/vectors/a.json", f'{{"private_key": "{_HEX}"}}\n'),
    "config reads": (environment, "node/src/config.py", "import os\nx = os.environ['A']\n"),
    "handed on": (environment, "node/src/a.py", "import os\nx = {**os.environ, 'A': '1'}\n"),
    "handed on whole": (
        environment,
        "node/src/a.py",
        "import os\nrun(x, env=dict(os.environ))\nrun(x, env=os.environ)\n",
    ),
    "logged count": (logs, "node/src/a.py", "_logger.info('%s receipts', count)\n"),
    "good link": (links, "docs/a.md", "# Part one\n[b](#part-one) [c](https://x.invalid)\n```\n[d](no.md)\n```\n"),
}


def _file(root: Path, name: str, text: str) -> File:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return File(root, Path(name))


@pytest.mark.parametrize(("rule", "name", "text"), BROKEN.values(), ids=BROKEN.keys())
def test_rule__broken_file__is_named(rule: ModuleType, name: str, text: str, tmp_path: Path) -> None:
    found = rule.violations([_file(tmp_path, name, text)])
    assert len(found) == 1
    assert found[0].startswith(f"{name}:")


@pytest.mark.parametrize(("rule", "name", "text"), SOUND.values(), ids=SOUND.keys())
def test_rule__sound_file__is_left_alone(rule: ModuleType, name: str, text: str, tmp_path: Path) -> None:
    assert rule.violations([_file(tmp_path, name, text)]) == []
