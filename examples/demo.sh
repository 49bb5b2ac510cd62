#!/bin/sh
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Builds the library and starts the demo server of the classic API.
set -eu

usage ()
{
  cat <<END
Usage: sh examples/demo.sh [--port N] [--fork] [--tls]

Installs what is missing for building, builds lws-glib in _build/ and starts
the demo server. Open the address that it prints in a browser; Ctrl-C ends it.

  --port N   port to listen on (default 7681)
  --fork     serve from a process of its own
  --tls      serve https:// and wss://, with a certificate that is made on first
             use and kept, with its key, in _build/demo-tls/. No authority knows
             it: the browser warns, and asks whether to go on
  --help     this text
END
}

fail ()
{
  echo "demo.sh: $*" >&2
  exit 1
}

usage_error ()
{
  echo "demo.sh: $*" >&2
  echo "Try 'sh examples/demo.sh --help'." >&2
  exit 2
}

# Runs a command silently, unless it fails: then its output is what one needs.
quietly ()
{
  what=$1
  shift
  echo "$what ..."
  output=$("$@" 2>&1) || {
    printf '%s\n' "$output" >&2
    fail "failed: $*"
  }
}

port=7681
fork=
tls=
while [ $# -gt 0 ]; do
  case $1 in
    --port) [ $# -ge 2 ] || usage_error "--port needs a number"; port=$2; shift ;;
    --port=*) port=${1#--port=} ;;
    --fork) fork=--fork ;;
    --tls) tls=yes ;;
    --help) usage; exit 0 ;;
    *) usage_error "unknown option $1" ;;
  esac
  shift
done

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
build=$root/_build

sh "$root/tools/setup.sh" build || fail "could not install what is needed for building"
[ -f "$build/build.ninja" ] || quietly "Configuring" meson setup "$build" "$root"
quietly "Building" meson compile -C "$build" classic-server

set -- --resources "$root/data" --port "$port" ${fork:+"$fork"}
if [ -n "$tls" ]; then
  sh "$root/examples/certificate.sh" "$build/demo-tls" || fail "could not make a certificate"
  set -- "$@" --certificate "$build/demo-tls/certificate.pem" --key "$build/demo-tls/key.pem"
  echo "The certificate's $(openssl x509 -in "$build/demo-tls/certificate.pem" -noout -fingerprint -sha256)"
fi

exec "$build/examples/classic-server" "$@"
