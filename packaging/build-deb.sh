#!/bin/sh
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Builds Debian packages of the last commit, in _build-deb/.

set -eu

usage ()
{
  cat <<END
Usage: sh packaging/build-deb.sh [--lintian] [--twice] [--quick]

Makes the tarball of the sources that "meson dist" makes, puts packaging/debian/
into it, and builds source and binary packages with dpkg-buildpackage.

  --lintian  has lintian look at the packages; an error or a warning is a failure
  --twice    builds once more in a folder of another name, and compares
  --quick    neither runs the tests nor makes the package of the installed ones
  --help     this text
END
}

lintian=
twice=
profiles=
for option in "$@"
do
  case "$option" in
    --lintian) lintian=yes ;;
    --twice) twice=yes ;;
    --quick) profiles='nocheck noinsttest' ;;
    --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done

cd "$(dirname "$0")/.."
root=$PWD
output=$root/_build-deb
sh tools/setup.sh build test doc packaging

version=$(sed -n "s/^  version: '\(.*\)',$/\1/p" meson.build)
[ -f _build-dist/build.ninja ] || meson setup _build-dist -Dtests=false -Dexamples=disabled -Dintrospection=disabled >/dev/null
meson dist -C _build-dist --no-tests --allow-dirty --formats xztar >/dev/null

# build FOLDER NAME: the packages in FOLDER, from sources that are unpacked as FOLDER/NAME.
build ()
{
  rm -rf "$1"
  mkdir -p "$1"
  cp "_build-dist/meson-dist/lws-glib-$version.tar.xz" "$1/lws-glib_$version.orig.tar.xz"
  mkdir "$1/$2"
  tar -x -C "$1/$2" --strip-components=1 -f "$1/lws-glib_$version.orig.tar.xz"
  cp -R packaging/debian "$1/$2/debian"
  if ! (cd "$1/$2" && DEB_BUILD_OPTIONS="$profiles" DEB_BUILD_PROFILES="$profiles" dpkg-buildpackage -us -uc) \
    >"$1/build.log" 2>&1
  then
    tail -n 60 "$1/build.log" >&2
    echo "packaging/build-deb.sh: dpkg-buildpackage failed; $1/build.log has all it said" >&2
    exit 1
  fi
}

build "$output" "lws-glib-$version"
(cd "$output" && sha256sum -- *.deb)

if [ -n "$twice" ]
then
  build "$output/again" elsewhere
  (cd "$output" && sha256sum -- *.deb) >"$output/SHA256SUMS"
  (cd "$output/again" && sha256sum --check "$output/SHA256SUMS")
fi

if [ -n "$lintian" ]
then
  lintian -EviI --pedantic --fail-on error,warning "$output"/*.changes
fi
