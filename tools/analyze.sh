#!/bin/sh
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Static analysis of the library by cppcheck and clang's analyser. Ends with 1 if one
# of them finds anything. What is no error is marked where it stands, with the reason.

set -eu

if [ $# -gt 0 ]
then
  echo "Usage: sh tools/analyze.sh   (what scan-build finds is in _build-analyze/reports)" >&2
  exit 2
fi

cd "$(dirname "$0")/.."
sh tools/setup.sh build analyze

status=0

echo '== cppcheck'
# It does not see GLib's headers; without these macros it gives up on a file.
cppcheck --quiet --error-exitcode=1 --inline-suppr \
  --enable=warning,performance,portability --library=gtk --library=posix --std=c11 \
  -D_GNU_SOURCE '-D_(text)=text' '-DG_DEFINE_QUARK(name, function)=' '-DG_DEFINE_ENUM_TYPE(...)=' \
  -I include -I lws-glib lws-glib || status=1

echo '== scan-build'
# It analyses what it compiles: a build directory that is there would have it see nothing.
rm -rf _build-analyze
scan-build meson setup _build-analyze -Dintrospection=disabled -Dtests=false -Dexamples=disabled >/dev/null
# unix.Malloc knows nothing of the cleanup of g_autoptr(), and takes each early return for a
# leak; leaks are what the sanitizers and valgrind look for.
scan-build --status-bugs -disable-checker unix.Malloc -o _build-analyze/reports meson compile -C _build-analyze || status=1

exit $status
