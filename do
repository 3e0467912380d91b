#!/usr/bin/env bash
# The project's one entry point: ./do VERB. Verbs are short; what is longer lives in eng/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
verb=${1:-help}
[ $# -gt 0 ] && shift
case $verb in
  build) dotnet build Handover.slnx -c Release -v q "$@" ;;
  unit) dotnet build test/Handover.Tests -c Release -v q && artifacts/bin/Handover.Tests/release/Handover.Tests "$@" ;;
  sim) dotnet run --project test/Handover.Simulation -c Release -v q -- "$@" ;;
  run) dotnet run --project src/Handover.App -c Release -v q -- run "${1:-samples/diamonds}" ;;
  bench) name=${1:?name of the bench} && shift && dotnet run --project bench/Handover.Bench -c Release -v q -- "$name" "$@" ;;
  help | *) sed -n 's/^  \([a-z]*\)).*/  .\/do \1/p' "$0"; [ "$verb" = help ] || exit 2 ;;
esac
