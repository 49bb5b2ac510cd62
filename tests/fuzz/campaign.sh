#!/bin/sh
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs the targets of a libFuzzer build one after the other.

set -eu

usage ()
{
  cat <<END
Usage: sh tests/fuzz/campaign.sh BUILD WORK SECONDS [TARGET...]
       sh tests/fuzz/campaign.sh --summary WORK

Fuzzes each target (all of them without names) for so many seconds, at low priority.
WORK keeps what was found from one time to the next: corpus/TARGET grows, failed/ has
the inputs that failed, TARGET.log what libFuzzer said.
END
}

source=$(cd "$(dirname "$0")" && pwd)

# The lines of the last log say how it went; each run adds to the count.
summary ()
{
  for log in "$1"/*.log
  do
    awk -v name="$(basename "$log" .log)" '
      /^stat::number_of_executed_units/ { runs += $2 }
      / cov: / { for (i = 1; i < NF; i++) if ($i == "cov:") coverage = $(i + 1) }
      END { printf "%-18s %12d executions, %s edges covered\n", name, runs, coverage }' "$log"
  done
  for failed in "$1"/failed/*
  do
    if [ -e "$failed" ]
    then
      echo "failed: $failed"
    fi
  done
}

fuzz ()
{
  target=$1
  mkdir -p "$work/corpus/$target" "$work/failed"
  # A target that fails must not keep the others from their turn.
  ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
    nice -n 15 "$build/tests/fuzz/fuzz-$target" -max_total_time="$seconds" -max_len=4096 -timeout=60 \
    -rss_limit_mb=4096 -entropic=0 -dict="$source/http.dict" -print_final_stats=1 \
    -artifact_prefix="$work/failed/$target-" \
    "$work/corpus/$target" "$source/corpus/$target" >>"$work/$target.log" 2>&1 || echo "$target failed"
}

if [ "${1:-}" = --summary ] && [ $# -eq 2 ]
then
  summary "$2"
  exit 0
fi
if [ $# -lt 3 ]
then
  usage >&2
  exit 2
fi

build=$1
work=$2
seconds=$3
shift 3
if [ $# -eq 0 ]
then
  # shellcheck disable=SC2046 # names without white space
  set -- $(ls "$source/corpus")
fi
for target in "$@"
do
  fuzz "$target"
done
summary "$work"
