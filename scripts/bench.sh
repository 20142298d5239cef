#!/usr/bin/env bash
# npm run bench: the product beside its peers, on this machine. Options: see bench/run.js.
source "$(dirname "$0")/env.sh"

target=${CARGO_TARGET_DIR:-target}
scripts/build.sh
cargo build --quiet --locked --profile load --package cryptointel-bench-load
npm ci --prefix bench/peers --no-audit --no-fund --loglevel=error
ulimit -n "$(ulimit -Hn)" # 10,000 sockets on either side
exec node bench/run.js "$(realpath "$target/load/cryptointel-bench-load")" "$@"
