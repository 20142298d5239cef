#!/usr/bin/env bash
# Builds, migrates the remote database, deploys. Arguments go to wrangler (`npm run deploy -- --env staging`).
source "$(dirname "$0")/env.sh"

if grep -q '^database_id = "00000000-' wrangler.toml; then
  echo 'wrangler.toml has no database_id yet. Run: npx wrangler d1 create cryptointel, and put the id it prints there.' >&2
  exit 1
fi
# Only what says where to deploy concerns the migrations; everything concerns the deployment.
where=()
for ((at = 1; at <= $#; at++)); do
  case ${!at} in
    --env | -e | --config | -c) next=$((at + 1)) && where+=("${!at}" "${!next:-}") ;;
    --env=* | --config=*) where+=("${!at}") ;;
  esac
done
scripts/build.sh # first: a build that fails must not leave a migrated database behind
export SKIP_BUILD=1
wrangler d1 migrations apply DB --remote "${where[@]}"
wrangler deploy "$@"
