#!/usr/bin/env bash
# Installs the packages of package-lock.json, if they are not there yet.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo "installing packages (once; better-sqlite3 is compiled, which takes about a minute) …" >&2
  npm ci --no-audit --no-fund
  touch node_modules/.package-lock.json
fi
