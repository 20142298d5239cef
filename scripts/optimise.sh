#!/usr/bin/env bash
# optimise.sh FILE: makes a module that wasm-bindgen wrote small, in place, and says what it weighs.
# Its names go to FILE.named.wasm, which has the same functions under the same numbers (not the same offsets): they put
# names to the `wasm-function[123]` of a stack trace.
source "$(dirname "$0")/env.sh"

file=$1 named=${1%.wasm}.named.wasm
passes=(
  -Oz
  # Inlined copies of what LLVM left as functions: fewer bytes, but more of them after gzip.
  --always-inline-max-function-size 2 --flexible-inline-max-function-size 1 --one-caller-inline-max-function-size 20
  # Copies of one generic function side by side: gzip looks back no further than 32 KB.
  --reorder-functions-by-name
)
# Those of rustc, and exceptions, which wasm-bindgen catches: not `--all-features`, for workerd lacks some.
features=(mutable-globals sign-ext nontrapping-float-to-int bulk-memory multivalue reference-types exception-handling)

"$WASM_OPT_BIN" "$file" "${passes[@]}" "${features[@]/#/--enable-}" --debuginfo -o "$named"
"$WASM_OPT_BIN" "$named" "${features[@]/#/--enable-}" --strip-debug --strip-producers -o "$file"
echo "$file: $(stat -c %s "$file") bytes, $(gzip -9c "$file" | wc -c) after gzip"
