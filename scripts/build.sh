#!/usr/bin/env bash
# Builds the Worker into build/, as it is deployed.
source "$(dirname "$0")/env.sh"

wasm worker-build --release "$@"
