#!/bin/sh
# Renews requirements.lock from the pyproject files. uv.lock is an intermediate file and stays untracked:
# it names the registry that it was made with, which requirements.lock does not.
set -eu
cd "$(dirname "$0")/.."
unset UV_PYTHON VIRTUAL_ENV 2>/dev/null || true
export UV_PYTHON_DOWNLOADS=never
.tools/uv/bin/uv lock -q --python /usr/bin/python3
.tools/uv/bin/uv export -q --all-packages --no-emit-workspace --format requirements-txt --no-header >requirements.lock
