#!/usr/bin/env bash
# run.sh NAME [ARGUMENT...]: scripts/NAME.mjs under the project's own Node.
source "$(dirname "$0")/env.sh"

exec node "scripts/$1.mjs" "${@:2}"
