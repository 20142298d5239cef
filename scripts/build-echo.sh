#!/usr/bin/env bash
# Builds the Worker of the Socket.IO tests into build-echo/: an application that echoes in place of the hub. Never deployed.
source "$(dirname "$0")/env.sh"

# The profile of the product, so that its dependencies are compiled once; nobody waits for it to be small.
wasm worker-build --release --no-opt --out-dir build-echo . --features echo
