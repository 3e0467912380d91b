#!/usr/bin/env bash
# The long acceptance runs with real processes: kills of a node in the middle of rollouts and at every failpoint,
# rollbacks under load, and a rollout of the same model, which must end when it said it would.
# usage: ./do chaos [kills|failpoints|rollbacks|same]
# CHAOS_SEED and CHAOS_KILLS change the first two, CHAOS_ROLLBACKS the third; CHAOS_POINTS=ledger. keeps failpoints to
# those whose names begin so.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
dotnet build test/Handover.Integration -c Release -v q || exit 1
failed=0
run() { # NAME TEST
  artifacts/bin/Handover.Integration/release/Handover.Integration -explicit only -method "*.$2" -noColor || failed=1
  lines+=("$(tail -n 1 "artifacts/acceptance/$1.txt")")
}
lines=()
case ${1:-all} in
  all | same) run same A_rollout_of_the_same_model_ends_within_its_forecast ;;&
  all | rollbacks) run rollbacks Hundred_rollbacks ;;&
  all | kills) run kills Fifty_kills ;;&
  all | failpoints) run failpoints Two_hundred_kills_at_failpoints ;;
esac
printf '%s\n' "${lines[@]}"
exit $failed
