#!/usr/bin/env bash
# Compiles pyproject.toml's ranges into the locks: pins with hashes, no download addresses.
# requirements-dev.txt is the whole; the other two are parts of it, so the three never disagree.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=$(command -v uv || echo .venv/bin/uv)
compile() { "$uv" pip compile --quiet --generate-hashes --no-annotate --no-emit-index-url --custom-compile-command "make lock" "$@"; }
compile --all-extras pyproject.toml -o requirements-dev.txt
compile --extra test pyproject.toml -c requirements-dev.txt -o backend/requirements.txt
compile --extra local-ai pyproject.toml -c requirements-dev.txt -o local_ai/requirements.txt
# The SDKs that the Zep contract tests read with: never part of the service's own environment.
for sdk in v3=zep-cloud==3.30.0 v4=zep-cloud==4.0.1 ce=zep-python==2.0.2; do
  # zep-python imports packaging without asking for it.
  printf '%s\npackaging\n' "${sdk#*=}" | compile --python-version 3.11 - -o "backend/tests/memory/zep/requirements-${sdk%%=*}.txt"
done
