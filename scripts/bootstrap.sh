#!/usr/bin/env bash
# Installs whatever this project needs and the machine lacks, then prints the environment to use it
# (sourced by env.sh). Every step first looks at what is really there, so a second run takes well under a second.
# Progress goes to stderr, the environment to stdout.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
tools=${CRYPTOINTEL_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/cryptointel}
target=wasm32-unknown-unknown
# Debian's compiler for wasm32, its clippy, and the source of the standard library: used where rustup is out of reach.
debian_packages=(rustc-web cargo-web rust-web-src rust-web-llvm rust-web-clippy lld-22)
# npm itself must not run on the Node that `npm ci` is about to replace.
PATH=${PATH//$root\/node_modules\/.bin:/}

say() { printf '\033[1m[setup]\033[0m %s\n' "$*" >&2; }
die() { printf '\033[31m[setup] %s\033[0m\n' "$1" >&2; printf '        %s\n' "${@:2}" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
limited() { if have timeout; then timeout 300 "$@"; else "$@"; fi; } # a network that swallows packets must not hang us
locked() { awk -F'"' -v name="$1" '$0 == "name = \"" name "\"" { getline; print $2; exit }' Cargo.lock; }

apt_install() {
  have apt-get && [ "$(id -u)" = 0 ] || return 1
  say "apt-get install $*"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get install -y --no-install-recommends "$@" || { apt-get update && apt-get install -y --no-install-recommends "$@"; }; } >&2
}

# --- Node, wrangler and the other npm packages -----------------------------------------------------------------------

npm_packages() {
  local stamp=node_modules/.lock-hash hash
  hash=$(cksum <package-lock.json)
  [ -x node_modules/.bin/wrangler ] && node_modules/.bin/node --version >/dev/null 2>&1 &&
    [ "$(cat $stamp 2>/dev/null)" = "$hash" ] && return
  have npm || die "npm is missing." "Install Node.js with npm (any version from 18 on; the project brings its own newer Node): https://nodejs.org"
  say "npm packages"
  npm ci --no-audit --no-fund --loglevel=error >&2 ||
    die "npm ci failed (see above)." "Check that the npm registry can be reached: npm ping" "If package.json was edited: npm install, then try again"
  node_modules/.bin/node --version >/dev/null 2>&1 ||
    die "The npm package 'node' brought no Node binary." "Its install script must be allowed to run: npm rebuild node --foreground-scripts"
  echo "$hash" >$stamp
}

# --- a Rust toolchain that can build for wasm32 ----------------------------------------------------------------------

# has_std COMPILER: there is a std for wasm32, and if it was built here, then by this very compiler (packages get upgraded).
has_std() {
  local lib
  lib=$("$1" --print target-libdir --target $target 2>/dev/null) && ls "$lib"/libstd-*.rlib >/dev/null 2>&1 || return
  [ ! -e "$lib/../built-for" ] || "$1" -vV | cmp -s - "$lib/../built-for"
}
debian_std=/usr/lib/rustlib/$target
debian_ready() { [ -x /usr/bin/cargo-clippy ] && has_std /usr/bin/rustc; }

# Debian packages no std for wasm32, so it is built from source, once, and put where the compiler looks for it.
debian_toolchain() {
  apt_install "${debian_packages[@]}" || return 1
  local work
  work=$(mktemp -d)
  mkdir "$work/src" "$work/lib"
  : >"$work/src/lib.rs"
  printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2024"\n' >"$work/Cargo.toml"
  say "the standard library for $target"
  # Without bitcode in it, nothing with `lto = true` links against it.
  (cd "$work" && env -u RUSTUP_TOOLCHAIN CARGO_TARGET_DIR=target RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes \
    /usr/bin/cargo build --release --target $target -Z build-std=std,panic_abort >&2) || return 1
  find "$work/target/$target/release/deps" -name '*.rlib' ! -name 'libempty*' -exec cp -t "$work/lib" {} +
  /usr/bin/rustc -vV >"$work/built-for"
  rm -rf $debian_std "${CARGO_TARGET_DIR:-target}/$target" # objects built against another std do not link with this one
  mkdir -p $debian_std
  mv "$work/lib" "$work/built-for" $debian_std/
  rm -rf "$work"
}

# A folder to put first in PATH, so that `cargo` means Debian's there and stays the ordinary one elsewhere.
debian_bin() {
  mkdir -p "$tools/debian-rust"
  local tool
  for tool in cargo rustc rustdoc cargo-clippy clippy-driver; do ln -sfn /usr/bin/$tool "$tools/debian-rust/$tool"; done
  wasm_rust_bin=$tools/debian-rust
}

rust() {
  have cargo || die "Rust is missing." "Install it from https://rustup.rs"
  wasm_rust_bin=
  if has_std rustc; then
    :
  elif debian_ready; then
    debian_bin
  elif have rustup && say "rustup target add $target" && limited rustup target add $target >&2; then
    # Another rustc may stand before rustup's in PATH.
    has_std rustc || wasm_rust_bin=$(dirname "$(rustup which rustc)")
  elif debian_toolchain && debian_ready; then
    debian_bin
  else
    die "This machine has no Rust toolchain for $target." \
      "With rustup: rustup target add $target" \
      "On Debian 12: sudo scripts/bootstrap.sh debian (installs ${debian_packages[*]}, builds the standard library)"
  fi
  local component
  for component in fmt clippy; do
    cargo $component --version >/dev/null 2>&1 || { have rustup && rustup component add ${component/#fmt/rustfmt} >&2; } ||
      die "cargo $component is missing." "rustup component add ${component/#fmt/rustfmt}"
  done
}

# --- worker-build and wasm-bindgen: built once per version and user, shared by all clones ----------------------------

# cargo_tool CRATE BINARY VERSION OPT_LEVEL
# A debug build takes a third of the time of a release build; wasm-bindgen has real work to do and gets some optimisation.
cargo_tool() {
  local into=$tools/$1-$3
  PATH=$into/bin:$PATH
  [ -x "$into/bin/$2" ] && return
  say "$1 $3 (a few minutes, once)"
  local install=(env CARGO_PROFILE_DEV_OPT_LEVEL="$4" CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR="$tools/building"
    cargo install --quiet --debug --root "$into" --bin "$2" --version "=$3" "$1")
  # A registry mirror may lag behind the lock file that the tool was published with: then take what it has.
  "${install[@]}" --locked >&2 2>/dev/null || { say "again, without the lock file it was published with" && "${install[@]}" >&2; } ||
    die "cargo install $1 $3 failed (see above)." "Check that crates.io can be reached, and that a C compiler is installed (Debian: apt-get install build-essential)"
}

cargo_tools() {
  local bindgen worker
  bindgen=$(locked wasm-bindgen) worker=$(locked worker)
  [ -n "$bindgen" ] && [ -n "$worker" ] || die "Cargo.lock names no worker or wasm-bindgen crate." "Restore it: git checkout Cargo.lock"
  # worker-build links OpenSSL.
  if [ ! -x "$tools/worker-build-$worker/bin/worker-build" ] && [ "$(uname)" = Linux ] && ! pkg-config --exists openssl 2>/dev/null; then
    apt_install pkg-config libssl-dev || die "OpenSSL's headers are missing." "Debian, Ubuntu: apt-get install pkg-config libssl-dev" "Fedora: dnf install pkgconf openssl-devel"
  fi
  cargo_tool wasm-bindgen-cli wasm-bindgen "$bindgen" 1
  cargo_tool worker-build worker-build "$worker" 0
  rm -rf "$tools/building"
  wasm_bindgen=$tools/wasm-bindgen-cli-$bindgen/bin/wasm-bindgen
}

# --- a browser, for the tests in one -----------------------------------------------------------------------------------

# Without it those tests fail and say what is missing; nothing else needs it.
browser() {
  local name
  [ -z "${CHROMIUM:-}" ] || return 0
  for name in chromium chromium-browser google-chrome google-chrome-stable; do have $name && return; done
  apt_install chromium || say "No Chromium: install it, or say in CHROMIUM where it is."
}

# --- python-socketio, for the tests with it ------------------------------------------------------------------------------

# Prints a Python that has it. Where there is none, those tests are skipped, and say so.
python_socketio() {
  local into
  into=$tools/python-$(cksum <tests/socketio/requirements.txt | tr ' ' -)
  if [ ! -e "$into/ready" ]; then
    have python3 || return 0
    say "python-socketio"
    { python3 -m venv "$into" && limited "$into/bin/pip" install --quiet --disable-pip-version-check -r tests/socketio/requirements.txt &&
      touch "$into/ready"; } >&2 || { say "No python-socketio: tests with it are skipped."; return 0; }
  fi
  echo "$into/bin/python"
}

# --- other runtimes that the client library is for ------------------------------------------------------------------------

# runtime NAME BINARY: the version that tests/client/NAME/package.json pins, of the npm package that brings this binary.
runtime() {
  local folder=tests/client/$1 version
  version=$(sed -n "s/^ *\"$2\": \"\([0-9.]*\)\".*/\1/p" "$folder/package.json")
  case $("$folder/node_modules/.bin/$2" --version 2>/dev/null) in "v$version" | "$2 $version "*) return ;; esac
  say "$2 $version"
  npm ci --prefix "$folder" --no-audit --no-fund --loglevel=error >&2 || say "No $2 $version: its test fails."
}

case ${1:-} in
debian) # only what needs root
  debian_toolchain
  exit
  ;;
browser)
  browser
  exit
  ;;
python-socketio)
  python_socketio
  exit
  ;;
node14)
  runtime node14 node
  exit
  ;;
deno)
  runtime deno deno
  exit
  ;;
esac
npm_packages
rust
cargo_tools

bin=$root/node_modules/.bin
printf 'export %s=%q\n' \
  PATH "$bin:$PATH" \
  WASM_RUST_BIN "$wasm_rust_bin" \
  WASM_BINDGEN_BIN "$wasm_bindgen" \
  WASM_OPT_BIN "$bin/wasm-opt" \
  ESBUILD_BIN "$bin/esbuild"
