#!/usr/bin/env bash
# npm run bench:cycle: what a feed cycle costs, in the core's release Wasm build, under Node (the V8 of workerd).
source "$(dirname "$0")/env.sh"

target=${CARGO_TARGET_DIR:-target}
out=$target/bench-cycle
wasm cargo build --quiet --locked --release --target wasm32-unknown-unknown --package cryptointel-bench-cycle
"$WASM_BINDGEN_BIN" --target experimental-nodejs-module --out-dir "$out" "$target/wasm32-unknown-unknown/release/cryptointel_bench_cycle.wasm"
scripts/optimise.sh "$out/cryptointel_bench_cycle_bg.wasm"
exec node bench/cycle/run.mjs "$(realpath "$out")"
