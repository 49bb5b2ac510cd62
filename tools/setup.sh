#!/bin/sh
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Installs the Debian 12 packages that the project needs, those that are missing
# only. This is the one list of them.
#
#   sh tools/setup.sh build test doc

set -eu

packages_of ()
{
  case "$1" in
    # openssl: makes the certificate of the demo.
    # libgirepository1.0-dev, valac: the bindings, which -Dintrospection=disabled leaves out.
    build)    echo 'gcc libc6-dev meson ninja-build pkgconf libglib2.0-dev zlib1g-dev libgnutls28-dev glib-networking gettext openssl libgirepository1.0-dev valac' ;;
    # node-ws: npm's ws as Debian has it. libwebsockets-dev: a test compares symbols, and
    # another links with both libraries.
    test)     echo 'g++ python3 python3-gi python3-websockets gjs nodejs node-ws curl libwebsockets-dev cmake' ;;
    # libglib2.0-doc: the manual links to it.
    doc)      echo 'gtk-doc-tools docbook-xml docbook-xsl xsltproc libglib2.0-doc' ;;
    # libc6-dbg: without symbols of the dynamic linker valgrind sees errors in it.
    valgrind) echo 'valgrind libc6-dbg' ;;
    # llvm: what of the code was reached (tests/fuzz/coverage.sh).
    fuzz)     echo 'clang libclang-rt-14-dev llvm' ;;
    # What the benchmarks compare with, and what makes their load. nginx-light is left out:
    # it would start a server on port 80.
    bench)    echo 'zlib1g-dev openssl g++ libsoup-3.0-dev libwebsockets-dev qt6-websockets-dev nodejs node-ws' ;;
    # clang-tools: scan-build.
    analyze)  echo 'cppcheck clang-tools' ;;
    format)   echo 'clang-format' ;;
    coverage) echo 'gcovr' ;;
    installed) echo 'gnome-desktop-testing' ;;
    # What looks at all files of the sources.
    tree)     echo 'python3 python3-yaml reuse shellcheck' ;;
    # What packaging/debian/control asks for beside the groups build, test and doc, and what
    # looks at the packages.
    packaging) echo 'git debhelper dpkg-dev gobject-introspection lintian' ;;
    *)        return 1 ;;
  esac
}

is_installed ()
{
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

if [ $# -eq 0 ] || [ "$1" = --help ]
then
  echo "Usage: sh tools/setup.sh GROUP...   (build, test, doc, valgrind, fuzz, analyze, bench, format, coverage,
  installed, tree, packaging)" >&2
  exit 2
fi

wanted=
for group in "$@"
do
  if ! packages=$(packages_of "$group")
  then
    echo "tools/setup.sh: there is no group '$group'" >&2
    exit 2
  fi
  wanted="$wanted $packages"
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null
then
  echo "tools/setup.sh: this is not Debian, nothing is installed. Debian calls what is needed:$wanted" >&2
  exit 0
fi

missing=
for package in $wanted
do
  is_installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]
then
  if ! command -v sudo >/dev/null
  then
    echo "tools/setup.sh: packages are missing, and only root can install them. Run as root:" >&2
    echo "  apt-get update && apt-get install --no-install-recommends$missing" >&2
    exit 1
  fi
  as_root=sudo
fi

echo "Installing:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT

apt ()
{
  if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1 </dev/null
  then
    cat "$log" >&2
    echo "tools/setup.sh: apt-get $1 failed" >&2
    exit 1
  fi
}

apt update
# shellcheck disable=SC2086 # a list of names
apt install --no-install-recommends -o DPkg::Lock::Timeout=300 $missing
