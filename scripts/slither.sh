#!/bin/bash
# Judges the contracts with slither, in an environment of its own: it wants an older web3 than the product has.
set -euo pipefail
cd "$(dirname "$0")/.."
unset UV_PYTHON VIRTUAL_ENV PYTHONPATH PYTHONHOME
export UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1
inputs=$(sha256sum <scripts/requirements/slither.txt | cut -c1-40)
stamp=.tools/stamps/slither
if [ ! -x .tools/slither/bin/slither ] || [ "$(cat "$stamp" 2>/dev/null)" != "$inputs" ]; then
    python=$(.venv/bin/python -c 'import sys; print(sys._base_executable)')
    [ -x .tools/slither/bin/python ] || .tools/uv/bin/uv venv -q --python "$python" .tools/slither
    .tools/uv/bin/uv pip sync -q --python .tools/slither/bin/python --require-hashes scripts/requirements/slither.txt
    printf '%s' "$inputs" >"$stamp"
fi
exec .venv/bin/python -m contracts.tools.slither
