#!/bin/sh
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Installs the other servers, builds for speed, and compares.
#
#   sh tests/bench/run.sh --help

set -eu

cd "$(dirname "$0")/../.."
export PYTHONDONTWRITEBYTECODE=1

for option in "$@"
do
  case "$option" in
    -h | --help) exec python3 tests/bench/driver --help ;;
  esac
done

sh tools/setup.sh build bench
if [ ! -f _build-bench/build.ninja ]
then
  meson setup _build-bench -Dbuildtype=release -Dintrospection=disabled -Dexamples=disabled
fi
meson compile -C _build-bench >/dev/null
exec python3 tests/bench/driver --build "$PWD/_build-bench" "$@"
