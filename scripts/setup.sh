#!/usr/bin/env bash
# Makes a fresh machine ready: one virtual environment, the way of sound in C, the web UI's packages and build, and (for
# tests) a browser, a PostgreSQL 15 and a load balancer. Every step is stamped with what it was made from, so a second run
# takes well under a second.
# Usage: scripts/setup.sh run|test
set -euo pipefail
cd "$(dirname "$0")/.."
purpose=${1:-run}
python=${PYTHON:-python3}
mkdir -p .engram/stamps

say() { printf '\033[2m·\033[0m %s\n' "$*" >&2; }
fail() { printf 'engram: %s\n' "$*" >&2; exit 1; }

# fresh NAME FILE... : true when the step NAME was last done from exactly these files.
fresh() { local name=$1; shift; [ "$(cat ".engram/stamps/$name" 2>/dev/null)" = "$(fingerprint "$@")" ]; }
done_from() { local name=$1; shift; fingerprint "$@" >".engram/stamps/$name"; }
fingerprint() { cat "$@" | sha256sum | cut -d' ' -f1; }

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
  fail "Python 3.11 or newer is needed as '$python' (set PYTHON=/path/to/python3.11)."

if ! [ -x .venv/bin/python ] || ! fresh python requirements-dev.txt; then
  say "Python packages (first time: about a minute)"
  [ -x .venv/bin/python ] || "$python" -m venv .venv || fail "'$python -m venv' failed: install the venv module (Debian: python3-venv)."
  if command -v uv >/dev/null 2>&1; then uv=uv; else
    [ -x .venv/bin/uv ] || .venv/bin/python -m pip install --quiet uv
    uv=.venv/bin/uv
  fi
  UV_HTTP_TIMEOUT=120 "$uv" pip install --quiet --python .venv/bin/python --require-hashes -r requirements-dev.txt
  done_from python requirements-dev.txt
fi

# The way of a call's sound in C. Without a C compiler it goes in Python: a call sounds the same, and costs a fifth more.
fast_path=(backend/voice/_fast_path.pyx scripts/compile.py requirements-dev.txt .venv/pyvenv.cfg)
if ! fresh fast-path "${fast_path[@]}" || ! ls backend/voice/_fast_path.*.so >/dev/null 2>&1; then
  if ! command -v "${CC:-cc}" >/dev/null 2>&1; then
    say "No C compiler: sound goes in Python"
  elif .venv/bin/python scripts/compile.py >.engram/compile.log 2>&1; then
    done_from fast-path "${fast_path[@]}"
  else
    [ "$purpose" != test ] || { cat .engram/compile.log >&2; fail "backend/voice/_fast_path.pyx could not be compiled."; }
    say "The way of sound could not be compiled (.engram/compile.log says why): it goes in Python"
  fi
fi

command -v npm >/dev/null 2>&1 || fail "Node.js 20 or newer with npm is needed for the web UI."
if ! [ -d frontend/node_modules ] || ! fresh npm frontend/package-lock.json; then
  say "Web UI packages"
  (cd frontend && npm ci --no-audit --no-fund --loglevel=error --fetch-retries=5)
  done_from npm frontend/package-lock.json
fi
mapfile -t sources < <(find frontend/src frontend/public frontend/index.html frontend/vite.config.ts -type f 2>/dev/null | sort)
if ! [ -f frontend/dist/index.html ] || ! fresh ui "${sources[@]}" frontend/package-lock.json; then
  say "Building the web UI"
  (cd frontend && npm run --silent build >&2)
  done_from ui "${sources[@]}" frontend/package-lock.json
fi

if [ "$purpose" = test ]; then
  need=()
  command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || [ -n "${CHROMIUM_PATH:-}" ] || need+=(chromium)
  [ -x /usr/lib/postgresql/15/bin/postgres ] || need+=(postgresql-15)
  command -v haproxy >/dev/null 2>&1 || [ -x /usr/sbin/haproxy ] || need+=(haproxy)
  if [ "${#need[@]}" -gt 0 ]; then
    say "System packages for the tests: ${need[*]} (one to three minutes)"
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 ||
      fail "install ${need[*]} (on Debian: sudo apt-get install ${need[*]}), or set CHROMIUM_PATH to a Chromium."
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}" >.engram/apt.log 2>&1 ||
      { tail -20 .engram/apt.log >&2; fail "apt-get install ${need[*]} failed; its last lines are above."; }
  fi
  sdks=(backend/tests/memory/zep/requirements-*.txt)
  if ! fresh zep-sdks "${sdks[@]}"; then
    say "The Zep SDKs that the contract tests read with, each in an environment of its own"
    .venv/bin/python -m backend.tests.memory.zep.sdks
    done_from zep-sdks "${sdks[@]}"
  fi
fi
