#!/usr/bin/env bash
# Runs the suites, most of them one after the other, and says at the end which ran, how long each took and what is
# still open.
# Usage: scripts/test.sh all|check|e2e
set -uo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
failed=()
took=()
logs=.engram/test-logs
mkdir -p "$logs"

suite() { # suite NAME COMMAND...
  local name=$1 start=$SECONDS; shift
  printf '\n\033[1m== %s\033[0m\n' "$name"
  if [ -t 1 ]; then "$@"; else "$@" 2>&1 | tee "$logs/${name// /-}"; fi || failed+=("$name")
  took+=("$name $((SECONDS - start)) s")
}
# One that takes one core, next to those that follow; `joined` tells what came of it.
beside() { # beside NAME COMMAND...
  local log=$logs/${1// /-} start=$SECONDS
  ("${@:2}" >"$log" 2>&1; echo "$? $((SECONDS - start))" >"$log.end") &
}
joined() { # joined NAME
  local log=$logs/${1// /-} status seconds
  wait
  read -r status seconds <"$log.end"
  printf '\n\033[1m== %s\033[0m\n' "$1"
  cat "$log"
  [ "$status" = 0 ] || failed+=("$1")
  took+=("$1 $seconds s, beside others")
}
# What a log of many thousand lines says about its failure, and the last that each server of the browser tests said.
telling() { # telling LOG
  grep -aE '^(FAILED|ERROR) |✘|^ +[0-9]+\) |Error: |rror\[|Timed out|error TS|: error:|^ +(Expected|Received)\b.*: |^ +at .*:[0-9]+:[0-9]+$' "$1" | tail -40
  grep -aE '^\[[a-z_]+\] .' "$1" | grep -avE 'hutdown|Shutting down|Finished server' | awk '{last[$1] = substr($0, 1, 300)} END {for (name in last) print last[name]}'
}
in_frontend() { (cd frontend && "$@"); }

checks() {
  beside "types" "$bin/mypy"
  suite "format" "$bin/ruff" format --check .
  suite "lint" "$bin/ruff" check .
  suite "floors" "$bin/lint-imports" --no-cache
  suite "lint of the web UI" in_frontend npm run --silent lint
  suite "vitest" in_frontend npm run --silent test
  joined "types"
}

case ${1:-all} in
  check)
    beside "unit tests" "$bin/pytest" -q -m "not models and not slow" backend/tests/core backend/tests/agents backend/tests/project
    checks
    joined "unit tests"
    ;;
  e2e)
    suite "playwright" in_frontend npm run --silent e2e
    ;;
  all)
    checks
    suite "models" "$bin/python" -m local_ai.model_files
    suite "pytest" "$bin/pytest" -q -n 2 --dist loadfile
    suite "playwright" in_frontend npm run --silent e2e
    ;;
  *) echo "usage: scripts/test.sh all|check|e2e" >&2; exit 2 ;;
esac

printf '\n\033[1m== Summary\033[0m\n'
printf '  %s\n' "${took[@]}"
"$bin/python" -m backend.tests.project.promises
if [ "${#failed[@]}" -gt 0 ]; then
  for name in "${failed[@]}"; do
    log=$logs/${name// /-}
    if ! [ -t 1 ] && [ -f "$log" ]; then printf '\n\033[1m== Why: %s\033[0m\n' "$name"; telling "$log"; fi
  done
  printf '\033[31mfailed: %s\033[0m\n' "$(IFS=,; echo "${failed[*]}")"
  exit 1
fi
echo "all suites passed"
