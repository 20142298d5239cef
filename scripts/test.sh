#!/usr/bin/env bash
# npm test: formatting, lints on both targets, the Rust tests, then the JavaScript tests against the built Worker.
# npm test NAME...: only these files of tests/, such as `websocket.test.js`, `websocket` or `layers`.
source "$(dirname "$0")/env.sh"

step() { printf '\n\033[1m== %s\033[0m\n' "$*"; }

# Each file is a process that runs a workerd of its own.
js() {
  scripts/bootstrap.sh browser
  PYTHON_SOCKETIO=${PYTHON_SOCKETIO:-$(scripts/bootstrap.sh python-socketio)}
  export PYTHON_SOCKETIO
  step "the Worker under workerd: $*"
  node --test --test-concurrency=2 --test-timeout=300000 "$@"
}

# Builds what these files need.
builds() {
  scripts/build.sh
  if [[ $* == *tests/socketio/* ]]; then scripts/build-echo.sh; fi
  if [[ $* == *tests/client/* ]]; then client; fi
}

# The client library, and runtimes that it is for: the oldest Node.js, and Deno.
client() {
  node client/build.mjs
  scripts/bootstrap.sh node14
  scripts/bootstrap.sh deno
}

names() { find tests -name '*.test.js' -o -path 'tests/*.rs' ! -path 'tests/*/*' | sed 's#.*/#  #' | sort; }

only() {
  local name stem rust=() worker=()
  for name in "$@"; do
    stem=$(basename "$name")
    stem=${stem%.rs} stem=${stem%.js} stem=${stem%.test}
    local script
    script=$(find tests -name "$stem.test.js" | head -n 1)
    if [ -f "tests/$stem.rs" ] && [[ $name != *.js ]]; then rust+=(--test "$stem"); fi
    if [ -n "$script" ] && [[ $name != *.rs ]]; then worker+=("$script"); fi
    if [ ! -f "tests/$stem.rs" ] && [ -z "$script" ]; then
      printf 'There is no test file "%s". There are:\n%s\n' "$name" "$(names)" >&2
      exit 1
    fi
  done
  [ ${#rust[@]} = 0 ] || cargo test --locked "${rust[@]}"
  [ ${#worker[@]} = 0 ] || { builds "${worker[@]}" && js "${worker[@]}"; }
}

all() {
  step "cargo fmt"
  cargo fmt --all --check
  step "clippy, host"
  cargo clippy --locked --package cryptointel --package cryptointel-bench-load --all-targets -- -D warnings
  step "clippy, wasm32"
  wasm cargo clippy --locked --workspace --exclude cryptointel-bench-load --target wasm32-unknown-unknown -- -D warnings
  wasm cargo clippy --locked --package cryptointel --features echo --target wasm32-unknown-unknown -- -D warnings
  step "cargo test"
  cargo test --locked --package cryptointel --package cryptointel-bench-load
  step "the Worker, release build"
  scripts/build.sh
  step "the Worker of the Socket.IO tests"
  scripts/build-echo.sh
  step "the client library"
  client
  js 'tests/**/*.test.js'
}

if [ $# -gt 0 ]; then only "$@"; else all; fi
