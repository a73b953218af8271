#!/bin/sh
# Asks the registries for known vulnerabilities of what is locked. Where one does not answer such questions (a mirror,
# a machine without a network), the command fails and says so: silence is no result.
set -u
cd "$(dirname "$0")/.."
unset UV_PYTHON VIRTUAL_ENV PYTHONPATH 2>/dev/null || true
export UV_PYTHON_DOWNLOADS=never
failed=0
echo "npm audit"
npm audit || failed=1
echo "pip-audit"
.tools/uv/bin/uv tool run -q --python /usr/bin/python3 pip-audit==2.10.1 --no-deps --disable-pip --strict -r requirements.lock || failed=1
exit $failed
