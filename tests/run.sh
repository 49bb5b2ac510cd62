#!/bin/sh
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Installs what is missing, builds, and runs the tests. The last line counts the
# test cases of all runs.

set -eu

usage ()
{
  cat <<END
Usage: sh tests/run.sh [--plain] [--sanitize] [--clang] [--thread] [--valgrind] [--fuzz]
                       [--coverage] [--installed]

  --plain      the whole suite, reference manual included (as without any option)
  --sanitize   the suite under AddressSanitizer and UBSan
  --clang      the same, built by clang
  --thread     the tests of what crosses threads under ThreadSanitizer
  --valgrind   the suite under valgrind
  --fuzz       the fuzz targets with clang and libFuzzer, over their corpus
  --coverage   the suite, and which lines of the library it reached
  --installed  the tests in C as they are installed, against the installed library

Several options are several runs, one after the other.
END
}

modes=
for option in "$@"
do
  case "$option" in
    --plain | --sanitize | --clang | --thread | --valgrind | --fuzz | --coverage | --installed) modes="$modes ${option#--}" ;;
    --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done
: "${modes:=plain}"

cd "$(dirname "$0")/.."

groups='build test'
for mode in $modes
do
  case $mode in
    plain) groups="$groups doc" ;;
    valgrind) groups="$groups valgrind" ;;
    clang | fuzz) groups="$groups fuzz" ;;
    coverage | installed) groups="$groups $mode" ;;
  esac
done
# shellcheck disable=SC2086 # a list of names
sh tools/setup.sh $groups

# configure DIRECTORY MESON-OPTION...: warnings are errors here, not for users.
configure ()
{
  directory=$1
  shift
  if [ ! -f "$directory/build.ninja" ]
  then
    meson setup "$directory" -Dwerror=true "$@"
  elif [ $# -gt 0 ]
  then
    meson configure "$directory" -Dwerror=true "$@"
  fi
}

# build DIRECTORY MESON-OPTION...
build ()
{
  configure "$@"
  meson compile -C "$1"
}

# run DIRECTORY LOG-NAME MESON-TEST-OPTION...: the log of an earlier run must not be
# counted when this one does not come to write its own.
run ()
{
  directory=$1
  log=$1/meson-logs/$2.json
  shift 2
  rm -f "$log"
  meson test -C "$directory" --no-rebuild --print-errorlogs "$@" || status=1
  logs="$logs $log"
}

logs=
status=0
for mode in $modes
do
  echo "== $mode"
  case $mode in
    plain)
      build _build -Dgtk_doc=enabled
      # Since Meson 1.7 the manual is built when it is asked for only.
      ninja -C _build lws-glib-doc
      run _build testlog
      ;;
    sanitize)
      # The scanner of the bindings runs a program without the sanitizer's library.
      build _build-sanitize -Db_sanitize=address,undefined -Db_lundef=false -Dintrospection=disabled
      run _build-sanitize testlog-sanitize --setup=sanitize
      ;;
    clang)
      (CC=clang; export CC; build _build-clang -Db_sanitize=address,undefined -Db_lundef=false -Dintrospection=disabled)
      run _build-clang testlog-sanitize --setup=sanitize
      ;;
    thread)
      build _build-thread -Db_sanitize=thread -Db_lundef=false -Dintrospection=disabled
      run _build-thread testlog-thread --setup=thread
      ;;
    valgrind)
      build _build
      run _build testlog-valgrind --setup=valgrind
      ;;
    fuzz)
      if [ ! -f _build-fuzz/build.ninja ]
      then
        CC=clang meson setup _build-fuzz -Dfuzzing=libfuzzer -Db_sanitize=address,undefined -Db_lundef=false \
          -Dintrospection=disabled
      fi
      meson compile -C _build-fuzz fuzz-targets
      run _build-fuzz testlog-sanitize --setup=sanitize --suite=fuzz
      ;;
    coverage)
      build _build-coverage -Db_coverage=true
      # Counts of an earlier run would be added to.
      find _build-coverage -name '*.gcda' -delete
      run _build-coverage testlog
      mkdir -p _build-coverage/meson-logs/coverage
      gcovr --root . --object-directory _build-coverage --filter lws-glib/ --exclude-unreachable-branches --print-summary \
        --xml _build-coverage/meson-logs/coverage.xml \
        --html-details _build-coverage/meson-logs/coverage/index.html || status=1
      ;;
    installed)
      root=$PWD/_build-installed/root
      build _build-installed -Dinstalled_tests=true -Dintrospection=disabled -Dexamples=disabled -Dprefix="$root" -Dlibdir=lib
      rm -rf "$root"
      meson install -C _build-installed --no-rebuild --quiet
      log=_build-installed/meson-logs/testlog-installed.json
      rm -f "$log"
      LD_LIBRARY_PATH=$root/lib /usr/bin/python3 tests/run-installed.py "$root" "$log" || status=1
      logs="$logs $log"
      ;;
  esac
done

# shellcheck disable=SC2086 # a list of paths without white space
/usr/bin/python3 tests/count-results.py $logs || status=1
exit $status
