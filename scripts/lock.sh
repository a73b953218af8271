#!/bin/sh
# Renews requirements.lock from the pyproject files, and the lock of slither. uv.lock is an intermediate file and stays untracked:
# it names the registry that it was made with, which requirements.lock does not.
set -eu
cd "$(dirname "$0")/.."
unset UV_PYTHON VIRTUAL_ENV 2>/dev/null || true
export UV_PYTHON_DOWNLOADS=never
.tools/uv/bin/uv lock -q --python /usr/bin/python3
.tools/uv/bin/uv export -q --all-packages --no-emit-workspace --format requirements-txt --no-header >requirements.lock
# slither lives in an environment of its own, which wants an older web3.
echo slither-analyzer==0.11.6 | .tools/uv/bin/uv pip compile -q --python /usr/bin/python3 --universal --generate-hashes --no-header \
    --no-annotate --no-emit-index-url - -o scripts/requirements/slither.txt
