#!/bin/sh
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Which lines of wire/ and engine/ do the inputs reach? Wants a build of clang with
# -fprofile-instr-generate -fcoverage-mapping, and llvm-profdata and llvm-cov.

set -eu

if [ $# -lt 1 ]
then
  echo "Usage: sh tests/fuzz/coverage.sh BUILD [WORK]   (WORK is that of campaign.sh)" >&2
  exit 2
fi

build=$(cd "$1" && pwd)
work=${2:+$(cd "$2" && pwd)}
source=$(cd "$(dirname "$0")" && pwd)
profiles=$(mktemp -d)
trap 'rm -rf "$profiles"' EXIT

set --
for directory in "$source"/corpus/*
do
  target=$(basename "$directory")
  program=$build/tests/fuzz/fuzz-$target
  # xargs: what was found may be more than one command line takes.
  for inputs in "$directory" ${work:+"$work/corpus/$target"}
  do
    find "$inputs/" -type f -print0 |
      LLVM_PROFILE_FILE="$profiles/$target-%p.profraw" xargs -0 -r -n 500 "$program" >/dev/null 2>&1 ||
      echo "$target: an input fails" >&2
  done
  set -- "$@" -object "$program"
done

llvm-profdata merge -o "$profiles/all" "$profiles"/*.profraw
shift
# Neither the fixtures nor headers of others, nor the layers above.
llvm-cov report "$@" -instr-profile "$profiles/all" --show-functions=false --show-region-summary=false \
  --show-branch-summary=false --ignore-filename-regex '/(tests|include|classic|object)/'
