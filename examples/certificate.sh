#!/bin/sh
# lws-glib: WebSockets for the GLib main loop
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Makes a certificate for this machine that nobody but itself vouches for, and its key, to
# try TLS with:
#
#   sh examples/certificate.sh DIRECTORY
#
# writes DIRECTORY/certificate.pem and DIRECTORY/key.pem. Those that are there already stay
# unless they are about to expire.
set -eu

days=365
week=604800

if [ $# -ne 1 ]; then
  echo "Usage: sh examples/certificate.sh DIRECTORY" >&2
  exit 2
fi
directory=$1
certificate=$directory/certificate.pem
key=$directory/key.pem

# Is there a certificate for a while yet, and the key that belongs to it?
is_good ()
{
  [ -s "$certificate" ] && [ -s "$key" ] || return 1
  openssl x509 -in "$certificate" -noout -checkend $week >/dev/null 2>&1 || return 1
  [ "$(openssl x509 -in "$certificate" -noout -pubkey 2>/dev/null)" = \
    "$(openssl pkey -in "$key" -pubout 2>/dev/null)" ]
}

if is_good; then
  exit 0
fi

# The key is for its owner alone, from its first byte on.
umask 077
mkdir -p "$directory"
rm -f "$certificate" "$key"
names=DNS:localhost,DNS:$(uname -n),IP:127.0.0.1,IP:::1
if ! output=$(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days $days \
                -subj "/CN=localhost" -addext "subjectAltName=$names" -addext extendedKeyUsage=serverAuth \
                -out "$certificate" -keyout "$key" 2>&1); then
  printf '%s\n' "$output" >&2
  exit 1
fi
