#!/usr/bin/env bash
# Builds, migrates the remote database, deploys. Arguments go to wrangler (`npm run deploy -- --env staging`).
source "$(dirname "$0")/env.sh"

if grep -q '^database_id = "00000000-' wrangler.toml; then
  echo 'wrangler.toml has no database_id yet. Run: npx wrangler d1 create cryptointel, and put the id it prints there.' >&2
  exit 1
fi
scripts/build.sh # first: a build that fails must not leave a migrated database behind
wrangler d1 migrations apply DB --remote "$@"
wrangler deploy "$@"
