#!/usr/bin/env bash
# ./do lint: every analyzer on every project, and the formatter's check. Changes nothing but artifacts/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# Not incremental: a project that is up to date would not be looked at. The tests then use the same binaries.
dotnet build Handover.slnx -c Release -p:Lint=true --no-incremental -v q -clp:NoSummary -tl:off
dotnet tool restore > /dev/null
dotnet csharpier check .
