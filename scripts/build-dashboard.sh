#!/usr/bin/env bash
# Builds the dashboard into dashboard/dist/, with the client library that it uses, unless it is newer than all that it is made of.
source "$(dirname "$0")/env.sh"

built=dashboard/dist/index.html
sources=(dashboard/index.html dashboard/public dashboard/src dashboard/tsconfig.json dashboard/vite.config.ts client/src client/build.mjs client/tsconfig.json package-lock.json)
if [ -f $built ] && [ -f client/dist/index.js ] && [ -z "$(find "${sources[@]}" -newer $built -print -quit)" ]; then exit 0; fi

node client/build.mjs
tsc --project dashboard
vite build --config dashboard/vite.config.ts --logLevel warn
