#!/usr/bin/env bash
# npm run bench:latency: from an exchange's tick to a client's frame, through the built Worker under workerd.
source "$(dirname "$0")/env.sh"

scripts/build.sh
exec node bench/latency/run.mjs "$@"
