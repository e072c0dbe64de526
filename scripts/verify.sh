#!/usr/bin/env bash
# Installs what is missing, and passes every check and every test. Ends with a line `N passed, N failed`.
set -uo pipefail
cd "$(dirname "$0")/.."
bash scripts/setup.sh || exit 1
report=$(mktemp)
trap 'rm -f "$report"' EXIT

failed=0
for step in format:check types lint folders unused; do
  echo "== $step"
  npm run --silent "$step" || { echo "== $step failed" >&2; failed=$((failed + 1)); }
done
bash scripts/tools.sh
echo "== tests"
npx --no-install vitest run --reporter=default --reporter=json --outputFile.json="$report" || failed=$((failed + 1))
echo "== conformance"
npx --no-install tsx scripts/conformance.ts --check --report "$report" || failed=$((failed + 1))
node scripts/summary.mjs "$report" "$failed"
