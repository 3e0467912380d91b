#!/usr/bin/env bash
# ./do test: builds once, runs the unit tests, the integration tests and the simulation, and adds up what they say.
# --with-lint counts './do lint' as one more check; everything runs even if it fails, so that one run tells all.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# The tidy test asks git for the list of files; a checkout of another user is common in containers.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=$PWD
passed=0 failed=0 skipped=0
out=artifacts/test
mkdir -p "$out"

needs() {
  local missing=()
  command -v git > /dev/null || missing+=(git)
  command -v setsid > /dev/null || missing+=(util-linux)
  [ -e /etc/ssl/certs ] || missing+=(ca-certificates)
  [ ${#missing[@]} -eq 0 ] && return
  local install="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  if [ "$(id -u)" = 0 ]; then
    DEBIAN_FRONTEND=noninteractive bash -c "$install" < /dev/null
  elif [ "${CI:-}" = true ] && command -v sudo > /dev/null; then
    sudo DEBIAN_FRONTEND=noninteractive bash -c "$install" < /dev/null
  else
    echo "missing: ${missing[*]}; run as root: $install" >&2
    exit 1
  fi
}

# What only some tests need: at home they are skipped with a notice where it is missing, CI installs it.
wants() { # PACKAGES...
  [ "${CI:-}" = true ] && [ "$(id -u)" = 0 ] || return 0
  DEBIAN_FRONTEND=noninteractive timeout 180 bash -c \
    "apt-get update -qq && apt-get install -y -qq --no-install-recommends $*" < /dev/null > /dev/null 2>&1 || true
}

check() { # NAME COMMAND...: one check, passed or failed by its exit code
  local name=$1 begun=$SECONDS
  shift
  echo "--- $name"
  if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)) && echo "$name: FAILED"; fi
  echo "--- $name: $((SECONDS - begun)) s"
}

suite() { # NAME: a test project's own runner, by the counts of its summary
  local name=$1 begun=$SECONDS log=$out/$1.txt code counts
  echo "--- $name"
  timeout -k 10 900 "artifacts/bin/$name/release/$name" -noColor -noLogo -result-xml "$out/$name.xml" < /dev/null | tee "$log"
  code=${PIPESTATUS[0]}
  counts=$(sed -nE 's/^ *'"$name"' +Total: ([0-9]+), Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+), Not Run: ([0-9]+).*/\1 \2 \3 \4 \5/p' "$log")
  # A suite without a sum (it hung, or it fell over) or with a bad exit and nothing counted has failed, whatever it said.
  local total=0 errors=1 bad=0 skip=0 idle=0
  [ -n "$counts" ] && read -r total errors bad skip idle <<< "$counts"
  [ "$code" -ne 0 ] && [ $((errors + bad)) -eq 0 ] && errors=1
  [ "$code" -eq 0 ] && [ "$total" -eq 0 ] && errors=1
  passed=$((passed + total - bad - skip - idle)) failed=$((failed + bad + errors)) skipped=$((skipped + skip))
  [ "$idle" -gt 0 ] && echo "$name: $idle long tests are left to verbs of their own, such as ./do chaos"
  [ "$total" -eq 0 ] && echo "$name: no tests counted, exit code $code"
  echo "--- $name: $((SECONDS - begun)) s"
}

finish() {
  local line="$passed passed, $failed failed"
  [ "$skipped" -gt 0 ] && line="$line, $skipped skipped"
  echo "$line"
  [ "$failed" -eq 0 ]
  exit
}

needs
command -v npm > /dev/null || wants nodejs npm # samples/flags
/usr/bin/python3 -c "import grpc" 2> /dev/null || wants python3-grpcio # a caller of gRPC in another language
[ "${1:-}" = --with-lint ] && check lint bash eng/lint.sh
if ! dotnet build Handover.slnx -c Release -v q -clp:NoSummary -tl:off; then
  failed=$((failed + 1))
  echo "the build failed; no test ran"
  finish
fi
suite Handover.Tests
suite Handover.Integration
check simulation timeout -k 10 600 artifacts/bin/Handover.Simulation/release/Handover.Simulation --seeds 20000
finish
