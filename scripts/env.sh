# Sourced by the other scripts: goes to the top of the project, installs what is missing, sets the environment.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [ "${CRYPTOINTEL_READY:-}" != "$PWD" ]; then # a script that another one started need not look again
  environment=$(scripts/bootstrap.sh) # on its own line: `eval "$(...)"` would hide a failure
  eval "$environment"
  export CRYPTOINTEL_READY=$PWD
fi
# wrangler: no telemetry, no looking for updates, no asking Cloudflare where this machine stands.
export WRANGLER_SEND_METRICS=false WRANGLER_SEND_ERROR_REPORTS=false WRANGLER_HIDE_BANNER=true
export WRANGLER_NO_SKILLS_UPDATE_PROMPTS=true CLOUDFLARE_CF_FETCH_ENABLED=false

# Runs a command with the toolchain that can build for wasm32: `wasm cargo build --target wasm32-unknown-unknown`.
wasm() { PATH="${WASM_RUST_BIN:+$WASM_RUST_BIN:}$PATH" "$@"; }
