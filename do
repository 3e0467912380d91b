#!/usr/bin/env bash
# The project's one entry point: ./do VERB. Verbs are short; what is longer lives in eng/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
# Suites of others, which are not part of the repository: tests that need them are skipped where they are not.
if [ -d ../shared/conformance ]; then export HANDOVER_CONFORMANCE="${HANDOVER_CONFORMANCE:-$PWD/../shared/conformance}"; fi
verb=${1:-help}
[ $# -gt 0 ] && shift
bin=artifacts/bin
compile() { dotnet build "$@" -c Release -v q -clp:NoSummary; }
case $verb in
  build) compile Handover.slnx "$@" ;; # everything, Release, without the analyzers
  test) exec bash eng/test.sh ;; # unit + it + sim, counted together
  unit) compile test/Handover.Tests && $bin/Handover.Tests/release/Handover.Tests "$@" ;; # [-class '*Name*']
  it) compile test/Handover.Integration && $bin/Handover.Integration/release/Handover.Integration "$@" ;; # real sockets
  sim) compile test/Handover.Simulation && $bin/Handover.Simulation/release/Handover.Simulation "$@" ;; # [--seeds N]
  lint) exec bash eng/lint.sh ;; # all analyzers, and the formatter's check
  fmt) dotnet tool restore > /dev/null && dotnet csharpier format . ;; # formats every file
  bench) # NAME: gates, cutover, shadow, contracts, mutants, rollouts, hops, plots
    [ "${1:-}" != mutants ] || compile test/Handover.Tests
    compile bench/Handover.Bench && $bin/Handover.Bench/release/Handover.Bench "${@:?name of the bench}" ;;
  run) # [DIR]: a node
    for part in src/Handover.App samples/diamonds/{encoder,similar}; do compile "$part"; done
    exec $bin/Handover.App/release/handover run "${@:-samples/diamonds}" ;;
  flags) # [N]: samples/flags, and N (100000) answers of the stock OpenFeature SDK beside the gateway's
    compile src/Handover.App
    (cd samples/flags && npm install --no-audit --no-fund --silent)
    AGREE=${1:-100000} exec node samples/flags/walk.mjs $bin/Handover.App/release/handover ;;
  chaos) exec bash eng/chaos.sh "$@" ;; # [kills|failpoints|rollbacks|same]: kill -9 and rollback under load, long
  ci) exec bash eng/test.sh --with-lint ;; # what .ci/run calls: lint + test
  demo) # [--quick] [--sabotage]: the main job end to end on live traffic
    for part in src/Handover.App samples/diamonds/{encoder,judge,demo}; do compile "$part" -clp:ErrorsOnly; done
    exec $bin/Diamonds.Demo/release/Diamonds.Demo "$@" ;;
  help | *) sed -n 's/^  \([a-z]*\)).*# \(.*\)$/  .\/do \1\t\2/p' "$0" | expand -t 16; [ "$verb" = help ] || exit 2 ;;
esac
