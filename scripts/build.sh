#!/usr/bin/env bash
# Builds the Worker into build/ and the dashboard into dashboard/dist/, as they are deployed.
[ -z "${SKIP_BUILD:-}" ] || exit 0 # `wrangler deploy` runs its [build] again after deploy.sh has
source "$(dirname "$0")/env.sh"

wasm worker-build --release "$@"
scripts/optimise.sh build/index_bg.wasm
scripts/build-dashboard.sh
