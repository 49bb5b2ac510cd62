#!/bin/sh
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Looks whether everything is ready for a release, and makes its tarball and its tag.

set -eu

usage ()
{
  cat <<END
Usage: sh tools/release.sh [--really]

Looks at what a release needs: a clean checkout, a NEWS whose first entry has the
version of meson.build and a date, packages of the same version that know all
symbols, and no tag of that name. Says all that is amiss and ends with 1 then.

  --really  then makes the tarball ("meson dist", which runs the whole suite on
            it), its checksum, and the tag. Nothing leaves this machine: what to
            push is printed
  --help    this text

Without --really nothing is written.
END
}

really=
for option in "$@"
do
  case "$option" in
    --really) really=yes ;;
    --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done

cd "$(dirname "$0")/.."

amiss=0
complain ()
{
  echo "tools/release.sh: $*" >&2
  amiss=1
}

# names_of FILE PATTERN: the symbols in it, in byte order.
names_of ()
{
  sed -n "s/$2/\1/p" "$1" | LC_ALL=C sort
}

version=$(sed -n "s/^  version: '\([0-9.]*\)',$/\1/p" meson.build)
[ -n "$version" ] || complain "meson.build has no version"

[ -z "$(git status --porcelain)" ] || complain "the checkout has what is not committed"

news=$(sed -n 1p NEWS)
date=$(echo "$news" | sed -n 's/^lws-glib [0-9.]* (\([0-9]\{4\}-[0-9][0-9]-[0-9][0-9]\))$/\1/p')
case "$news" in
  "lws-glib $version ("*) ;;
  *) complain "NEWS begins with \"$news\", not with version $version" ;;
esac
[ -n "$date" ] || complain "the first line of NEWS has no date such as (2026-12-31)"

packaged=$(sed -n '1s/^lws-glib (\([0-9.]*\)-[^)]*) .*/\1/p' packaging/debian/changelog)
[ "$packaged" = "$version" ] || complain "packaging/debian/changelog is of version $packaged, not $version"

exported=$(names_of tests/symbols/lws-glib-1.0.symbols '^\([a-z][a-z0-9_]*\)$')
promised=$(names_of packaging/debian/liblws-glib-1.0-0.symbols '^ \([a-z][a-z0-9_]*\)@Base .*$')
if [ -z "$exported" ] || [ "$exported" != "$promised" ]
then
  complain "tests/symbols/ and packaging/debian/ list different symbols"
fi

if git rev-parse --quiet --verify "refs/tags/$version" >/dev/null
then
  complain "there is a tag $version already"
fi

[ $amiss -eq 0 ] || exit 1

tarball=lws-glib-$version.tar.xz
if [ -z "$really" ]
then
  echo "Version $version of $date is ready. With --really this makes the tag $version and"
  echo "_build-release/meson-dist/$tarball."
  exit 0
fi

# The manual and everything else that can be built is tried from the tarball.
rm -rf _build-release
meson setup _build-release -Dwerror=true -Dgtk_doc=enabled
meson dist -C _build-release --formats xztar
(cd _build-release/meson-dist && sha256sum --check "$tarball.sha256sum")
# Signed, where the configuration of git says so (tag.gpgSign).
git tag --annotate --message "lws-glib $version" "$version"

cat <<END
Made _build-release/meson-dist/$tarball and the tag $version. What is left:
  git push origin $version
  upload the tarball and its checksum, with this version's entry of NEWS
END
