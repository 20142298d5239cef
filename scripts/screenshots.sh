#!/usr/bin/env bash
# npm run screenshots [-- NAME...]: writes docs/images, from a hub of its own with the simulated market.
source "$(dirname "$0")/env.sh"

scripts/build.sh
scripts/bootstrap.sh browser
mkdir -p docs/images
exec node scripts/screenshots.mjs "$@"
