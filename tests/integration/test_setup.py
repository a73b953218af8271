"""Setup may be run again in a checkout that is already set up, the way that every target of the Makefile does it."""

import os
import subprocess
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]


def test_setup__again_with_the_checkouts_tools_first_on_the_path__node_still_starts() -> None:
    environment = os.environ | {"PATH": f"{CHECKOUT / '.tools' / 'bin'}:{os.environ['PATH']}"}

    subprocess.run(["scripts/setup.sh"], cwd=CHECKOUT, env=environment, check=True, capture_output=True, timeout=60)

    version = subprocess.run(
        [str(CHECKOUT / ".tools" / "bin" / "node"), "--version"], check=True, capture_output=True, timeout=20
    )
    assert version.stdout.startswith(b"v")
