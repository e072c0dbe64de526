#!/usr/bin/env bash
# The demo: installs what is missing, builds, and starts examples/hello.
set -euo pipefail
cd "$(dirname "$0")/.."
bash scripts/setup.sh
npm run --silent build
cd examples/hello
exec node ../../dist/tiltish.js up "$@"
