"""Judge the repository by every house rule; exit code 1 when one is broken."""

import subprocess
import sys
from pathlib import Path

from scripts.checks import environment, length, links, locks, logs, names, paths, private_keys
from scripts.checks.files import File

_RULES = (length, names, locks, paths, private_keys, environment, logs, links)
_ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Run every rule and print what it found."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - git from PATH
        check=True,
        capture_output=True,
        cwd=_ROOT,
    ).stdout.decode("utf-8")
    files = [File(_ROOT, Path(name)) for name in sorted(listed.split("\0")) if name and (_ROOT / name).is_file()]
    found = [line for rule in _RULES for line in rule.violations(files)]
    for line in found:
        print(line)
    print(f"house rules: {len(_RULES)} rules, {len(files)} files, {len(found)} violations")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
