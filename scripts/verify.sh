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
if ! command -v kubectl >/dev/null; then
  echo "!! kubectl is not on PATH: what drives the real kubectl is NOT tested here. Install kubectl 1.27 or later." >&2
fi
echo "== tests"
npx --no-install vitest run --reporter=default --reporter=json --outputFile.json="$report" || failed=$((failed + 1))
echo "== conformance"
npx --no-install tsx scripts/conformance.ts --check --report "$report" || failed=$((failed + 1))
node scripts/summary.mjs "$report" "$failed"
